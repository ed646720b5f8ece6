"""Deribit option chains from a CSV: fit every snapshot and expiry, and say how well (docs/pricing.md).

Columns used: ts (unix seconds), currency, expiry (date; options end at 08:00 UTC), strike (USD), cp (C or P),
mark (coins), iv (fraction per root year), fut (forward of the expiry, USD). gzip is read through.
A strike has one implied vol; its row is that of the out-of-the-money side where both are listed.
Polars does the reading; it is in the extra ``plimsoll[risk]``.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plimsoll.pricing.chain_errors import error_table, slice_row, with_fit
from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.svi import Smile, fit_surface
from plimsoll.pricing.svi.fit import POINTS_MIN

if TYPE_CHECKING:
    import polars as pl

COLUMNS: Final = ("ts", "currency", "expiry", "strike", "cp", "mark", "iv", "fut")
EXPIRY_HOUR: Final = 8
SECONDS_PER_YEAR: Final = 365 * 86_400


class FitReport(NamedTuple):
    """What was fitted and how well.

    table    errors by currency and maturity bucket
    slices   one row an expiry of a snapshot: parameters, flags, errors
    strikes  one row a strike: fitted and marked vol and price
    skipped  expiries left out (expired, or fewer than five strikes with a vol), as (ts, currency, expiry, why)
    """

    table: "pl.DataFrame"
    slices: "pl.DataFrame"
    strikes: "pl.DataFrame"
    skipped: list[tuple[int, str, str, str]]


def read_chain(path: Path | str) -> "pl.DataFrame":
    """One row a strike, sorted, with ``years`` to expiry and ``k`` = ln(strike/fut); PricingError in one line."""
    try:
        import polars as pl
    except ImportError:
        raise PricingError("reading a chain needs polars: install plimsoll[risk]") from None
    file = Path(path)
    if not file.is_file():
        raise PricingError(f"{file}: {'is a directory; name a file in it' if file.is_dir() else 'no such file'}")
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PricingError(f"{file.name}: {(str(error).strip().splitlines() or ['unreadable'])[0]}") from None
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise PricingError(f"{file.name}: no column {', '.join(absent)}; it has: {', '.join(frame.columns)}")
    numbers = [pl.col(name).cast(pl.Float64, strict=False) for name in ("strike", "mark", "iv", "fut")]
    when = pl.col("expiry").str.to_date("%Y-%m-%d", strict=False)
    frame = frame.select(pl.col("ts").cast(pl.Int64, strict=False), "currency", when, "cp", *numbers)
    frame = frame.with_row_index("row", offset=2)
    sound = pl.all_horizontal(
        pl.all().is_not_null(),
        pl.col("cp").is_in(["C", "P"]),
        *(pl.col(name).is_finite() & (pl.col(name) >= 0) for name in ("mark", "iv")),
        *(pl.col(name).is_finite() & (pl.col(name) > 0) for name in ("strike", "fut")),
    )
    broken = frame.filter(~sound.fill_null(False))
    if broken.height:
        row = broken.row(0, named=True)
        raise PricingError(f"{file.name}: row {row.pop('row')}: a value is missing or no price: {row}; remove the row")
    if not frame.height:
        raise PricingError(f"{file.name}: no rows")
    ends = pl.col("expiry").cast(pl.Datetime("ms")).dt.epoch("s")
    return (
        frame.with_columns(
            ((ends + EXPIRY_HOUR * 3600 - pl.col("ts")) / SECONDS_PER_YEAR).alias("years"),
            (pl.col("strike") / pl.col("fut")).log().alias("k"),
            ((pl.col("cp") == "C") == (pl.col("strike") >= pl.col("fut"))).alias("out_of_money"),
        )
        .sort("ts", "currency", "expiry", "strike", "out_of_money", descending=[False] * 4 + [True])
        .unique(["ts", "currency", "expiry", "strike"], keep="first", maintain_order=True)
        .drop("row", "out_of_money")
    )


def fit_report(
    path: Path | str,
    progress: Callable[[int, int], None] | None = None,
    *,
    no_arbitrage: bool = True,
    currencies: Sequence[str] = (),
    start: int | None = None,
    end: int | None = None,
) -> FitReport:
    """Fit a surface to every snapshot and currency of the file; ``progress(done, total)`` is called after each.

    ``currencies`` (all if empty), ``start`` and ``end`` (unix seconds, start ≤ ts < end) choose among the snapshots;
    PricingError if none is left.
    """
    import polars as pl

    chain = _chosen(read_chain(path), Path(path).name, currencies, start, end)
    snapshots = chain.partition_by("ts", "currency", maintain_order=True)
    slices: list[dict[str, Any]] = []
    strikes: list[pl.DataFrame] = []
    skipped: list[tuple[int, str, str, str]] = []
    for done, snapshot in enumerate(snapshots, 1):
        expiries = list(_usable(snapshot, skipped))
        if expiries:
            smiles = [Smile(float(rows["years"][0]), rows["k"].to_numpy(), rows["iv"].to_numpy()) for rows in expiries]
            surface = fit_surface(smiles, no_arbitrage=no_arbitrage)
            fitted = [with_fit(rows, surface, index) for index, rows in enumerate(expiries)]
            strikes += fitted
            slices += [slice_row(rows, surface, index) for index, rows in enumerate(fitted)]
        if progress is not None:
            progress(done, len(snapshots))
    if not strikes:
        raise PricingError(f"{Path(path).name}: no expiry has {POINTS_MIN} strikes with a vol and time left")
    every, each = pl.concat(strikes), pl.DataFrame(slices)
    return FitReport(error_table(every, each), each, every, skipped)


def _chosen(
    chain: "pl.DataFrame", name: str, currencies: Sequence[str], start: int | None, end: int | None
) -> "pl.DataFrame":
    import polars as pl

    there = chain["currency"].unique().sort().to_list()
    absent = [one for one in currencies if one not in there]
    if absent:
        raise PricingError(f"{name}: no options on {', '.join(absent)}; it has: {', '.join(there)}")
    times = chain["ts"].sort().to_numpy()
    if currencies:
        chain = chain.filter(pl.col("currency").is_in(list(currencies)))
    if start is not None:
        chain = chain.filter(pl.col("ts") >= start)
    if end is not None:
        chain = chain.filter(pl.col("ts") < end)
    if not chain.height:
        span = " to ".join(f"{when}Z" for when in times[[0, -1]].astype("datetime64[s]"))
        raise PricingError(f"{name}: no snapshot in that time; it has {span}")
    return chain


def _usable(snapshot: "pl.DataFrame", skipped: list[tuple[int, str, str, str]]) -> Iterator["pl.DataFrame"]:
    import polars as pl

    for rows in snapshot.partition_by("expiry", maintain_order=True):
        quoted = rows.filter(pl.col("iv") > 0)
        why = "expired" if rows["years"][0] <= 0 else f"{quoted.height} strikes" if quoted.height < POINTS_MIN else ""
        if why:
            skipped.append((rows["ts"][0], rows["currency"][0], str(rows["expiry"][0]), why))
        else:
            yield quoted
