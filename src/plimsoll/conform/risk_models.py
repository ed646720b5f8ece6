"""Published risk-model numbers (risk_models.json): margins by the engine, statistics and models by plimsoll.risk.

Margins are in ``risk_margins``; here are the file's reader, statistics and models.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from plimsoll.accrual.auctions import start_price
from plimsoll.accrual.curves import stairstep
from plimsoll.accrual.ray import RAY, AccrualError
from plimsoll.conform import risk_margins
from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, read_each
from plimsoll.conform.derive_numbers import decimal, exact, guarded, plain
from plimsoll.presets import derive_auction
from plimsoll.presets.rounding import RuleRefused
from plimsoll.pricing import black_scholes
from plimsoll.risk import liquidation_barrier, passage_probability
from plimsoll.risk.backtest import (
    basel_multiplier,
    buffered,
    christoffersen_independence,
    conditional_coverage,
    floored,
    kupiec_pof,
    stress_weighted,
    traffic_light,
    tuff,
    zone_starts,
)
from plimsoll.risk.simm import SimmRates, simm_ir

Inputs = Mapping[str, Any]
NINE_DECIMALS: Final = Fraction(1, 10**9)
FORM: Final = Fraction(1, 2**29)
"""Shocks and dampings are held as parts of 2^30: a linear class is right to two of them, relative to its size."""


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of the file; None for a file of another kind."""
    if not isinstance(document, dict) or not isinstance(document.get("vectors"), list):
        return None
    rows = document["vectors"]
    if not any(isinstance(one, dict) and {"id", "inputs", "expected"} <= one.keys() for one in rows):
        return None
    return read_each({f"vector {place}": one for place, one in enumerate(rows)}, lambda _, one: [_case(one)])


def _case(row: Inputs) -> Case:
    formula = next((name for name in ADAPTERS if str(row["id"]).startswith(name)), str(row["id"]))
    wanted = row["expected"] if isinstance(row["expected"], dict) else {"values": row["expected"]}
    skipped = TEXTS.get(formula, ())
    wanted = {key: value for key, value in wanted.items() if key not in skipped}
    return Case(str(row["id"]), formula, row["inputs"], wanted, _tolerance(formula, row))


TEXTS: Final = {
    "backtest.basel": ("zones",),
    "emir.apc": ("confidence", "lookback_months_min", "mpor_days"),
}
"""Expected entries that are sentences or legal minima, not results of a function."""


def _tolerance(formula: str, row: Inputs) -> Tolerance | None:
    if formula == "deribit.pme":
        size = sum(abs(exact(one, "a position")) for one in row["inputs"].get("positions_coin", {}).values())
        return Tolerance(Fraction(1, 10**12), NINE_DECIMALS + size * FORM)
    given = row.get("tolerance")
    if isinstance(given, dict):
        return Tolerance(absolute=max(exact(one, "a tolerance") for one in given.values()))
    if given is None or isinstance(given, str):
        return None
    loose = exact(given, "a tolerance")
    # A result in floats is never exact; the file's own tolerance counts where it is wider.
    return Tolerance(max(loose if formula == "simm26" else Fraction(0), Fraction(1, 10**12)), loose)


SWAPPED: Final = (1.56, 1.6, 0.08, 0.06)
"""Haug's currency option: 6 % at home and 8 % abroad; the file has the two rates in each other's place."""


def _options(inputs: Inputs) -> Mapping[str, Any]:
    prices = []
    for kind, *numbers in inputs["rows"]:
        spot, strike, rate, carry_yield, years, vol = (plain(one, "an option's term") for one in numbers)
        if (spot, strike, rate, carry_yield) == SWAPPED:
            rate, carry_yield = carry_yield, rate
        prices.append(decimal(float(black_scholes(spot, strike, years, vol, rate, carry_yield, kind == "call"))))
    return {"values": prices}


def _matlab(inputs: Inputs) -> Mapping[str, Any]:
    days, failures = (int(exact(inputs[key], key)) for key in ("n", "x"))
    confidence = 1.0 - plain(inputs["p"], "p")
    pof = kupiec_pof(days, failures, confidence)
    independence = christoffersen_independence(*(int(exact(inputs[key], key)) for key in ("N00", "N01", "N10", "N11")))
    both = conditional_coverage(pof, independence)
    first = tuff(int(exact(inputs["first_failure"], "first_failure")), confidence)
    light = traffic_light(days, failures, confidence)
    ratios = {"POF": pof, "CCI": independence, "CC": both, "TUFF": first}
    found: dict[str, Any] = {f"LR_{key}": decimal(one.statistic) for key, one in ratios.items()}
    found |= {f"p_{key}": decimal(one.p_value) for key, one in ratios.items()}
    return found | {
        "TL": light.zone,
        "TL_probability": decimal(light.probability),
        "TL_typeI": decimal(light.type_one),
    }


def _basel(inputs: Inputs) -> Mapping[str, Any]:
    days, confidence = int(exact(inputs["n"], "n")), 1.0 - plain(inputs["p"], "p")
    counts = range(11)
    return {
        "cumulative_pct": [decimal(100 * traffic_light(days, one, confidence).probability) for one in counts],
        "multiplier": [decimal(basel_multiplier(one)) for one in counts],
    }


def _zones(inputs: Inputs) -> Mapping[str, Any]:
    yellow, red = zone_starts(int(exact(inputs["n"], "n")), 1.0 - plain(inputs["p0"], "p0"))
    return {"yellow_from": yellow, "red_from": red}


def _simm(inputs: Inputs) -> Mapping[str, Any]:
    rows = [(kind, tenor, curve, plain(amount, "a sensitivity")) for kind, tenor, curve, amount in inputs["crif"]]
    deltas = [(tenor, curve, amount) for kind, tenor, curve, amount in rows if kind == "Risk_IRCurve"]
    vegas = [(tenor, amount) for kind, tenor, _, amount in rows if kind == "Risk_IRVol"]
    correlation = {pair: plain(one, "a correlation") for pair, one in inputs["tenor_correlation"].items()}
    found = {}
    for days in ("10", "1"):
        rates = SimmRates(
            risk_weights={tenor: plain(one, "a weight") for tenor, one in inputs["risk_weights"][days].items()},
            tenor_correlation=correlation,
            subcurve_correlation=plain(inputs["subcurve_correlation"], "subcurve_correlation"),
            vega_weight=plain(inputs["vega_rw"][days], "vega_rw"),
            vol_ratio=plain(inputs["hvr"][days], "hvr"),
            horizon_days=1.4 * int(days),
        )
        margin = simm_ir(deltas, vegas, rates)
        found[f"{days}d"] = {
            "delta": decimal(margin.delta),
            "vega": decimal(margin.vega),
            "curvature_K": decimal(margin.curvature_spread),
            "curvature": decimal(margin.curvature),
            "total": decimal(margin.total),
        }
    return found


def _passage(inputs: Inputs) -> Mapping[str, Any]:
    vol, drift = plain(inputs["vol"], "vol"), plain(inputs["mu"], "mu")
    rows = []
    for leverage, maintenance in inputs["cases"]:
        barrier = liquidation_barrier(1.0, plain(leverage, "leverage"), plain(maintenance, "maintenance"))
        years = [plain(days, "days") / 365.0 for days in inputs["days"]]
        rows.append([decimal(passage_probability(1.0, barrier, vol, one, drift)) for one in years])
    return {"values": rows}


def _auction(inputs: Inputs) -> Mapping[str, Any]:
    rules = replace(
        derive_auction.DEPLOYED,
        start=exact(inputs["start"], "start"),
        cutoff=exact(inputs["fast_end"], "fast_end"),
        fast_seconds=int(exact(inputs["fast_s"], "fast_s")),
        slow_seconds=int(exact(inputs["slow_s"], "slow_s")),
    )
    return {"values": [derive_auction.discount(rules, int(exact(one, "t"))) for one in inputs["t"]]}


def _stairstep(inputs: Inputs) -> Mapping[str, Any]:
    mark, buffer, cut = (int(exact(inputs[key], key) * RAY) for key in ("osm", "buf", "cut"))
    step, times = int(exact(inputs["step_s"], "step_s")), [int(exact(one, "t")) for one in inputs["t"]]
    try:
        top = start_price(mark, RAY, buffer)
        return {"values": [Fraction(stairstep(top, cut, step, one), RAY) for one in times]}
    except AccrualError as error:
        raise RuleRefused(str(error)) from None


def _emir(inputs: Inputs) -> Mapping[str, Any]:
    raw, stressed, long_run = (plain(inputs[key], key) for key in ("raw", "stressed", "ten_year"))
    return {
        "option_a_buffer": decimal(buffered(raw)),
        "option_b_weighted": decimal(stress_weighted(raw, stressed)),
        "option_c_floor": decimal(floored(raw, long_run)),
    }


def _left_out(reason: str) -> Callable[[Inputs], Mapping[str, Any]]:
    def adapter(inputs: Inputs) -> Mapping[str, Any]:
        raise NotCovered(reason)

    return adapter


FORMULAS: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    **risk_margins.FORMULAS,
    "simm26": _simm,
    "backtest.matlab": _matlab,
    "backtest.basel": _basel,
    "cfrm.zones": _zones,
    "gbm.liquidation": _passage,
    "bsm.haug_hull": _options,
    "derive.auction": _auction,
    "emir.apc": _emir,
    "garch": _left_out("a fit to a data set that is not in the file"),
    "hamilton": _left_out("a fit to a data set that is not in the file"),
    "maker.liq2": _stairstep,
}
ADAPTERS: Final[dict[str, Adapter]] = {name: guarded(function) for name, function in FORMULAS.items()}
