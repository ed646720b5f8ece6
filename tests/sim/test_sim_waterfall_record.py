import numpy as np
import pytest

from plimsoll.book.layout import LEDGER
from plimsoll.sim.waterfall_record import hedged_share, overshoot_of
from plimsoll.units.messages import MECHANISM_ADL, MECHANISM_FUND, MECHANISM_SOCIALISED, MECHANISM_TRANCHE


def lines(*rows):
    table = np.zeros(len(rows), LEDGER)
    for place, (account, mechanism, column, micros) in enumerate(rows):
        table[place]["account"] = account
        table[place]["mechanism"] = mechanism
        table[place][column] = micros
    return table


@pytest.mark.parametrize(
    ("borne", "excess"),
    [
        ([(2, MECHANISM_ADL, "to_liquidator", -70)], 0),
        ([(2, MECHANISM_ADL, "to_liquidator", -60), (2, MECHANISM_SOCIALISED, "bad_debt", 15)], 5),
        # What is left of one account's deficit does not excuse what another's counterparties lost.
        ([(2, MECHANISM_ADL, "to_liquidator", -10), (3, MECHANISM_ADL, "to_liquidator", -8)], 8),
    ],
)
def test_loss_beyond_the_deficit_is_in_excess_account_by_account(borne, excess):
    equity = np.array([0, 0, -100, 50], np.int64)
    paid = [(2, MECHANISM_FUND, "fund_paid", 20), (2, MECHANISM_TRANCHE, "fund_paid", 10)]
    assert overshoot_of(lines(*paid, *borne), equity) == excess


def test_a_hedge_is_the_smaller_side_over_the_larger():
    sides = np.array([[100.0, 50.0, 0.0], [25.0, 100.0, 0.0]])
    assert hedged_share(sides).tolist() == [0.25, 0.5, 0.0]
