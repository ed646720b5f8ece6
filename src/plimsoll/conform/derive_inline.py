"""Derive's inline cases (inline.json): single figures of the venue's unit tests, by group, in 18-decimal integers.

Margins go to the engine; prices to ``plimsoll.pricing``; the rest to the rules of ``plimsoll.presets``.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform import derive_inline_auction, derive_inline_margin, derive_inline_rules
from plimsoll.conform.cases import Adapter, Case, Tolerance, number, read_each
from plimsoll.conform.derive_numbers import CENT, WAD, Inputs, float_of, guarded, wad_out
from plimsoll.presets import derive_feeds as feeds
from plimsoll.pricing import Svi, black76, greeks, svi_vol

FLOATS: Final = Tolerance(Fraction(1, 10**12), Fraction(10**6))
"""What floats can answer where the venue has 18 decimals: a part in 10^12, or 10^6 of its wei."""
ENGINE: Final = CENT._replace(absolute=CENT.absolute * WAD)
FLOAT_GROUPS: Final = ("black76", "svi", "interest_rate_model", "cash_accrual")
ENGINE_GROUPS: Final = ("srm_isolated_margin", "srm_account", "srm_base", "srm_depeg", "pmrm_perp", "pmrm2_perp")
NOT_ASKED: Final = ("k_div_1e12", "note")
"""Expected keys that are no figure, or an intermediate no function here gives."""


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of the file; None for a file of another kind."""
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        return None
    rows = document["cases"]
    if not any(isinstance(one, dict) and {"group", "inputs", "expected"} <= one.keys() for one in rows):
        return None
    return read_each({f"case {place}": one for place, one in enumerate(rows)}, lambda _, one: [_case(one)])


def _case(row: Mapping[str, Any]) -> Case:
    wanted = {key: _figure(value) for key, value in row["expected"].items() if key not in NOT_ASKED}
    if "error" in wanted:
        wanted = {"error": True} | ({"canTerminate": True} if wanted.get("canTerminate") else {})
    group = str(row["group"])
    return Case(
        f"{group}: {row.get('case', '')}",
        group,
        dict(row["inputs"]),
        wanted,
        _tolerance(group, str(row.get("tolerance", ""))),
    )


def _figure(value: Any) -> Any:
    if isinstance(value, list):
        return [_figure(one) for one in value]
    if isinstance(value, dict):
        return {key: _figure(one) for key, one in value.items()}
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def _tolerance(group: str, text: str) -> Tolerance | None:
    """The case's own tolerance, and at least what its kind of number allows."""
    if group in ENGINE_GROUPS:
        percent = re.search(r"rel (\d+)%", text)
        return Tolerance(Fraction(int(percent[1]), 100)) if percent else ENGINE
    absolute = re.search(r"abs 1e(\d+) wei", text)
    given = Tolerance(Fraction(0), Fraction(10 ** int(absolute[1]))) if absolute else None
    if group not in FLOAT_GROUPS:
        return given
    return Tolerance(FLOATS.relative, max(FLOATS.absolute, given.absolute if given else Fraction(0)))


def _black76(inputs: Inputs) -> Mapping[str, Any]:
    forward, strike = float_of(inputs, "fwdPrice"), float_of(inputs, "strikePrice")
    years = float(feeds.year_fraction(int(number(inputs, "timeToExpirySec"))))
    vol, discount = float_of(inputs, "volatility"), float_of(inputs, "discount")
    call, put = (float(black76(forward, strike, years, vol, is_call, discount)) for is_call in (True, False))
    delta = float(greeks(forward, strike, years, vol, True).delta)
    return {"call": wad_out(call), "put": wad_out(put), "callDelta_undiscounted": wad_out(delta)}


def _annualise(inputs: Inputs) -> Mapping[str, Any]:
    return {"yearFraction": wad_out(feeds.year_fraction(int(number(inputs, "seconds"))))}


def _svi(inputs: Inputs) -> Mapping[str, Any]:
    params = Svi(*(float_of(inputs, key) for key in ("a", "b", "rho", "m", "sigma")))
    vol = float(svi_vol(float_of(inputs, "strike"), params, float_of(inputs, "forwardPrice"), float_of(inputs, "tau")))
    return {"vol": wad_out(vol), "vol_div_1e12": wad_out(vol) // 10**12}


PRICES: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    "black76": _black76,
    "annualise": _annualise,
    "svi": _svi,
}
GROUPS: Final = PRICES | derive_inline_auction.GROUPS | derive_inline_margin.GROUPS | derive_inline_rules.GROUPS
ADAPTERS: Final[dict[str, Adapter]] = {group: guarded(function) for group, function in GROUPS.items()}
