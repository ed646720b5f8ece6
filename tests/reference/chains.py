"""Worlds with risk classes: how a class is reckoned, options over a few strikes and expiries, linear members."""

from dataclasses import dataclass

from plimsoll.units.limits import PPB

from .build import CLASS, HOUR, OPTION, PERCENT, TOKEN
from .classes import CALL, PUT
from .scan import ES, MAX, VAR
from .streams import COIN, LEVERED_PERP, MINUTE, PERP, SHORT_FUTURE, STABLE, Parameters, World

RowOfScenario = tuple[int, int, int]


@dataclass(frozen=True)
class ClassPlan:
    """A class to publish once its underlying is listed: parameters, rows of scenarios, their shocks."""

    number: int
    parameters: Parameters
    rows: tuple[RowOfScenario, ...]
    shocks: tuple[int, ...]


@dataclass(frozen=True)
class ChainWorld(World):
    classes: tuple[ClassPlan, ...] = ()


SHOCKS = (-40 * PERCENT, -20 * PERCENT, -10 * PERCENT, 0, 0, 10 * PERCENT, 20 * PERCENT, 60 * PERCENT)
PLAIN_ROWS = tuple((damping, 0, 0) for damping in (40 * PERCENT, PPB, PPB, PPB, PPB, PPB, PPB, 30 * PERCENT))
SKEW_ROWS = (*PLAIN_ROWS[:3], (PPB, 1, 0), (80 * PERCENT, 1, 3 * TOKEN), (PPB, 0, TOKEN), *PLAIN_ROWS[6:])

MARGINS = {
    "scale": 2,
    "shift": 4,
    "factor_initial": 130 * PERCENT,
    "factor_maintenance": PPB,
    "ramp": 20 * MINUTE,
    "depeg_factor": 2 * PPB,
    "linear_maintenance": PERCENT,
    "linear_initial": 2 * PERCENT,
    "option_maintenance": PERCENT // 2,
    "option_initial": PERCENT,
    "delta_rate": PERCENT // 10,
    "gamma_rate": 20 * PERCENT,
    "vega_rate": 10 * PERCENT,
    "floor_option": PERCENT,
    "floor_linear": PERCENT // 2,
    "confidence_threshold": 80 * PERCENT,
    "confidence_factor": 50 * PERCENT,
    "carry_max": 5 * PERCENT,
    "reference_max": 15 * PERCENT,
    "jump_max": 40 * PERCENT,
    "age_max": 40 * MINUTE,
    "short_spot_max": 15 * PERCENT,
    "short_spot_min": 13 * PERCENT,
    "short_call": 7 * PERCENT,
    "short_put": 8 * PERCENT,
    "short_put_value": 20 * PERCENT,
    "offset_scale": 105 * PERCENT,
    "unpaired_initial": 12 * PERCENT,
    "unpaired_maintenance": 5 * PERCENT,
}
GROUPED = {**CLASS, **MARGINS, "grouped": 1, "aggregation": MAX}
UNGROUPED = {**CLASS, **MARGINS, "aggregation": VAR, "tail": 2, "addons_inside": 1, "assets_at_underlying": 1}
MEAN = {**CLASS, **MARGINS, "aggregation": ES, "tail": 3, "shift": 0, "gamma_rate": 0, "scale": 1}

LISTED_OPTION = {
    **OPTION,
    "scale": 2,
    "mark_max": 10**10,
    "lots_max": 10**6,
    "open_lots_max": 10**7,
    "backstop_lots_max": 20_000,
    "band": PPB,
    "fee_taker": PERCENT // 20,
    "fee_maker": -PERCENT // 100,
    "fee_liquidation": PERCENT,
    "fee_backstop": PERCENT,
    "settlement_window": HOUR // 6,
}


def chain(number: int, expiries: dict[int, int], strikes: tuple[int, ...]) -> list[tuple[Parameters, int]]:
    """Calls and puts of a class: {group: expiry} × strikes in tokens; they have no first price."""
    return [
        (
            {
                **LISTED_OPTION,
                "risk_class": number,
                "risk_group": group,
                "strike": strike * TOKEN,
                "option_type": kind,
                "expiry": expiry,
            },
            0,
        )
        for group, expiry in expiries.items()
        for strike in strikes
        for kind in (CALL, PUT)
    ]


MEMBER_PERP = {**PERP, "mark_max": 10**10, "confidence_threshold": PERCENT // 10}
MEMBER_COIN = {**COIN, "scale": 2, "mark_max": 10**10, "lots_max": 10**6, "rate_initial": 15 * PERCENT}
INDEX = {**COIN, "mark_max": 10**10}
MEMBER_FUTURE = {**SHORT_FUTURE, "mark_max": 10**9, "expiry": 5 * HOUR}

CHAINS = {
    "grouped": ChainWorld(
        (
            (INDEX, 100 * TOKEN),
            ({**MEMBER_COIN, "risk_class": 1}, 100 * TOKEN),
            ({**MEMBER_PERP, "risk_class": 1}, 100 * TOKEN),
            *chain(1, {1: 2 * HOUR, 2: 4 * HOUR}, (90, 100, 115)),
            (STABLE, TOKEN),
            (LEVERED_PERP, 30 * TOKEN),
        ),
        classes=(ClassPlan(1, {**GROUPED, "underlying": 1}, SKEW_ROWS, SHOCKS),),
    ),
    "classes": ChainWorld(
        (
            (INDEX, 100 * TOKEN),
            ({**MEMBER_PERP, "risk_class": 1}, 100 * TOKEN),
            (INDEX, 50 * TOKEN),
            ({**MEMBER_PERP, "risk_class": 2}, 50 * TOKEN),
            ({**MEMBER_COIN, "risk_class": 2}, 50 * TOKEN),
            (PERP, 80 * TOKEN),
            ({**LEVERED_PERP, "risk_class": 3, "mark_max": 10**9}, 80 * TOKEN),
            ({**MEMBER_FUTURE, "risk_class": 3}, 80 * TOKEN),
            *chain(1, {1: 3 * HOUR}, (90, 110)),
            *chain(2, {5: 2 * HOUR, 6: 3 * HOUR}, (50,)),
        ),
        classes=(
            ClassPlan(1, {**GROUPED, "underlying": 1}, SKEW_ROWS, SHOCKS),
            ClassPlan(2, {**UNGROUPED, "underlying": 3}, PLAIN_ROWS, SHOCKS),
            ClassPlan(3, {**MEAN, "underlying": 6}, PLAIN_ROWS, SHOCKS),
        ),
    ),
}
