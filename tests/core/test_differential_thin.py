"""Engine and model on what random streams seldom meet: thin equity where rates grow with size, owners on both sides."""

import random

from tests.reference.build import ASSET, CONTRACT, HOUR, PERCENT, TOKEN
from tests.reference.margin import figures
from tests.reference.pair import Pair
from tests.reference.waterfall import equity_behind

from plimsoll.units import codes
from plimsoll.units import messages as m

SEEDS = range(60)
PRICE = 100 * TOKEN
RICH = 10**6 * TOKEN


def sizes(chance: random.Random) -> dict[str, int]:
    """Segments, a slope or a root: MM falls faster than lots do."""
    return chance.choice(
        (
            {"segment_lots_1": 50, "segment_initial_1": 25 * PERCENT, "segment_maintenance_1": 24 * PERCENT},
            {"slope_initial": PERCENT // 20, "slope_maintenance": PERCENT // 21},
            {"root_factor_initial": PERCENT, "root_factor_maintenance": PERCENT - 1},
        )
    )


def fees(chance: random.Random) -> dict[str, int]:
    return {"fee_liquidation": chance.randrange(5 * PERCENT), "fee_backstop": chance.randrange(5 * PERCENT)}


def test_fees_where_rates_grow_with_size():
    """Bids and the backstop, now and then beside another leg; in most of them the equity behind the lots binds."""
    bound = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        policy = {"exit_buffer": chance.randrange(50 * PERCENT), "fund_share": chance.randrange(10**9)}
        pair = Pair(**policy, backstop_after=HOUR, backstop_ratio=0)
        number = pair.list(
            {**CONTRACT, "rate_initial": 6 * PERCENT, **sizes(chance), **fees(chance), "lots_max": 400}, PRICE
        )
        other = pair.list(CONTRACT, PRICE)
        trader, maker, bidder = pair.open(RICH), pair.open(RICH), pair.open(RICH)
        pair.deposit(m.NAMED_BACKSTOP, RICH)
        assert pair.fill(trader, maker, number, chance.choice((-1, 1)) * chance.randrange(100, 300), PRICE) == codes.OK
        if chance.randrange(2):
            assert pair.fill(trader, maker, other, chance.randrange(1, 50), PRICE) == codes.OK
        # Moved against it until little of its requirement is left.
        side = 1 if pair.lots(trader, number) > 0 else -1
        price, thin = PRICE, chance.randrange(1, 30)
        pair.must(m.COMMAND_WITHDRAW, account=trader, amount=spare(pair, trader))
        now = figures(pair.model, pair.model.accounts[trader])
        price -= side * ((now.equity - now.mm * thin // 100) // abs(pair.lots(trader, number)))
        pair.mark(number, max(1, price))
        pair.later()
        for _ in range(3):
            behind = equity_behind_a_lot(pair, trader, number)
            lots = chance.randrange(1, 150)
            held = abs(pair.lots(trader, number))
            bid = {"account": trader, "counterparty": bidder, "instrument": number, "lots": lots}
            before = figures(pair.model, pair.model.accounts[trader])
            if pair.send(m.COMMAND_BID, **bid) == codes.OK:
                gone = held - abs(pair.lots(trader, number))
                after = figures(pair.model, pair.model.accounts[trader])
                bound += before.equity - after.equity >= behind * gone - 2 > 0
        pair.later(HOUR)
    assert bound > len(SEEDS) // 2


def spare(pair: Pair, account: int) -> int:
    now = figures(pair.model, pair.model.accounts[account])
    return now.equity - now.im


def equity_behind_a_lot(pair: Pair, account: int, number: int) -> int:
    owner = pair.model.accounts[account]
    if not owner.row(number).lots:
        return 0
    return equity_behind(pair.model, owner, number, 1, figures(pair.model, owner))


def test_auctions_where_haircuts_grow_with_size():
    answers = []
    for seed in SEEDS:
        chance = random.Random(seed)
        pair = Pair(curve_collateral=1, collateral_tail=HOUR, backstop_after=100 * HOUR, backstop_ratio=0)
        pair.must(m.COMMAND_SET_CURVE, (1, 0, 10**9, 100_000, 10**9 // 2), instrument=1)
        asset = pair.list({**ASSET, **sizes(chance), **fees(chance), "lots_max": 400}, PRICE)
        perp = pair.list(CONTRACT, 1_000 * TOKEN)
        trader, maker, buyer = pair.open(), pair.open(RICH), pair.open(RICH)
        pair.deposit_asset(trader, asset, 200)
        assert pair.fill(trader, maker, perp, 40, 1_000 * TOKEN) == codes.OK
        now = figures(pair.model, pair.model.accounts[trader])
        fall = (now.equity - now.mm * chance.randrange(1, 60) // 100) // 40
        pair.mark(perp, max(1, 1_000 * TOKEN - fall))
        assert pair.fill(trader, maker, perp, -40, pair.model.instruments[perp].mark) == codes.OK
        pair.later()
        parties = {"account": trader, "counterparty": buyer, "instrument": asset}
        assert pair.send(m.COMMAND_AUCTION, **parties) == codes.OK
        for _ in range(4):
            pair.later(chance.randrange(1, 20_000))
            answers.append(pair.send(m.COMMAND_BID, lots=chance.randrange(1, 100), **parties))
    assert answers.count(codes.OK) > len(SEEDS) // 2
    assert answers.count(codes.HEALTH_MUST_NOT_FALL) > len(SEEDS) // 2


def test_owners_on_both_sides():
    """Two contracts, an owner of several accounts, a fund with something or nothing, both orders of deleveraging."""
    bore = paid = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        pair = Pair(
            adl=chance.choice((m.ADL_QUEUE, m.ADL_PRO_RATA)),
            backstop_after=HOUR,
            steps_per_tick=chance.randrange(1, 30),
        )
        numbers = [pair.list({**CONTRACT, "tier": chance.randrange(3)}, PRICE) for _ in range(2)]
        loser, maker = pair.open(3_000 * TOKEN, owner=77), pair.open(RICH)
        winners = [pair.open(chance.randrange(300, 3_000) * TOKEN, owner=77) for _ in range(2)]
        fund = chance.choice((0, 500, 50_000)) * TOKEN
        if fund:
            pair.deposit(m.NAMED_FUND, fund)
        for number in numbers:
            lots = chance.choice((0, 40, 100)) * chance.choice((-1, 1))
            if lots:
                assert pair.fill(loser, maker, number, lots, PRICE) == codes.OK
            for winner in winners:
                pair.fill(winner, maker, number, -chance.randrange(-10, 100), PRICE)
        before = [pair.lots(account, number) for account in winners for number in numbers]
        for number in numbers:
            pair.mark(number, chance.randrange(40, 160) * TOKEN)
        for _ in range(6):
            pair.later()
        bore += before != [pair.lots(account, number) for account in winners for number in numbers]
        paid += pair.cash(m.NAMED_FUND) < fund
    assert bore > len(SEEDS) // 4
    assert paid > len(SEEDS) // 10
