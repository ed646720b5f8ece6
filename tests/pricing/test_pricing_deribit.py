"""Chains from Deribit's files: a small one made here always, the real one where it is beside the repository."""

import gzip
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from plimsoll.pricing import PricingError, Svi, black76, coin_price
from plimsoll.pricing.chain_errors import BUCKETS
from plimsoll.pricing.deribit import fit_report, read_chain

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "deribit_options_6h_2026-01-28_2026-02-12.csv.gz"
HEADER = "ts,currency,expiry,strike,cp,bid,ask,mark,iv,fut,index,oi,vol24h,delta"
MIDNIGHT = 1_769_558_400  # 2026-01-28 00:00 UTC
EXPIRIES = {"2026-01-29": 1 + 1 / 3, "2026-02-06": 9 + 1 / 3, "2026-06-26": 149 + 1 / 3}  # days from midnight


def _rows(expiry: str, days: float, forward: float = 90_000.0) -> list[str]:
    years = days / 365
    s = 0.5 * math.sqrt(years)
    smile = Svi(0.5 * s * s, 0.6 * s, -0.3, 0.1 * s, 0.8 * s)
    rows = []
    for z in np.linspace(-2.5, 2.5, 15):
        strike = round(forward * math.exp(z * s))
        iv = round(math.sqrt(float(smile.total_variance(math.log(strike / forward))) / years), 4)
        for cp in "CP":
            mark = float(coin_price(black76(forward, strike, years, iv, cp == "C"), forward))
            rows.append(f"{MIDNIGHT},BTC,{expiry},{strike},{cp},,,{mark:.6f},{iv},{forward},{forward},0,0,0")
    return rows


def _file(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "chain.csv.gz"
    path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
    return path


def _chain() -> list[str]:
    return [row for expiry, days in EXPIRIES.items() for row in _rows(expiry, days)]


def test_a_chain_is_read(tmp_path: Path) -> None:
    chain = read_chain(_file(tmp_path, _chain()))
    assert chain.height == 45
    first = chain.row(0, named=True)
    assert first["years"] == pytest.approx((1 + 1 / 3) / 365, rel=1e-12)
    assert first["k"] == pytest.approx(math.log(first["strike"] / 90_000.0), rel=1e-12)
    # One row a strike, and it is the side out of the money.
    assert ((chain["cp"] == "C") == (chain["strike"] >= 90_000.0)).all()


def test_a_chain_is_fitted(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    report = fit_report(_file(tmp_path, _chain()), progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 1)]
    assert report.slices["butterfly_ok"].all() and report.slices["calendar_ok"].all()
    assert report.table["bucket"].to_list() == ["1-2 d", "7-35 d", "over 100 d"]
    assert report.table["strikes"].to_list() == [15, 15, 15]
    # The vols are rounded to a hundredth of a point, and that is all that is left.
    assert report.table["vol_points_max"].max() < 0.02
    assert report.table["percent_max"].max() < 0.002
    assert report.strikes["error_usd"].abs().max() < 2.0
    assert report.skipped == []


def test_errors_are_what_they_say(tmp_path: Path) -> None:
    rows = _rows("2026-02-06", EXPIRIES["2026-02-06"])
    # One strike marked five points too dear: its own error is most of that, in vol and in price.
    parts = rows[16].split(",")
    vol = float(parts[8])
    for index in (16, 17):
        moved = rows[index].split(",")
        moved[8] = f"{vol + 0.05:.4f}"
        rows[index] = ",".join(moved)
    report = fit_report(_file(tmp_path, rows))
    worst = report.strikes.sort("error_vol_points").row(0, named=True)
    assert worst["strike"] == float(parts[3])
    assert -5.0 < worst["error_vol_points"] < -3.0
    assert worst["error_vol_points"] == pytest.approx((worst["vol_fitted"] - worst["iv"]) * 100)
    price = [
        float(black76(worst["fut"], worst["strike"], worst["years"], sigma, worst["cp"] == "C"))
        for sigma in (worst["vol_fitted"], worst["iv"])
    ]
    assert worst["error_usd"] == pytest.approx(price[0] - price[1], rel=1e-9)
    assert worst["error_percent"] == pytest.approx(worst["error_usd"] / worst["fut"] * 100)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    few = _rows("2026-02-27", 30.0)[:8]
    over = [row.replace("2026-02-06", "2026-01-27") for row in _rows("2026-02-06", 9.0)]
    report = fit_report(_file(tmp_path, [*_chain(), *few, *over]))
    assert [(expiry, why) for _, _, expiry, why in report.skipped] == [
        ("2026-01-27", "expired"),
        ("2026-02-27", "4 strikes"),
    ]
    with pytest.raises(PricingError, match="no expiry has 5 strikes"):
        fit_report(_file(tmp_path, few))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("0.5", "nan", 8), "row 2: a value is missing or no price"),
        (("", "", 8), "row 2: a value is missing or no price"),
        (("", "-0.5", 8), "row 2: a value is missing or no price"),
        (("", "0", 9), "row 2: a value is missing or no price"),
        (("", "X", 4), "row 2: a value is missing or no price"),
        (("", "29.01.2026", 2), "row 2: a value is missing or no price"),
    ],
)
def test_broken_rows(tmp_path: Path, change: tuple[str, str, int], says: str) -> None:
    rows = _chain()
    parts = rows[0].split(",")
    parts[change[2]] = change[1]
    with pytest.raises(PricingError, match=says):
        read_chain(_file(tmp_path, [",".join(parts), *rows[1:]]))


def test_broken_files(tmp_path: Path) -> None:
    with pytest.raises(PricingError, match="no such file"):
        read_chain(tmp_path / "missing.csv")
    with pytest.raises(PricingError, match="no column iv; it has"):
        read_chain(_file(tmp_path, _chain(), HEADER.replace(",iv,", ",vol,")))
    with pytest.raises(PricingError, match="no rows"):
        read_chain(_file(tmp_path, []))
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"\x1f\x8b not gzip")
    with pytest.raises(PricingError, match="broken.csv.gz"):
        read_chain(broken)


@pytest.fixture(scope="module")
def few_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every sixteenth snapshot of the real file."""
    if not REAL.is_file():
        pytest.skip(f"shared data is not beside the repository: {REAL.name}")
    header, *rows = gzip.decompress(REAL.read_bytes()).decode().splitlines()
    kept = set(sorted({row.split(",", 1)[0] for row in rows})[::16])
    return _file(tmp_path_factory.mktemp("chain"), [row for row in rows if row.split(",", 1)[0] in kept], header)


def test_real_marks_are_prices_on_the_forward(few_snapshots: Path) -> None:
    """Deribit's mark in coins is black76 on the expiry's forward divided by that forward, at its own vol."""
    chain = read_chain(few_snapshots).filter(pl.col("iv") > 0)
    columns = [chain[name].to_numpy() for name in ("fut", "strike", "years", "iv")]
    price = coin_price(black76(*columns, (chain["cp"] == "C").to_numpy()), columns[0])
    error = np.abs(price - chain["mark"].to_numpy())
    assert chain.height > 2_500
    assert np.median(error) < 2e-5
    assert np.quantile(error, 0.99) < 2e-3


def test_real_chains_are_fitted_without_arbitrage(few_snapshots: Path) -> None:
    report = fit_report(few_snapshots)
    assert report.slices.height > 80
    assert report.slices["butterfly_ok"].all() and report.slices["calendar_ok"].all()
    assert not report.skipped
    assert set(report.table["bucket"]) == set(BUCKETS)
    # Near the money within a point of vol for a day, a third of one from a week on; 0.03 % of the forward on average.
    body = dict(zip(zip(report.table["currency"], report.table["bucket"]), report.table["vol_points_body"]))
    assert max(body.values()) < 1.5
    assert max(value for (_, bucket), value in body.items() if bucket in BUCKETS[3:]) < 0.35
    assert report.table["percent_mean"].max() < 0.05
