import gzip
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from plimsoll.sim.bars import time_ms_of
from plimsoll.sim.candles import read_candles
from plimsoll.sim.errors import CandlesError

START = 1_722_211_200  # 2024-07-29T00:00Z
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def kline(time: int, prices: str = "10.5,12,9.25,11") -> str:
    return f"{time},{prices},1,0,2,3,4,5,0"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("unit", [1_000, 1_000_000])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", ["BTCUSDT-1m-2024-07-29.csv", "BTCUSDT-1m.csv.gz"])
def test_klines_are_read(tmp_path: Path, unit: int, header: bool, name: str):
    lines = [KLINE_HEADER] if header else []
    lines += [kline((START + 60 * place) * unit) for place in range(3)]
    (bars,) = read_candles([written(tmp_path, name, "\n".join(lines) + "\n")])
    assert bars.symbol == "BTCUSDT"
    assert bars.interval_ms == 60_000
    assert bars.times_ms.tolist() == [(START + 60 * place) * 1000 for place in range(3)]
    facts = [column[0] for column in (bars.open_e8, bars.high_e8, bars.low_e8, bars.close_e8)]
    assert facts == [1_050_000_000, 1_200_000_000, 925_000_000, 1_100_000_000]


@pytest.mark.parametrize("time", ["ts", "time", "timestamp", "open_time", "Open Time"])
@pytest.mark.parametrize(
    "written_time",
    [str(START), f"{START}.0", str(START * 1000), "2024-07-29T00:00:00Z", "2024-07-29 00:00", "2024-07-29"],
)
def test_generic_files_name_their_columns(tmp_path: Path, time: str, written_time: str):
    text = f"{time},Symbol,open,HIGH,low,close,volume\n{written_time},ETH-USD,1,2,1,2,7\n"
    (bars,) = read_candles([written(tmp_path, "anything.csv", text)])
    assert (bars.symbol, bars.times_ms.tolist()) == ("ETH-USD", [START * 1000])


def test_parquet_with_times_is_read(tmp_path: Path):
    path = tmp_path / "candles.parquet"
    times = [datetime(2024, 7, 29, hour, tzinfo=UTC) for hour in range(2)]
    frame = pl.DataFrame({"timestamp": times, "open": [1.0, 2.0], "high": 3.0, "low": 0.5, "close": [2.0, 1.0]})
    frame.write_parquet(path)
    (bars,) = read_candles([path], symbols=["SOLUSDT"])
    assert bars.symbol == "SOLUSDT"
    assert bars.times_ms.tolist() == [START * 1000, (START + 3600) * 1000]
    assert bars.open_e8.tolist() == [100_000_000, 200_000_000]


def many(tmp_path: Path) -> Path:
    rows = ["ts,venue,market,symbol,interval,open,high,low,close"]
    for market, interval, price in (("spot", "5m", 1), ("spot", "30m", 2), ("mark", "1h", 3)):
        rows += [f"{START + place},binance,{market},BTCUSDT,{interval},{price},9,1,{price}" for place in (0, 3600)]
    rows += [f"{START},binance,mark,ETHUSDT,1h,1,9,1,1"]
    return written(tmp_path, "many.csv", "\n".join(rows))


def test_a_file_with_several_markets_names_the_choices(tmp_path: Path):
    path = many(tmp_path)
    with pytest.raises(CandlesError) as caught:
        read_candles([path])
    assert str(caught.value) == (
        "many.csv: BTCUSDT: choose one: market=spot interval=5m, market=spot interval=30m, market=mark interval=1h"
    )
    with pytest.raises(CandlesError, match="BTCUSDT: choose one: interval=5m, interval=30m"):
        read_candles([path], market="spot", symbols=["BTCUSDT"])
    with pytest.raises(CandlesError, match="no interval 2h; there are: 1h"):
        read_candles([path], market="mark", interval="2h")
    bars = read_candles([path], market="mark", interval="1h")
    assert [(bar.symbol, int(bar.open_e8[0])) for bar in bars] == [("BTCUSDT", 3 * 10**8), ("ETHUSDT", 10**8)]


def test_symbols_and_times_can_be_chosen(tmp_path: Path):
    path = many(tmp_path)
    start = time_ms_of("2024-07-29T01:00Z")
    (bars,) = read_candles([path], symbols=["BTCUSDT"], market="mark", start_ms=start)
    assert bars.times_ms.tolist() == [start]
    with pytest.raises(CandlesError, match="ETHUSDT: no candles between the times asked for"):
        read_candles([path], market="mark", start_ms=start)
    with pytest.raises(CandlesError, match="no candles of SOLUSDT; the files have: BTCUSDT"):
        read_candles([path], symbols=["BTCUSDT", "SOLUSDT"], market="mark")


HEADER = "ts,symbol,open,high,low,close\n"
GOOD = f"{START},X,2,3,1,2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + GOOD + f"{START + 60},X,,3,1,2\n", "bad.csv: row 3: open is missing or not a number"),
        (HEADER + GOOD + f"{START + 60},X,nan,3,1,2\n", "bad.csv: row 3: open is missing or not a number"),
        (HEADER + GOOD + f"{START + 60},X,two,3,1,2\n", "bad.csv: row 3: open is missing or not a number"),
        (HEADER + GOOD + f"{START + 60},X,0,3,0,2\n", "bad.csv: row 3: X: open must be above 0"),
        (HEADER + GOOD + f"{START + 60},X,2,3,-1,2\n", "bad.csv: row 3: X: low must be above 0"),
        (HEADER + GOOD + f"{START + 60},X,2,inf,1,2\n", "bad.csv: row 3: X: high is too large for a price"),
        (HEADER + GOOD + f"{START + 60},X,2,3,2.5,3\n", "bad.csv: row 3: X: open is below low"),
        (HEADER + GOOD + f"{START + 60},X,2,3,1,0.5\n", "bad.csv: row 3: X: close is below low"),
        (HEADER + GOOD + f"{START + 60},X,4,3,1,2\n", "bad.csv: row 3: X: open is above high"),
        (HEADER + GOOD + f"{START + 60},X,2,3,1,4\n", "bad.csv: row 3: X: close is above high"),
        (HEADER + GOOD + GOOD, "bad.csv: row 3: X: this time was there before"),
        (HEADER + f"{START + 60},X,2,3,1,2\n" + GOOD, "bad.csv: row 3: X: time goes back"),
        (HEADER + GOOD + ",X,2,3,1,2\n", "bad.csv: row 3: ts is not a time"),
        (HEADER + "17,X,2,3,1,2\n", "bad.csv: row 2: ts is not a time in seconds, milliseconds or microseconds"),
        (HEADER + f"{START},,2,3,1,2\n", "bad.csv: row 2: symbol is missing"),
        (HEADER, "bad.csv: no rows"),
        ("ts,symbol,open,low,close\n1,X,1,1,1\n", "bad.csv: no column high; it has: ts, symbol, open, low, close"),
        ("ts,open,high,low,close\n" + f"{START},1,1,1,1\n", "bad.csv: no symbol column; name the file like"),
        (f"{START},1,2,1\n", "bad.csv: row 1: 4 columns without a header; a kline file has 12"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, text: str, message: str):
    with pytest.raises(CandlesError) as caught:
        read_candles([written(tmp_path, "bad.csv", text)])
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_refused(tmp_path: Path):
    with pytest.raises(CandlesError, match="no such file"):
        read_candles([tmp_path / "absent.csv"])
    with pytest.raises(CandlesError, match=r"empty\.csv: "):
        read_candles([written(tmp_path, "empty.csv", "")])
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not a table")
    with pytest.raises(CandlesError, match=r"broken\.parquet: ") as caught:
        read_candles([broken])
    assert "\n" not in str(caught.value)


def test_one_symbol_in_two_files_is_refused(tmp_path: Path):
    first = written(tmp_path, "first.csv", HEADER + GOOD)
    second = written(tmp_path, "second.csv", HEADER + GOOD)
    with pytest.raises(CandlesError, match=r"second\.csv: X was already read from first\.csv"):
        read_candles([first, second])


def test_without_polars_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(CandlesError, match=r"install plimsoll\[candles\]"):
        read_candles([written(tmp_path, "good.csv", HEADER + GOOD)])
