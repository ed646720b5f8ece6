"""Deleveraging: who closes a bankrupt leg, in which order, and what each bears."""

from typing import NamedTuple

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.properties.lab import PERCENT, PPB, TOKEN, Lab, quick
from tests.properties.test_portfolio import LINEAR, lab_with

from plimsoll.units import codes
from plimsoll.units import messages as m

UNIT = 100
PRICE = 100 * TOKEN
RICH = 10**12
TABLE = ([-25 * PERCENT, 25 * PERCENT], [PPB, PPB], TOKEN)
"""A quarter down or up."""


class Venue(NamedTuple):
    """Two perps of one class, at 100: a portfolio long of one and short of the other needs nothing."""

    lab: Lab
    perp: int
    twin: int
    bankrupt: int
    maker: int

    def short(self, lots: int, cash: int = RICH, owner: int = 0) -> int:
        """An account short of the perp to the bankrupt, with so much equity, at least its MM."""
        account = self.lab.open(RICH, owner)
        assert self.lab.fill(self.bankrupt, account, self.perp, lots, PRICE) == codes.OK
        self.lab.leave_equity(account, max(cash, self.lab.health(account).maintenance))
        return account

    def hedged(self, lots: int, cash: int) -> int:
        """A portfolio short of the perp to the bankrupt and long of its twin."""
        account = self.short(lots)
        assert self.lab.fill(account, self.maker, self.twin, lots, PRICE) == codes.OK
        self.lab.must(m.COMMAND_SET_MODE, account=account, flags=m.MODE_PORTFOLIO)
        self.lab.leave_equity(account, max(cash, self.lab.health(account).maintenance))
        return account

    def sell(self, lots: int) -> None:
        """The bankrupt sells some to the maker."""
        assert self.lab.fill(self.bankrupt, self.maker, self.perp, -lots, PRICE) == codes.OK

    def go_bankrupt(self, debt: int) -> None:
        self.lab.leave_equity(self.bankrupt, -debt)
        self.lab.engine.ledger()
        self.lab.mark(self.perp, PRICE)
        self.lab.tick()

    def lots(self, *accounts: int) -> list[int]:
        return [self.lab.lots(account, self.perp) for account in accounts]

    def borne(self) -> list[tuple[int, int]]:
        """(holder, what it bore of the bankrupt's loss when it closed), in the order they closed."""
        lines = self.lab.engine.ledger()
        lines = lines[(lines["mechanism"] == m.MECHANISM_ADL) & (lines["account"] == self.bankrupt)]
        return [(int(line["taker"]), -int(line["to_liquidator"])) for line in lines]


def venue(adl: int = m.ADL_PRO_RATA) -> Venue:
    lab, numbers = lab_with(TABLE)
    lab.engine.pool.policy[0]["adl"] = adl
    twin = lab.list_instrument(PRICE, **LINEAR)
    return Venue(lab, numbers[-1], twin, lab.open(RICH), lab.open(RICH))


def test_everybody_closes_and_bears_by_size():
    known = venue()
    holders = [known.short(lots * UNIT) for lots in (2, 3, 5)]
    known.sell(6 * UNIT)
    known.go_bankrupt(100 * TOKEN)
    # 4 perps left against 10: each closes 40 % of its own.
    assert known.lots(known.bankrupt, *holders) == [0, -120, -180, -300]
    assert known.borne() == [(holders[0], 20 * TOKEN), (holders[1], 30 * TOKEN), (holders[2], 50 * TOKEN)]


def test_those_whose_hedge_it_is_go_last():
    known = venue()
    hedged, plain = known.hedged(5 * UNIT, 20 * TOKEN), known.short(5 * UNIT)
    known.sell(6 * UNIT)
    known.go_bankrupt(40 * TOKEN)
    assert known.lots(known.bankrupt, hedged, plain) == [0, -5 * UNIT, -UNIT]
    assert known.borne() == [(plain, 40 * TOKEN)]
    assert known.lab.stage(hedged) == m.STAGE_HEALTHY


def test_when_the_others_are_not_enough_hedges_close_by_size():
    known = venue()
    first, second = known.hedged(6 * UNIT, 20 * TOKEN), known.hedged(3 * UNIT, 20 * TOKEN)
    plain = known.short(2 * UNIT)
    known.sell(6 * UNIT)
    known.go_bankrupt(50 * TOKEN)
    # 5 perps: two of the plain one's, three of nine of the hedged ones', who have nothing to bear a loss with.
    assert known.lots(known.bankrupt, first, second, plain) == [0, -4 * UNIT, -2 * UNIT, 0]
    assert known.borne() == [(plain, 20 * TOKEN), (first, 0), (second, 0)]


def test_a_hedge_the_holder_can_do_without_waits_for_nobody():
    known = venue()
    hedged, plain = known.hedged(5 * UNIT, 1_000 * TOKEN), known.short(5 * UNIT)
    known.sell(6 * UNIT)
    known.go_bankrupt(40 * TOKEN)
    assert known.lots(known.bankrupt, hedged, plain) == [0, -3 * UNIT, -3 * UNIT]
    assert known.borne() == [(hedged, 20 * TOKEN), (plain, 20 * TOKEN)]


def test_the_same_owner_goes_first_though_it_is_its_hedge():
    known = venue()
    own = known.lab.open(RICH, owner=known.bankrupt)
    plain = known.short(5 * UNIT)
    assert known.lab.fill(plain, own, known.perp, UNIT, PRICE) == codes.OK
    assert known.lab.fill(own, known.maker, known.twin, UNIT, PRICE) == codes.OK
    known.lab.must(m.COMMAND_SET_MODE, account=own, flags=m.MODE_PORTFOLIO)
    known.lab.leave_equity(own, 10 * TOKEN)
    known.sell(3 * UNIT)
    known.go_bankrupt(20 * TOKEN)
    assert known.lots(known.bankrupt, own, plain) == [0, 0, -3 * UNIT]
    assert known.borne() == [(own, 0), (plain, 20 * TOKEN)]


def test_rounded_up_sizes_never_close_more_than_there_is():
    known = venue()
    holders = [known.short(1) for _ in range(7)]
    known.sell(4)
    known.go_bankrupt(TOKEN)
    assert known.lots(known.bankrupt, *holders) == [0, 0, 0, 0, -1, -1, -1, -1]


@st.composite
def bankruptcies(draw):
    """(venue, holders): plain and hedged holders of any wealth, a bankrupt with a loss."""
    known = venue(draw(st.sampled_from((m.ADL_QUEUE, m.ADL_PRO_RATA))))
    holders = []
    for _ in range(draw(st.integers(1, 5))):
        lots, cash = draw(st.integers(1, 900)), draw(st.integers(0, 400 * TOKEN))
        holders.append(known.hedged(lots, cash) if draw(st.booleans()) else known.short(lots, cash))
    held = known.lots(known.bankrupt)[0]
    kept = draw(st.integers(1, held))
    if kept < held:
        known.sell(held - kept)
    return known, holders, draw(st.integers(1, 300 * TOKEN))


@quick
@given(situation=bankruptcies())
def test_deleveraging_takes_no_more_than_the_loss_and_breaks_nobody_whose_hedge_it_is_not(situation):
    known, holders, loss = situation
    before = {holder: known.lab.health(holder) for holder in holders}
    sizes = dict(zip(holders, known.lots(*holders)))
    kept = known.lots(known.bankrupt)[0]
    known.lab.leave_equity(known.bankrupt, -loss)
    alone = {holder: closed(known, holder, min(-sizes[holder], kept)) for holder in holders}
    known.go_bankrupt(loss)
    borne = known.borne()
    assert sum(amount for _, amount in borne) <= loss
    assert all(amount >= 0 for _, amount in borne)
    socialised = int(known.lab.engine.pool.totals[0]["socialised"])
    event("socialised" if socialised else "borne whole")
    for holder, _ in borne:
        was, without = before[holder], alone[holder]
        is_hedge = was.equity >= was.maintenance and without.equity < without.maintenance
        if socialised or is_hedge:
            continue
        after = known.lab.health(holder)
        assert after.equity + 1 >= after.maintenance
    assert known.lab.engine.identities() == []


def closed(known: Venue, holder: int, lots: int):
    """The health of a holder had it bought so many lots of the perp at the mark."""
    apart = known.lab.copy()
    rich = apart.open(RICH)
    apart.leave_equity(holder, apart.health(holder).equity + RICH)
    assert apart.fill(holder, rich, known.perp, lots, PRICE) == codes.OK
    apart.leave_equity(holder, apart.health(holder).equity - RICH)
    return apart.health(holder)


@quick
@given(situation=bankruptcies())
def test_whose_hedge_it_is_closes_only_after_all_the_others(situation):
    known, holders, loss = situation
    kept = known.lots(known.bankrupt)[0]
    known.lab.leave_equity(known.bankrupt, -loss)
    waits = set()
    for holder in holders:
        was = known.lab.health(holder)
        without = closed(known, holder, min(-known.lots(holder)[0], kept))
        if was.equity >= was.maintenance and without.equity < without.maintenance:
            waits.add(holder)
    known.go_bankrupt(loss)
    order = [holder in waits for holder, _ in known.borne()]
    assert order == sorted(order)
    if any(order):
        assert not any(known.lots(*sorted(set(holders) - waits)))


@pytest.mark.parametrize("adl", [m.ADL_QUEUE, m.ADL_PRO_RATA])
def test_a_loss_nobody_can_bear_is_not_taken_from_those_who_closed(adl):
    known = venue(adl)
    poor = known.short(2 * UNIT, cash=10 * TOKEN)
    known.go_bankrupt(300 * TOKEN)
    assert known.borne() == [(poor, 10 * TOKEN)]
    assert known.lots(poor) == [0]
    assert known.lab.health(poor).equity == 0
