"""What an owner holds on the other side, in its other accounts, bears a deficit before the insurance does."""

import pytest
from tests.core.test_deleverage import PRICE, RICH, UNIT, Venue, venue
from tests.properties.lab import TOKEN

from plimsoll.units import codes
from plimsoll.units import messages as m

BOTH = [m.ADL_QUEUE, m.ADL_PRO_RATA]


def insured(adl: int = m.ADL_PRO_RATA, lots: int = 10) -> Venue:
    """The bankrupt is long of so many perps from the maker; the fund is rich."""
    known = venue(adl)
    assert known.lab.fill(known.bankrupt, known.maker, known.perp, lots * UNIT, PRICE) == codes.OK
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=RICH)
    return known


def opposite(known: Venue, lots: int, instrument: int = 0, owner: int = 0) -> int:
    """An account of the bankrupt's owner, unless another is named, that is short."""
    account = known.lab.open(RICH, owner or known.bankrupt)
    assert known.lab.fill(account, known.maker, instrument or known.perp, -lots * UNIT, PRICE) == codes.OK
    return account


def fund_paid(known: Venue) -> int:
    return RICH - known.lab.cash(m.NAMED_FUND)


@pytest.mark.parametrize("adl", BOTH)
def test_all_of_it_where_all_lots_are_matched(adl):
    known = insured(adl)
    winner = opposite(known, 12)
    known.go_bankrupt(100 * TOKEN)
    assert known.borne() == [(winner, 100 * TOKEN)]
    assert fund_paid(known) == 0
    assert known.lots(known.bankrupt, winner) == [0, -2 * UNIT]
    assert known.lab.cash(known.bankrupt) == 0


@pytest.mark.parametrize("adl", BOTH)
def test_lot_for_lot_in_account_order_where_some_are(adl):
    known = insured(adl)
    stranger = opposite(known, 9, owner=7_777)
    winners = [opposite(known, lots) for lots in (1, 3)]
    known.go_bankrupt(100 * TOKEN)
    # 10 of 100 for one lot, 30 of the 90 left for three of nine; the fund pays 60, and the rest closes at the mark.
    assert known.borne()[:2] == [(winners[0], 10 * TOKEN), (winners[1], 30 * TOKEN)]
    assert all(loss == 0 for _, loss in known.borne()[2:])
    assert fund_paid(known) == 60 * TOKEN
    assert known.lots(known.bankrupt, *winners) == [0, 0, 0]
    assert known.lots(stranger)[0] > -9 * UNIT


def test_never_below_its_own_maintenance():
    known = insured()
    winner = opposite(known, 12)
    # Two of twelve lots stay, with their MM; 30 is spare.
    known.lab.leave_equity(winner, known.lab.health(winner).maintenance * 2 // 12 + 30 * TOKEN)
    known.go_bankrupt(100 * TOKEN)
    assert known.borne() == [(winner, 30 * TOKEN)]
    after = known.lab.health(winner)
    assert after.equity == after.maintenance
    assert fund_paid(known) == 70 * TOKEN


def test_a_deficit_is_split_over_the_legs_first():
    known = insured()
    assert known.lab.fill(known.bankrupt, known.maker, known.twin, 30 * UNIT, PRICE) == codes.OK
    winner = opposite(known, 40, known.twin)
    known.go_bankrupt(100 * TOKEN)
    # The twin is three quarters of the requirement; the perp has no other side of the owner's.
    assert known.borne()[0] == (winner, 75 * TOKEN)
    assert fund_paid(known) == 25 * TOKEN


def test_the_same_side_and_other_owners_bear_nothing():
    known = insured()
    twin = known.lab.open(RICH, known.bankrupt)
    assert known.lab.fill(twin, known.maker, known.perp, UNIT, PRICE) == codes.OK
    opposite(known, 5, owner=7_777)
    known.go_bankrupt(100 * TOKEN)
    assert fund_paid(known) == 100 * TOKEN
    assert known.lots(twin) == [UNIT]


@pytest.mark.parametrize(("siblings", "both_in_one_tick"), [(0, True), (1, False)])
def test_a_pass_over_all_accounts_is_counted_and_made_for_owners_of_several(siblings, both_in_one_tick):
    known = insured()
    for _ in range(siblings):
        known.lab.open(RICH, known.bankrupt)
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
    second = known.lab.open(RICH)
    assert known.lab.fill(second, known.maker, known.perp, UNIT, PRICE) == codes.OK
    known.lab.leave_equity(second, -TOKEN)
    known.lab.engine.pool.policy[0]["steps_per_tick"] = 4
    known.go_bankrupt(100 * TOKEN)
    # One for each account and one for its leg, which the backstop takes at the mark.
    assert known.lots(known.bankrupt) == [0]
    assert (known.lots(second) == [0]) is both_in_one_tick
