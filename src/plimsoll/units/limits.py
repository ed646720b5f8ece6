"""Named limits, and why no sum or product in the core can leave int64.

A value of one holding stays below ``HOLDING_VALUE_MAX`` by the listing check (lots_max * mark_max <= that).
Cumulative funding stays within ``FUNDING_MARKS_MAX`` times mark_max, so lots * (mark - funding) is at most three
times the value: 6e15.  A cost stays within ``COST_MAX`` when traded; a forced step adds at most a value.  With 64
holdings equity is below 64 * 1e16 + MICROS_MAX = 7.4e17; initial margin (rates up to 2, confidence and haircut, then
doubled by a depeg) below 2.1e18.  Both are below 2**61, so one sum of them cannot wrap.  Products go through a 128-bit
intermediate.
"""

from typing import Final

PPB: Final = 1_000_000_000
MICROS_PER_TOKEN: Final = 1_000_000
CENT_MICROS: Final = 10_000

INT64_MAX: Final = 2**63 - 1
INT64_MIN: Final = -(2**63)

MICROS_MAX: Final = 10**17
"""Largest amount in one command and largest vault of settlement token (100 billion tokens)."""
HOLDING_VALUE_MAX: Final = 2 * 10**15
"""Largest value of one holding at the largest mark: two billion tokens."""
COST_MAX: Final = 4 * 10**15
OPEN_VALUE_MAX: Final = 10**18
LOTS_MAX: Final = 10**16
OPEN_LOTS_MAX: Final = 10**17
MARK_MAX: Final = 10**15
SCALE_MAX: Final = 12
RATE_MAX: Final = 2 * PPB
TRIGGER_MAX: Final = 5 * PPB
FACTOR_MAX: Final = 10**12
"""Largest factor of the square-root penalty (ppb per root lot, times 1e9)."""
FUNDING_MARKS_MAX: Final = 2
PORTFOLIO_SUM_MAX: Final = 2**61
"""Sum over the 64 largest members of a class of lots_max * array bound: no sum of products leaves int64."""
PORTFOLIO_MICROS_MAX: Final = 10**17
LINEAR_BOUND: Final = 8
"""A linear instrument's product under any shock, in marks."""
SHOCK_MAX: Final = 7 * PPB
SHIFT_MAX: Final = 30
SCENARIOS_MAX: Final = 512
LANES: Final = 8
"""Scenario rows are padded to a multiple of this many words."""
CLASSES_MAX: Final = 255
GROUPS_MAX: Final = 4095
PART_BITS: Final = 30
PARTS: Final = 1 << PART_BITS
"""Weights of scenarios are held in parts of 2**30, so that a product is two multiplications and two shifts."""
WEIGHT_MAX: Final = 2 * PPB
"""Largest discount and basis factor of a group, and largest delta."""
FORWARD_MARKS: Final = 2
"""A forward in largest marks of the underlying, so that what it prices fits (docs/portfolio-margin.md §9)."""
GREEK_PART: Final = 10
"""Gamma and vega are of one percent and one point: at most this part of the largest mark."""
PEG_MAX: Final = 10 * PPB
CLASS_FACTOR_MAX: Final = 5 * PPB
GREEK_RATE_MAX: Final = 200 * PPB
PREMIUM_MAX: Final = PPB
TIME_MAX: Final = 2**52
"""Milliseconds; also the largest duration."""
GAP_MAX: Final = 24 * 3600 * 1000
"""Longest time one tick may count as passed."""
DURATION_MAX: Final = 366 * 24 * 3600 * 1000
TIME_SUM_MAX: Final = 2**61
"""mark_max * window and premium * interval must stay below this, so that time-weighted sums fit."""

HOLDINGS_PER_ACCOUNT_MAX: Final = 64
POTS_MAX: Final = 32
SHARES_MAX: Final = 2**60
SHARES_PER_MICRO: Final = 1_000
"""Shares of the first micro in a pot, and shares nobody owns: what keeps a share from being inflated or dust."""
SHARE_LOSS_MAX: Final = 1_000_000
"""A pot whose shares have lost all but one part in so many is wiped: a new epoch begins."""
CURVES_MAX: Final = 8
POINTS_MAX: Final = 64
SEALS_MAX: Final = 64
"""Sealed bids on one account."""
DAY: Final = 24 * 3600 * 1000
INSTRUMENTS_MAX: Final = 4096
ACCOUNTS_MAX: Final = 2**24
ID_WINDOW: Final = 65_536
"""Answers kept for retried command ids; a power of two."""
SEGMENTS: Final = 4
"""Marginal-rate segments per instrument, the base segment included."""
TICK_ACCOUNTS_MAX: Final = 2**24
TICK_STEPS_MAX: Final = 1_000_000
