"""How far fitted smiles are from the marks of a chain: by strike, by expiry, by maturity (docs/pricing.md).

Errors of vol are in vol points; those of the price are at the fitted vol against the marked one, in quote currency and
in percent of the forward. The *body* of a smile is within 1.5 deviations of the forward.
"""

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.pricing.black import black76
from plimsoll.pricing.inputs import Floats
from plimsoll.pricing.svi import Surface

if TYPE_CHECKING:
    import polars as pl

BUCKETS_DAYS: Final = (1.0, 2.0, 7.0, 35.0, 100.0)
BUCKETS: Final = ("0-1 d", "1-2 d", "2-7 d", "7-35 d", "35-100 d", "over 100 d")
BODY: Final = 1.5
"""Deviations."""


def with_fit(rows: "pl.DataFrame", surface: Surface, index: int) -> "pl.DataFrame":
    """The rows with fitted vol, errors in vol points, USD and percent of the forward, and the bucket."""
    import polars as pl

    columns: list[Floats] = [rows[name].to_numpy() for name in ("k", "iv", "fut", "strike", "years")]
    k, iv, forward, strike, years = columns
    vol = np.sqrt(surface.fits[index].params.total_variance(k) / years)
    call = strike >= forward
    # Against the price at the marked vol: the file's mark itself is rounded to a millionth of a coin.
    price_error = black76(forward, strike, years, vol, call) - black76(forward, strike, years, iv, call)
    deviation = np.abs(k) / (iv * np.sqrt(years))
    return rows.with_columns(
        pl.Series("vol_fitted", vol),
        pl.Series("error_vol_points", (vol - iv) * 100.0),
        pl.Series("error_usd", price_error),
        pl.Series("error_percent", price_error / forward * 100.0),
        pl.Series("deviations", deviation),
        pl.lit(BUCKETS[int(np.digitize(years[0] * 365.0, BUCKETS_DAYS))]).alias("bucket"),
    )


def slice_row(rows: "pl.DataFrame", surface: Surface, index: int) -> dict[str, Any]:
    """One expiry of a snapshot: parameters, flags, and absolute errors over its strikes (``_body``: of its body)."""
    fit = surface.fits[index]
    last = index == len(surface.calendar_gaps)
    gap, wing = (math.inf if last else float(gaps[index]) for gaps in (surface.calendar_gaps, surface.wing_gaps))
    error, price = np.abs(rows["error_vol_points"].to_numpy()), np.abs(rows["error_usd"].to_numpy())
    body = error[rows["deviations"].to_numpy() <= BODY]
    return {
        "ts": rows["ts"][0],
        "currency": rows["currency"][0],
        "expiry": rows["expiry"][0],
        "bucket": rows["bucket"][0],
        "years": float(surface.years[index]),
        "forward": float(rows["fut"][0]),
        "strikes": rows.height,
        **fit.params._asdict(),
        "butterfly_ok": fit.butterfly_ok,
        "min_g": fit.min_g,
        "calendar_ok": bool(surface.in_order[index]),
        "calendar_gap": gap,
        "wing_gap": wing,
        "constrained": fit.constrained,
        "mean_vol_points": float(error.mean()),
        "max_vol_points": float(error.max()),
        "rmse_vol_points": math.sqrt(float(np.mean(error**2))),
        "rmse_vol_points_body": math.sqrt(float(np.mean(body**2))) if body.size else None,
        "mean_usd": float(price.mean()),
        "max_usd": float(price.max()),
        "max_percent": float(price.max() / rows["fut"][0] * 100.0),
    }


def error_table(strikes: "pl.DataFrame", slices: "pl.DataFrame") -> "pl.DataFrame":
    """Mean, 95th percentile and largest absolute errors; ``body``: within 1.5 deviations of the forward."""
    import polars as pl

    def of(name: str, unit: str) -> list[Any]:
        size = pl.col(name).abs()
        named = {"mean": size.mean(), "p95": size.quantile(0.95, "linear"), "max": size.max()}
        return [value.alias(f"{unit}_{label}") for label, value in named.items()]

    body = pl.col("error_vol_points").abs().filter(pl.col("deviations") <= BODY).mean().alias("vol_points_body")
    keys = ["currency", "bucket"]
    errors = strikes.group_by(keys).agg(
        pl.len().alias("strikes"),
        body,
        *of("error_vol_points", "vol_points"),
        *of("error_usd", "usd"),
        *of("error_percent", "percent"),
    )
    flags = slices.group_by(keys).agg(
        pl.len().alias("expiries"), *(pl.col(name).mean() for name in ("butterfly_ok", "calendar_ok", "constrained"))
    )
    order = pl.col("bucket").replace_strict(dict(zip(BUCKETS, range(len(BUCKETS)))), return_dtype=pl.Int64)
    return errors.join(flags, on=keys).sort("currency", order)
