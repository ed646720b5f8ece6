"""The state x action matrix, and the state of a mark at a time. First match wins; a limit is allowed, limit + 1 not."""

from plimsoll.book.rows import InstrumentRow
from plimsoll.units.fixed import mul_div_trunc, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import (
    ACTION_ALL,
    ACTION_FILL,
    ACTION_FUNDING,
    ACTION_LIQUIDATE,
    ACTION_SETTLE,
    ACTION_WITHDRAW,
    ORACLE_NON_POSITIVE,
    ORACLE_STALE_FOR_FILL,
    ORACLE_STALE_FOR_MARGIN,
    ORACLE_TOO_FEW_SOURCES,
    ORACLE_TOO_UNCERTAIN,
    ORACLE_TOO_VOLATILE,
    ORACLE_UNPRICED,
    ORACLE_VALID,
)

BLOCKS = (
    0,  # valid
    ACTION_FILL,  # stale for fill
    ACTION_FILL | ACTION_FUNDING | ACTION_WITHDRAW | ACTION_SETTLE,  # too few sources
    ACTION_ALL,  # stale for margin
    ACTION_ALL & ~ACTION_LIQUIDATE,  # too uncertain: liquidation goes on, at a mark nobody may trade at
    ACTION_ALL,  # too volatile
    ACTION_ALL,  # non-positive
    ACTION_ALL,  # unpriced
)
"""Row: state of the mark. Value: bits of the actions it forbids."""


@command
def state_of(instrument: InstrumentRow, time: int) -> int:
    """The gravest state that applies to the mark at this time."""
    mark = instrument["mark"]
    if mark == 0:
        return ORACLE_UNPRICED
    if instrument["non_positive"] != 0:
        return ORACLE_NON_POSITIVE
    mean = instrument["volatility_mean"]
    if instrument["volatility_max"] > 0 and abs(mark - mean) > mul_div_trunc(mean, instrument["volatility_max"], 10**9):
        return ORACLE_TOO_VOLATILE
    if instrument["confidence"] > rate_down(mark, instrument["confidence_max"]):
        return ORACLE_TOO_UNCERTAIN
    age = time - instrument["mark_time"]
    if age > instrument["age_margin_max"]:
        return ORACLE_STALE_FOR_MARGIN
    if instrument["sources"] < instrument["sources_min"]:
        return ORACLE_TOO_FEW_SOURCES
    if age > instrument["age_fill_max"]:
        return ORACLE_STALE_FOR_FILL
    return ORACLE_VALID


@rule
def set_state(instrument: InstrumentRow, state: int) -> None:
    """Store a state and the bits it forbids."""
    instrument["oracle_state"] = state
    instrument["blocks"] = BLOCKS[state]


@rule
def drift_mean(instrument: InstrumentRow, elapsed: int) -> None:
    """Move the slow mean of the mark, which a sudden mark is compared with, by the time that passed."""
    window = instrument["volatility_window"]
    if instrument["mark"] > 0 and elapsed + window > 0:
        gap = instrument["mark"] - instrument["volatility_mean"]
        instrument["volatility_mean"] += mul_div_trunc(gap, elapsed, elapsed + window)
