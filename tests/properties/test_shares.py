"""Shares of pots: whatever is done, roundings and gifts are for those who stay, and nobody gains by being clever."""

import numba
from hypothesis import assume, given, settings, target
from hypothesis import strategies as st
from tests.pot_lab import HOUR, TOKEN, UNIT, PotLab
from tests.properties.lab import PPB, quick

from plimsoll.accrual import product, shares
from plimsoll.accrual.product import UNPAYABLE
from plimsoll.accrual.shares import TOO_MANY
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import SHARES_MAX

RICH = 10**13
amounts = st.integers(1, 10**12) | st.builds(lambda power: 10**power, st.integers(0, 12))
assets = st.integers(0, 10**17) | st.just(0)
totals = st.integers(1_000, SHARES_MAX)
reserves = st.integers(1, 10**16) | st.integers(1, 1_000)
fees = st.integers(0, PPB // 10)

driven = settings(quick, max_examples=60)
"""For properties that drive an engine."""


# A rule is compiled into its callers only, so each needs one.
@numba.njit
def shares_for(quantity, there, total):
    return shares.shares_for(quantity, there, total)


@numba.njit
def cost_of(count, there, total):
    return shares.cost_of(count, there, total)


@numba.njit
def worth_of(count, there, total):
    return shares.worth_of(count, there, total)


@numba.njit
def price_to_buy(lots, reserve, cash, fee):
    return product.price_to_buy(lots, reserve, cash, fee)


@numba.njit
def price_to_sell(lots, reserve, cash, fee):
    return product.price_to_sell(lots, reserve, cash, fee)


@quick
@given(quantity=st.integers(1, 10**17), there=assets, total=totals)
def test_shares_are_floored_and_saturate_where_none_fit(quantity, there, total):
    exact = quantity * total // (there + 1)
    got = shares_for(quantity, there, total)
    assert got == exact if exact <= SHARES_MAX else got >= TOO_MANY
    assert got < 2**62


@quick
@given(quantity=st.integers(1, 10**17), there=assets, total=totals)
def test_no_purchase_is_worth_more_than_it_cost(quantity, there, total):
    count = shares_for(quantity, there, total)
    assume(1 <= count <= SHARES_MAX - total)
    cost = cost_of(count, there, total)
    assert 1 <= cost <= quantity
    assert worth_of(count, there + cost, total + count) <= cost
    assert worth_of(total - 1_000, there, total) <= there, "all stakes together are paid by what is there"


@quick
@given(lots=reserves, reserve=reserves, cash=st.integers(1, 10**17), fee=fees)
def test_a_swap_never_lowers_the_product(lots, reserve, cash, fee):
    paid = price_to_sell(lots, reserve, cash, fee)
    assert 0 <= paid < cash
    assert (cash - paid) * (reserve + lots) >= cash * reserve
    if lots < reserve:
        price = price_to_buy(lots, reserve, cash, fee)
        exact = -(-cash * lots // (reserve - lots))
        assert price == -(-exact * PPB // (PPB - fee)) if exact < UNPAYABLE - cash else price >= UNPAYABLE - cash
        assert price >= UNPAYABLE - cash or (cash + price) * (reserve - lots) >= cash * reserve


@quick
@given(lots=reserves, reserve=reserves, cash=st.integers(1, 10**15), fee=fees, parts=st.integers(1, 9))
def test_a_round_trip_through_an_amm_never_pays(lots, reserve, cash, fee, parts):
    got = price_to_sell(lots, reserve, cash, fee)
    first = max(1, lots * parts // 10)
    back = price_to_buy(first, reserve + lots, cash - got, fee) if first < reserve + lots and got < cash else UNPAYABLE
    rest = lots - first
    back += price_to_buy(rest, reserve + rest, cash - got + back, fee) if rest > 0 and back < UNPAYABLE // 2 else 0
    assert back >= got


@st.composite
def moves(draw):
    """What some stakers do: (who, what, how much)."""
    kind = st.sampled_from(("stake", "unstake", "wait"))
    return draw(st.lists(st.tuples(st.integers(0, 2), kind, amounts), min_size=1, max_size=12))


def play(lab, stakers, pot, steps, lots=0):
    """Let stakers act; what is refused changes nothing."""
    for who, what, amount in steps:
        if what == "stake":
            lab.stake(stakers[who], pot, amount, lots=lots)
        elif what == "unstake":
            lab.unstake(stakers[who], pot, min(amount, lab.shares(stakers[who], pot)) or 1)
        else:
            lab.tick(HOUR)


def everybody_leaves(lab, stakers, pot):
    for staker in stakers:
        lab.tick(HOUR)
        if lab.shares(staker, pot):
            lab.leave(staker, pot)


def with_pot(kind, there):
    """A lab whose pot 1 is a tranche, or the backstop's with money that was there before."""
    lab = PotLab()
    if kind == m.POT_BACKSTOP:
        if there:
            lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=there)
        lab.backstop_pot(1)
    else:
        lab.tranche(1)
    return lab


kinds = st.sampled_from((m.POT_TRANCHE, m.POT_BACKSTOP))


@driven
@given(steps=moves(), kind=kinds, there=st.integers(0, 10**9), bystander=amounts)
def test_nobody_takes_out_more_than_they_put_in(steps, kind, there, bystander):
    """Whatever one does while others stay where they are."""
    lab = with_pot(kind, there)
    clever, other = lab.open(RICH), lab.open(RICH)
    assert lab.stake(other, 1, bystander) == codes.OK
    play(lab, [clever] * 3, 1, steps)
    everybody_leaves(lab, [clever], 1)
    assert 0 <= RICH - lab.cash(clever) <= 2 * len(steps), "roundings of a micro or two a step"
    assert bystander <= lab.stake_of(other, 1)[2] <= bystander + 2 * len(steps)


@driven
@given(steps=moves(), kind=kinds, there=st.integers(0, 10**9))
def test_all_together_take_out_no_more_than_they_put_in(steps, kind, there):
    """One may find a micro another lost by rounding; the pot keeps what is left over."""
    lab = with_pot(kind, there)
    stakers = [lab.open(RICH) for _ in range(3)]
    play(lab, stakers, 1, steps)
    everybody_leaves(lab, stakers, 1)
    lost = [RICH - lab.cash(staker) for staker in stakers]
    assert sum(lost) >= 0
    assert all(abs(loss) <= 2 * len(steps) for loss in lost), lost
    assert lab.pot(1, "shares") == lab.pot(1, "unbonding_shares") == 0
    assert lab.assets(1)[0] == (there if kind == m.POT_BACKSTOP else 0) + sum(lost)


@driven
@given(first=amounts, gift=st.integers(1, 10**13), victim=amounts, kind=st.sampled_from((0, 1, 2)))
def test_no_gift_pumps_a_share_up_at_a_profit(first, gift, victim, kind):
    """An attacker stakes first, gives the pot money and takes out what a later staker lost by it: never more."""
    lab = PotLab()
    if kind == 0:
        account = lab.tranche(1)
    elif kind == 1:
        lab.backstop_pot(1)
        account = m.NAMED_BACKSTOP
    else:
        eth = lab.asset(TOKEN)
        account = lab.amm(1, eth)
    attacker, loser = lab.open(RICH), lab.open(RICH)
    lots = 0
    if kind == 2:
        lots = 100 * UNIT
        for staker in (attacker, loser):
            lab.give(staker, eth, lots)
    assert lab.stake(attacker, 1, first, lots=lots) == codes.OK
    lab.must(m.COMMAND_DEPOSIT, account=account, amount=gift)
    lab.stake(loser, 1, victim, lots=lots)
    lab.leave(attacker, 1)
    profit = lab.cash(attacker) - RICH - gift
    target(float(max(profit, -(10**12))))
    assert profit <= 1, "a micro the other lost by rounding, whatever the gift"


@driven
@given(first=amounts, gift=st.integers(0, 10**13), second=amounts)
def test_a_staker_loses_no_more_than_a_share_by_another_ones_gift(first, gift, second):
    lab = PotLab()
    account = lab.tranche(1)
    one, other = lab.open(RICH), lab.open(RICH)
    assert lab.stake(one, 1, first) == codes.OK
    if gift:
        lab.must(m.COMMAND_DEPOSIT, account=account, amount=gift)
    if lab.stake(other, 1, second) != codes.OK:
        assert lab.cash(other) == RICH
        return
    count, _, worth, _ = lab.stake_of(other, 1)
    assert count >= 1
    total = lab.pot(1, "shares") + lab.pot(1, "own")
    assert second - worth <= (first + gift + second + 1) // total + 2


@driven
@given(steps=moves(), lots=st.integers(1, 10**5), fee=fees, swaps=st.lists(st.integers(-5_000, 5_000), max_size=8))
def test_no_stake_of_an_amm_loses_by_what_others_do(steps, lots, fee, swaps):
    """Liquidity that comes or goes takes nothing of either side from a share, swaps nothing from the product."""
    lab = PotLab()
    eth = lab.asset(TOKEN)
    lab.amm(1, eth, fee=fee)
    stakers = [lab.open(RICH) for _ in range(3)]
    for staker in stakers:
        lab.give(staker, eth, 3 * 10**6)
    assert lab.stake(stakers[0], 1, TOKEN, lots=10**4) == codes.OK
    for position, (who, what, amount) in enumerate(steps):
        before, count, held = lab.assets(1), all_shares(lab), lab.pot(1, "shares")
        play(lab, stakers, 1, [(who, what, amount)], lots)
        after, total = lab.assets(1), all_shares(lab)
        if held > 0:
            assert all((now + 1) * count >= (then + 1) * total for then, now in zip(before, after))
        if position < len(swaps):
            lab.swap(stakers[who], 1, swaps[position])
            cash, reserve = lab.assets(1)
            assert cash * reserve >= after[0] * after[1]


def all_shares(lab):
    return lab.pot(1, "shares") + lab.pot(1, "own")


@driven
@given(stakes=st.lists(amounts, min_size=1, max_size=3), loss=st.integers(1, 10**9), after=amounts)
def test_a_loss_is_borne_in_proportion_and_never_by_who_comes_later(stakes, loss, after):
    lab = PotLab()
    lab.tranche(1)
    stakers = [lab.open(RICH) for _ in stakes]
    for staker, amount in zip(stakers, stakes):
        assert lab.stake(staker, 1, amount) == codes.OK
    lab.lose(min(loss, 90 * TOKEN - 1))
    wiped = lab.pot(1, "epoch") > 1
    late = lab.open(RICH)
    if lab.stake(late, 1, after) == codes.OK:
        _, _, worth, _ = lab.stake_of(late, 1)
        cash, _ = lab.assets(1)
        assert after - worth <= cash // max(1, lab.pot(1, "shares")) + 2
    for staker, amount in zip(stakers, stakes):
        _, _, worth, _ = lab.stake_of(staker, 1)
        assert worth == 0 if wiped else worth <= amount
    everybody_leaves(lab, [*stakers, late], 1)
    assert lab.cash(late) <= RICH + len(stakers), "a micro of rounding of each that left before"
