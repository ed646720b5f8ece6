"""Real candles from files: Binance klines, generic OHLC CSV, Parquet; gzip is read through.

A file is one of

* a Binance kline file, 12 columns, with or without a header; its symbol is read from its name (BTCUSDT-1m-2024-08.csv);
* a CSV or Parquet with named columns: ``ts``, ``time``, ``timestamp``, ``open_time`` or ``date``, then ``open``,
  ``high``, ``low``, ``close``, perhaps ``symbol``. Other columns are not looked at, except ``venue``, ``market`` and
  ``interval``: where a symbol has several of them the caller must choose one.

Times may be seconds, milliseconds, microseconds, ISO text or a column of Parquet times; all are UTC.
Polars does the reading; it is an extra (``plimsoll[candles]``) and is imported here, where it is used.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.sim.bars import FIELDS, PRICE_E8, PRICE_E8_MAX, Bars, bars_checked, row_names
from plimsoll.sim.errors import CandlesError
from plimsoll.units.tables import Ints

if TYPE_CHECKING:
    import polars as pl

KLINE_COLUMNS: Final = 12
TIME_NAMES: Final = ("ts", "time", "timestamp", "open_time", "opentime", "date", "datetime")
CHOICES: Final = ("venue", "market", "interval")
SYMBOL_IN_NAME: Final = re.compile(r"^([A-Z0-9]{2,16}?(?:USDT|USDC|BUSD|USD))(?![A-Z0-9])")

# The unit of a whole-number time follows from its size: 1971 in milliseconds is 10^11 or less in no unit but seconds.
SECONDS_BELOW: Final = 10**11
MILLISECONDS_BELOW: Final = 10**14
MICROSECONDS_BELOW: Final = 10**17


def read_candles(
    files: Sequence[Path],
    *,
    symbols: Iterable[str] = (),
    market: str | None = None,
    interval: str | None = None,
    venue: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> list[Bars]:
    """Bars of every symbol in the files (or of ``symbols`` only), from ``start_ms`` on and before ``end_ms``.

    A file without a symbol in it or in its name takes the one symbol given. CandlesError in one line otherwise.
    """
    wanted = tuple(symbols)
    chosen = {"market": market, "interval": interval, "venue": venue}
    found: dict[str, Bars] = {}
    for file in files:
        for bars in _read_file(Path(file), wanted, chosen, start_ms, end_ms):
            if bars.symbol in found:
                raise CandlesError(f"{file.name}: {bars.symbol} was already read from {found[bars.symbol].source}")
            found[bars.symbol] = bars
    missing = [symbol for symbol in wanted if symbol not in found]
    if missing:
        raise CandlesError(f"no candles of {', '.join(missing)}; the files have: {', '.join(found) or 'nothing'}")
    return [found[symbol] for symbol in wanted] if wanted else list(found.values())


def _read_file(
    file: Path, wanted: tuple[str, ...], chosen: dict[str, str | None], start_ms: int | None, end_ms: int | None
) -> list[Bars]:
    frame = _frame(file)
    time_name = next((name for name in TIME_NAMES if name in frame.columns), None)
    absent = [name for name in FIELDS if name not in frame.columns]
    if time_name is None or absent:
        lacking = absent if time_name else [*TIME_NAMES[:3], *absent]
        raise CandlesError(f"{file.name}: no column {', '.join(lacking)}; it has: {', '.join(frame.columns)}")
    if "symbol" not in frame.columns:
        frame = _with_symbol(frame, file, wanted)
    result = []
    for symbol in frame["symbol"].unique(maintain_order=True).to_list():
        if symbol is None:
            blank = frame.filter(frame["symbol"].is_null())["row"][0]
            raise CandlesError(f"{file.name}: row {blank}: symbol is missing")
        if wanted and symbol not in wanted:
            continue
        own = _choose(frame.filter(frame["symbol"] == symbol), file, str(symbol), chosen)
        times = _times_ms(own, time_name, file)
        kept = np.ones(len(times), np.bool_)
        if start_ms is not None:
            kept &= times >= start_ms
        if end_ms is not None:
            kept &= times < end_ms
        if not kept.any():
            raise CandlesError(f"{file.name}: {symbol}: no candles between the times asked for")
        prices = {name: _prices_e8(own, name, file)[kept] for name in FIELDS}
        rows = own["row"].to_numpy()[kept].tolist()
        result.append(bars_checked(str(symbol), file.name, times[kept], prices, row_names(rows)))
    return result


def _frame(file: Path) -> "pl.DataFrame":
    """The file as a table with lower-case column names and its own row numbers (the first line of a file is 1)."""
    try:
        import polars as pl
    except ImportError:
        raise CandlesError("reading candles needs polars: install plimsoll[candles]") from None
    if not file.is_file():
        raise CandlesError(f"{file}: no such file")
    parquet = file.suffix in (".parquet", ".pq")
    try:
        if parquet:
            frame = pl.read_parquet(file)
        else:
            first = pl.read_csv(file, has_header=False, n_rows=1, infer_schema=False)
            header = not _is_number(first.row(0)[0]) if first.height else True
            frame = pl.read_csv(file, has_header=header, infer_schema=False)
            if not header:
                if frame.width != KLINE_COLUMNS:
                    raise CandlesError(
                        f"{file.name}: row 1: {frame.width} columns without a header; "
                        f"a kline file has {KLINE_COLUMNS}, others need a header"
                    )
                frame = frame.rename(dict(zip(frame.columns[:5], ("open_time", *FIELDS))))
    except CandlesError:
        raise
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        lines = str(error).strip().splitlines() or ["unreadable"]
        raise CandlesError(f"{file.name}: {lines[0]}") from None
    if frame.height == 0:
        raise CandlesError(f"{file.name}: no rows")
    first_row = 1 if parquet or not header else 2
    lowered = {name: name.strip().lower().replace(" ", "_") for name in frame.columns}
    if len(set(lowered.values())) < len(lowered):
        raise CandlesError(f"{file.name}: a column name appears twice")
    return frame.rename(lowered).with_columns(pl.Series("row", range(first_row, first_row + frame.height)))


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _with_symbol(frame: "pl.DataFrame", file: Path, wanted: tuple[str, ...]) -> "pl.DataFrame":
    import polars as pl

    named = SYMBOL_IN_NAME.match(file.name.upper())
    if len(wanted) == 1:
        symbol = wanted[0]
    elif named:
        symbol = named.group(1)
    else:
        raise CandlesError(f"{file.name}: no symbol column; name the file like BTCUSDT-1m.csv or give one symbol")
    return frame.with_columns(pl.lit(symbol).alias("symbol"))


def _choose(frame: "pl.DataFrame", file: Path, symbol: str, chosen: dict[str, str | None]) -> "pl.DataFrame":
    """Rows of one venue, market and interval; an error that names the choices where there are several."""
    for column in CHOICES:
        if column not in frame.columns:
            continue
        choice = chosen[column]
        there = [str(value) for value in frame[column].unique(maintain_order=True).to_list()]
        if choice is not None:
            if choice not in there:
                raise CandlesError(f"{file.name}: {symbol}: no {column} {choice}; there are: {', '.join(there)}")
            frame = frame.filter(frame[column] == choice)
        elif len(there) > 1 and column == "market" and "interval" in frame.columns:
            pairs = frame.select("market", "interval").unique(maintain_order=True).rows()
            listed = ", ".join(f"market={market} interval={interval}" for market, interval in pairs)
            raise CandlesError(f"{file.name}: {symbol}: choose one: {listed}")
        elif len(there) > 1:
            listed = ", ".join(f"{column}={value}" for value in there)
            raise CandlesError(f"{file.name}: {symbol}: choose one: {listed}")
    return frame


def _times_ms(frame: "pl.DataFrame", name: str, file: Path) -> Ints:
    """The column of times in milliseconds; whole numbers by their size, text as ISO, Parquet times as they are."""
    import polars as pl

    column = frame[name]
    if column.dtype.is_temporal():
        column = column.cast(pl.Datetime("us")).cast(pl.Int64)
    elif column.dtype == pl.String:
        stripped = column.str.strip_chars()
        numbers = stripped.cast(pl.Float64, strict=False)
        if numbers.null_count() == len(column):
            column = _iso_microseconds(stripped)
        else:
            column = numbers
    # A float time (1583020800.0) is a whole number written with a point.
    whole = column.cast(pl.Float64, strict=False) if column.dtype.is_float() else column.cast(pl.Int64, strict=False)
    _refuse_blank(whole, frame, name, file, "is not a time")
    values = whole.to_numpy()
    size = np.abs(values)
    result = np.where(size < SECONDS_BELOW, values * 1000, np.where(size < MILLISECONDS_BELOW, values, values // 1000))
    if (size >= MICROSECONDS_BELOW).any() or (size < 10**6).any():
        row = frame["row"][int(np.argmax((size >= MICROSECONDS_BELOW) | (size < 10**6)))]
        raise CandlesError(f"{file.name}: row {row}: {name} is not a time in seconds, milliseconds or microseconds")
    return np.rint(result).astype(np.int64)


def _iso_microseconds(column: "pl.Series") -> "pl.Series":
    import polars as pl

    zoned = column.str.replace(r"(Z| UTC)$", "+00:00").str.replace("T", " ", literal=True)
    parsed = zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", strict=False, time_unit="us").dt.replace_time_zone(None)
    for form in ("%Y-%m-%d %H:%M%:z",):
        parsed = parsed.fill_null(zoned.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone(None))
    for form in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"):
        parsed = parsed.fill_null(zoned.str.to_datetime(form, strict=False, time_unit="us"))
    parsed = parsed.fill_null(zoned.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")))
    return parsed.cast(pl.Int64)


def _prices_e8(frame: "pl.DataFrame", name: str, file: Path) -> Ints:
    """A column of prices in 1e-8, exact to the 15 digits a float carries."""
    import polars as pl

    column = frame[name]
    numbers = (column.str.strip_chars() if column.dtype == pl.String else column).cast(pl.Float64, strict=False)
    _refuse_blank(numbers.fill_nan(None), frame, name, file, "is missing or not a number")
    values = np.clip(numbers.to_numpy(), -1.0, PRICE_E8_MAX / PRICE_E8 * 2)
    prices: Ints = np.rint(values * PRICE_E8).astype(np.int64)
    return prices


def _refuse_blank(column: "pl.Series", frame: "pl.DataFrame", name: str, file: Path, what: str) -> None:
    blank = column.is_null()
    if blank.any():
        raise CandlesError(f"{file.name}: row {frame['row'].filter(blank)[0]}: {name} {what}")
