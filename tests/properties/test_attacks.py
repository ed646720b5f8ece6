"""Attacks must lose: what a purse of accounts has after one, against the same world without it.

Everything is in micros. A bound that is not zero is the sum of roundings, and named.
"""

import random
from collections import Counter

import numpy as np
import pytest
from tests.properties.ground import EVERYTHING, FORMS, PERP, RICH, Ground, bids, books, others, worth
from tests.properties.lab import PERCENT, PPB, Lab

from plimsoll.units import codes
from plimsoll.units import messages as m

SEEDS = range(150)
VALUE_FLOOR = 1
"""Two holdings that become one are rounded down once instead of twice."""
CLOSING_MOVES = 4
"""A bankrupt position goes to the backstop and to at most three accounts on the other side, a rounding each."""
ROUNDED_PER_BID = 3
"""The move, the notional and the fee of a bid are each rounded up, against the liquidated account."""


def purse_of(ground: Ground) -> tuple[int, int]:
    return ground.trader, ground.friend


def same_books(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    """Accounts and holdings, byte for byte."""
    return all(found[name].tobytes() == expected[name].tobytes() for name in ("accounts", "holdings"))


def test_an_owner_may_not_liquidate_itself():
    for seed in SEEDS:
        ground = Ground(seed)
        owner = int(ground.lab.engine.pool.accounts[ground.trader]["owner"])
        twin = ground.lab.open(RICH, owner)
        before = ground.lab.engine.tables()
        assert ground.lab.bid(twin, ground.trader, PERP, EVERYTHING) == codes.OWNERS_MUST_DIFFER
        assert ground.lab.bid(ground.trader, ground.trader, PERP, EVERYTHING) == codes.ACCOUNTS_MUST_DIFFER
        assert same_books(ground.lab.engine.tables(), before)
        assert ground.lab.bid(ground.stranger, ground.trader, PERP, EVERYTHING) == codes.OK


def test_a_friend_moves_money_within_the_purse_and_pays_the_fund():
    """E_A + E_B after <= E_A + E_B before - what the fund got + 1, for any number of bids; nobody else loses."""
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        ground = Ground(seed)
        lab, purse = ground.lab, purse_of(ground)
        before, booked, rest = worth(lab, purse), books(lab, purse), others(lab, purse)
        fund = lab.cash(m.NAMED_FUND)
        for _ in range(6):
            code = lab.bid(ground.friend, ground.trader, PERP, ground.chance.randrange(1, ground.size + 1))
            seen[codes.NAMES[code].lower()] += 1
            paid = lab.cash(m.NAMED_FUND) - fund
            assert paid >= 0
            assert books(lab, purse) == booked - paid
            assert worth(lab, purse) <= before - paid + VALUE_FLOOR
            assert others(lab, purse) == rest + paid
        assert lab.engine.identities() == []
    print(dict(seen))
    assert seen["ok"] > len(SEEDS)
    assert seen["counterparty_margin_initial_must_be_covered"] > 5


def deficits(lab: Lab, purse: tuple[int, ...]) -> int:
    """What the accounts of the purse owe and have not: it falls to the fund and to others."""
    return sum(max(0, -lab.health(number).equity) for number in purse)


def fall_on(ground: Ground, equity: int) -> int:
    """A mark at which the trader's position, as it was, has lost up to three times the equity it had."""
    unit = 10 ** ground.listing["scale"]
    move = equity * ground.chance.randrange(3_000) // 1_000 * unit // ground.size
    return max(1, min(10**11, ground.price - ground.side * move))


def cost_of_a_friend(ground: Ground) -> tuple[int, int, int]:
    """(what others lose by it when the market falls on, roundings, what B was paid and what A still has)."""
    lab, still, purse = ground.lab, ground.other(), purse_of(ground)
    equity = lab.health(ground.trader).equity
    sizes = [ground.chance.randrange(1, ground.size + 1) for _ in range(ground.chance.randrange(1, 4))]
    taken = bids(lab, ground.friend, ground.trader, sizes)
    ledger = lab.engine.ledger()
    to_fund, to_friend = int(ledger["to_fund"].sum()), int(ledger["to_liquidator"].sum())
    price = fall_on(ground, equity)
    for world in (lab, still):
        world.mark(PERP, price)
    lost = deficits(lab, purse) - to_fund - deficits(still, purse)
    kept = max(0, to_friend) + max(0, lab.health(ground.trader).equity)
    return lost, ROUNDED_PER_BID * taken + 2, kept


def behind(equity: int, lots: int, held: int) -> int:
    """Of an account's equity what stood behind some of its lots."""
    return -(-equity * lots // held)


@pytest.mark.parametrize("form", FORMS)
def test_a_bid_takes_no_equity_from_behind_the_lots_that_stay(form):
    """Whatever the requirement's form: after any bids E' >= E * l' / l, but for roundings."""
    thin = 0
    for seed in SEEDS:
        ground = Ground(seed, (form,))
        lab = ground.lab
        equity, fee = lab.health(ground.trader).equity, ground.listing["fee_liquidation"]
        sizes = [ground.chance.randrange(1, ground.size + 1) for _ in range(3)]
        taken = bids(lab, ground.stranger, ground.trader, sizes)
        rest = abs(lab.lots(ground.trader, PERP))
        assert lab.health(ground.trader).equity >= behind(equity, rest, ground.size) - ROUNDED_PER_BID * taken, seed
        notional = ground.size * ground.price // 10 ** ground.listing["scale"]
        thin += taken > 0 and equity < notional * fee // PPB
    assert thin > len(SEEDS) // 20


@pytest.mark.parametrize("form", FORMS)
def test_a_friend_leaves_others_no_larger_deficit(form):
    """Before a further fall: deficits of A and B less what the fund got <= their deficits without the bids.

    That is where B comes without a position, whose margin it could spend on A as on any trade. Elsewhere others may
    bear more, at most what B was paid and what A still has.
    """
    worst = larger = without = 0
    for seed in SEEDS:
        ground = Ground(seed, (form,))
        comes_without = ground.lab.lots(ground.friend, PERP) == 0
        lost, roundings, kept = cost_of_a_friend(ground)
        assert lost <= roundings + (0 if comes_without else kept), seed
        worst, larger, without = max(worst, lost), larger + (lost > roundings), without + comes_without
        assert ground.lab.engine.identities() == []
    print(f"{form}: {larger} of {len(SEEDS)} larger, by at most {worst} micros; {without} came without a position")
    assert without > len(SEEDS) // 8


def test_many_bids_bring_no_more_than_one():
    """A liquidator's gain by splitting: roundings, what they delay the exit by, and the fee of one lot."""
    split = 0
    for seed in SEEDS:
        ground = Ground(seed)
        lab, single = ground.lab, ground.other()
        sizes = [1 + ground.chance.randrange(1 + ground.size // 8) for _ in range(ground.chance.randrange(1, 12))]
        taken = bids(lab, ground.stranger, ground.trader, [*sizes, EVERYTHING])
        assert bids(single, ground.stranger, ground.trader, [EVERYTHING]) == 1
        gain = worth(lab, [ground.stranger]) - worth(single, [ground.stranger])
        assert gain <= ROUNDED_PER_BID * taken * ground.amplification() + ground.fee_of_a_lot(), seed
        split += taken > 1
    assert split > len(SEEDS) // 2


def test_thousands_of_bids_for_one_lot_live_on_roundings_alone():
    """Where a lot is worth about a micro every rounding counts; the account's equity/MM never falls by them."""
    for seed in range(4):
        ground = Ground(seed, ("flat",), exit_buffer=50 * PERCENT)
        lab, single = ground.lab, ground.other()
        for world in (lab, single):
            world.mark(PERP, 10 ** ground.listing["scale"] + seed)
            world.leave_equity(ground.trader, world.health(ground.trader).maintenance * 2 // 3)
        before = lab.health(ground.trader)
        taken = bids(lab, ground.stranger, ground.trader, [1] * 2_000)
        moved = ground.size - abs(lab.lots(ground.trader, PERP))
        assert (taken, moved) == (2_000, 2_000)
        assert bids(single, ground.stranger, ground.trader, [moved]) == 1
        gain = worth(lab, [ground.stranger]) - worth(single, [ground.stranger])
        assert gain <= ROUNDED_PER_BID * taken
        after = lab.health(ground.trader)
        assert after.equity * before.maintenance >= before.equity * after.maintenance


DIVISIBLE = 12
PARTS = (2, 3, 4, 6, 12)


def in_parts(seed: int, parts: int) -> tuple[Ground, list[int]]:
    """The same lots and the same equity below maintenance in so many accounts, in equal parts."""
    ground = Ground(seed, ("flat",))
    lab, chance = ground.lab, random.Random(seed)
    lots = DIVISIBLE * (1 + chance.randrange(ground.listing["lots_max"] // DIVISIBLE))
    maintenance = lots * ground.price // 10 ** ground.listing["scale"] * ground.listing["rate_maintenance"] // PPB
    equity = maintenance * chance.randrange(1_000) // 1_000 // DIVISIBLE
    maker = lab.open(RICH)
    purse = [lab.open(RICH // 4, owner=1) for _ in range(parts)]
    for number in purse:
        assert lab.fill(number, maker, PERP, ground.side * lots // parts, ground.price) == codes.OK
        lab.leave_equity(number, equity * DIVISIBLE // parts)
    lab.engine.pool.totals[0]["sweep_due"] = 1
    lab.tick()
    return ground, purse


def test_a_position_in_parts_saves_nothing_where_the_rate_is_flat():
    """After a stranger's bids for all of it, and before a fall with deficits: no better than in one account."""
    liquidated = 0
    for seed in SEEDS:
        whole, one = in_parts(seed, 1)
        split, many = in_parts(seed, random.Random(seed).choice(PARTS))
        for ground, purse in ((whole, one), (split, many)):
            for number in purse:
                liquidated += ground.lab.bid(ground.stranger, number, PERP, EVERYTHING) == codes.OK
        roundings = ROUNDED_PER_BID * len(many) * whole.amplification() + whole.fee_of_a_lot()
        assert worth(split.lab, many) <= worth(whole.lab, one) + roundings, seed
        price = fall_on(whole, max(1, worth(whole.lab, one)))
        for ground in (whole, split):
            ground.lab.mark(PERP, price)
        assert deficits(split.lab, tuple(many)) <= deficits(whole.lab, tuple(one)) + 2 * roundings, seed
    assert liquidated > 3 * len(SEEDS)


def with_backstop(seed: int) -> Ground:
    """The friend may be on the other side; the backstop has money and its time has not come."""
    ground = Ground(seed, backstop_after=1_000)
    ground.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
    return ground


def test_a_position_closed_against_the_backstop_brings_the_purse_nothing():
    """At one mark neither the purse gains nor the backstop loses; it holds its cap at most, and later loses that."""
    taken = 0
    for seed in SEEDS:
        ground = with_backstop(seed)
        lab, purse = ground.lab, purse_of(ground)
        before, spare = worth(lab, purse), worth(lab, [m.NAMED_BACKSTOP])
        lab.tick(1_000)
        held = lab.lots(m.NAMED_BACKSTOP, PERP)
        assert worth(lab, purse) <= before + VALUE_FLOOR
        assert worth(lab, [m.NAMED_BACKSTOP]) >= spare - VALUE_FLOOR
        assert abs(held) <= ground.listing["backstop_lots_max"]
        taken += held != 0
        price = fall_on(ground, max(1, before))
        lab.mark(PERP, price)
        unit = 10 ** ground.listing["scale"]
        most = ground.listing["backstop_lots_max"] * abs(price - ground.price) // unit
        assert worth(lab, [m.NAMED_BACKSTOP]) >= spare - most - 2 * VALUE_FLOOR
    assert taken > len(SEEDS) // 2


def test_a_bankrupt_account_costs_the_fund_its_deficit_and_the_backstop_nothing():
    """A micro more for every move at a rounded price: to the backstop, and to who is deleveraged."""
    taken = 0
    for seed in SEEDS:
        ground = with_backstop(seed)
        lab, purse = ground.lab, purse_of(ground)
        deficit = 1 + ground.chance.randrange(lab.health(ground.trader).maintenance + 1)
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=RICH)
        lab.leave_equity(ground.trader, -deficit)
        before, spare = worth(lab, purse), worth(lab, [m.NAMED_BACKSTOP])
        lab.tick(1_000)
        assert deficit <= RICH - lab.cash(m.NAMED_FUND) <= deficit + CLOSING_MOVES
        assert worth(lab, purse) <= before + deficit + CLOSING_MOVES
        assert worth(lab, [m.NAMED_BACKSTOP]) >= spare - VALUE_FLOOR
        taken += lab.lots(m.NAMED_BACKSTOP, PERP) != 0
    assert taken > len(SEEDS) // 2


def test_an_owner_on_both_sides_is_insured_only_for_what_it_cannot_bear():
    """The fund pays for lots the owner has no other side of, or where that has nothing above its maintenance left."""
    matched = able = 0
    for seed in SEEDS:
        ground = Ground(seed)
        lab, chance = ground.lab, ground.chance
        twin = lab.open(RICH, int(lab.engine.pool.accounts[ground.trader]["owner"]))
        other_side = chance.randrange(1, ground.listing["lots_max"] + 1)
        ground.trade(twin, lab.open(RICH), -ground.side * other_side, ground.price)
        lab.leave_equity(twin, lab.health(twin).maintenance * chance.randrange(1_000, 4_000) // 1_000)
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=RICH)
        deficit = 1 + chance.randrange(2 * lab.health(ground.trader).maintenance + 1)
        lab.leave_equity(ground.trader, -deficit)
        lab.engine.pool.totals[0]["sweep_due"] = 1
        lab.tick()
        paid, after = RICH - lab.cash(m.NAMED_FUND), lab.health(twin)
        closed = min(other_side, ground.size)
        bears_its_part = paid <= deficit * (ground.size - closed) // ground.size + CLOSING_MOVES
        assert bears_its_part or after.equity - after.maintenance <= CLOSING_MOVES, seed
        assert after.equity >= after.maintenance, seed
        matched, able = matched + (closed == ground.size), able + bears_its_part
        assert lab.engine.identities() == []
    assert matched > len(SEEDS) // 5
    assert able > len(SEEDS) // 5


def test_trading_with_a_friend_for_rebates_pays_the_venue():
    """Exactly: what two accounts have changes by what the venue's fees got, which is never less than nothing."""
    traded = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        scale, taker = chance.randrange(7), chance.randrange(PERCENT // 10)
        listing = {"scale": scale, "lots_max": 10_000 * 10**scale, "open_lots_max": 10**6 * 10**scale}
        lab, price = Lab(), chance.randrange(1, 10**9)
        assert lab.try_list(**listing, fee_taker=taker, fee_maker=-taker - 1) == codes.REBATE_MUST_NOT_EXCEED_TAKER_FEE
        lab.list_instrument(price, **listing, fee_taker=taker, fee_maker=-taker)
        purse = [lab.open(RICH), lab.open(RICH)]
        for _ in range(60):
            one, two = chance.sample(purse, 2)
            lots = chance.choice((1, chance.randrange(1, listing["lots_max"]))) * chance.choice((-1, 1))
            traded += lab.fill(one, two, PERP, lots, max(1, price * chance.randrange(500, 1_500) // 1_000)) == codes.OK
            fees = lab.cash(m.NAMED_FEES)
            assert fees >= 0
            assert books(lab, purse) == 2 * RICH - fees
            assert worth(lab, purse) <= 2 * RICH - fees
    assert traded > 20 * len(SEEDS)
