"""Backtests: statistics of exceptions and shortfalls, procyclicality, and the walk through history that feeds them.

What may enter: losses and margins as shares or tokens, panels of past prices. What never does: a price from after the
moment a margin is asked for. The tests stand alone and take plain counts or series, so that they can judge any model.
"""

from plimsoll.risk.backtest.coverage import (
    LikelihoodRatio,
    christoffersen_independence,
    conditional_coverage,
    exceptions_of,
    kupiec_pof,
    transitions,
    tuff,
)
from plimsoll.risk.backtest.cycles import (
    Procyclicality,
    buffered,
    floored,
    largest_rise,
    peak_to_trough,
    procyclicality,
    released,
    stress_weighted,
)
from plimsoll.risk.backtest.flat import VENUES, FlatRates
from plimsoll.risk.backtest.history import Series, Step, look_ahead, step_at, walk
from plimsoll.risk.backtest.portfolios import BUILT_IN, Portfolio, of_weights, portfolios_of, read_portfolio
from plimsoll.risk.backtest.results import span, study, summary_rows
from plimsoll.risk.backtest.shortfall import ShortfallTest, acerbi_szekely_z2, z2_statistic
from plimsoll.risk.backtest.traffic import TrafficLight, basel_multiplier, traffic_light, zone_starts

__all__ = [
    "BUILT_IN",
    "VENUES",
    "FlatRates",
    "LikelihoodRatio",
    "Portfolio",
    "Procyclicality",
    "Series",
    "ShortfallTest",
    "Step",
    "TrafficLight",
    "acerbi_szekely_z2",
    "basel_multiplier",
    "buffered",
    "christoffersen_independence",
    "conditional_coverage",
    "exceptions_of",
    "floored",
    "kupiec_pof",
    "largest_rise",
    "look_ahead",
    "of_weights",
    "peak_to_trough",
    "portfolios_of",
    "procyclicality",
    "read_portfolio",
    "released",
    "span",
    "step_at",
    "stress_weighted",
    "study",
    "summary_rows",
    "traffic_light",
    "transitions",
    "tuff",
    "walk",
    "z2_statistic",
    "zone_starts",
]
