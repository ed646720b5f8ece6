"""Mistakes in listings and policies. Each function is named after the rule it breaks."""

from plimsoll.book.rows import PolicyRow
from plimsoll.sim.world.listing import words_of
from plimsoll.sim.world.mistakes.slip import PLAIN, Slip
from plimsoll.units.limits import CLASSES_MAX, LOTS_MAX, MARK_MAX, PPB
from plimsoll.units.messages import COMMAND_LIST_INSTRUMENT, COMMAND_SET_INSTRUMENT, COMMAND_SET_POLICY


def instrument_must_be_free(slip: Slip) -> None:
    """A number that is taken."""
    slip.out.post(COMMAND_LIST_INSTRUMENT, words_of(PLAIN), instrument=1)


def parameter_must_be_within_bounds(slip: Slip) -> None:
    """A policy of minus one everywhere, and a scale of thirteen."""
    slip.out.post(COMMAND_SET_POLICY, [-1] * len(PolicyRow.__annotations__))
    slip.list(scale=13)


def kind_must_be_known(slip: Slip) -> None:
    """A kind of instrument nobody knows."""
    slip.list(kind=77)


def value_max_must_fit(slip: Slip) -> None:
    """The largest position at the largest price."""
    slip.list(lots_max=LOTS_MAX, mark_max=MARK_MAX)


def precision_must_stay_under_a_cent(slip: Slip) -> None:
    """Positions of more units than rounding bears."""
    slip.list(scale=0, mark_max=10, lots_max=10**5)


def time_sum_must_fit(slip: Slip) -> None:
    """A window of a year at the largest price."""
    slip.list(lots_max=1, open_lots_max=1, mark_max=MARK_MAX, settlement_window=31_622_400_000)


def rates_must_be_ordered(slip: Slip) -> None:
    """Maintenance above initial."""
    slip.list(rate_maintenance=PLAIN["rate_initial"] + 1)


def segments_must_rise(slip: Slip) -> None:
    """A second segment without a first."""
    slip.list(segment_lots_2=5, segment_initial_2=PPB // 2, segment_maintenance_2=PPB // 4)


def one_size_penalty_must_be_chosen(slip: Slip) -> None:
    """A root and a slope."""
    slip.list(root_factor_initial=1, slope_initial=1)


def size_penalty_must_fit(slip: Slip) -> None:
    """A slope that asks for more than everything."""
    slip.list(slope_initial=PPB)


def rebate_must_not_exceed_taker_fee(slip: Slip) -> None:
    """More paid to the maker than the taker pays."""
    slip.list(fee_taker=10, fee_maker=-11)


def liquidation_fee_must_stay_below_maintenance(slip: Slip) -> None:
    """A fee as high as the margin."""
    slip.list(fee_liquidation=PLAIN["rate_maintenance"])


def open_interest_bounds_must_be_ordered(slip: Slip) -> None:
    """Bounds that meet."""
    slip.list(open_interest_lower=5, open_interest_upper=5)


def expiry_must_be_in_future(slip: Slip) -> None:
    """A perp that ends."""
    slip.list(expiry=slip.sight.time_ms)


def ages_must_be_ordered(slip: Slip) -> None:
    """Older for a trade than for margin."""
    slip.list(age_fill_max=PLAIN["age_margin_max"] + 1)


def immutable_parameter_must_not_change(slip: Slip) -> None:
    """Another expiry for what has one already."""
    row = dict(slip.sight.listings[slip.contract - 1].row)
    row["expiry"] += 1
    slip.out.post(COMMAND_SET_INSTRUMENT, words_of(row), instrument=slip.contract)


def option_must_have_terms(slip: Slip) -> None:
    """A perp with a strike."""
    slip.list(strike=5)


def class_must_be_published(slip: Slip) -> None:
    """A member of a class nobody published."""
    slip.list(risk_class=CLASSES_MAX)
