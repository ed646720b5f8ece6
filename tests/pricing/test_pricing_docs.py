"""Every worked number of docs/pricing.md is what the code says."""

import doctest
from pathlib import Path

import pytest

from plimsoll.pricing.deribit import fit_report

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pricing.md"
REAL = ROOT.parent / "shared" / "data" / "deribit_options_6h_2026-01-28_2026-02-12.csv.gz"


def test_examples_print_what_the_page_says() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted >= 12
    assert found.failed == 0


@pytest.mark.slow
def test_measured_errors_are_those_of_the_page() -> None:
    if not REAL.is_file():
        pytest.skip(f"shared data is not beside the repository: {REAL.name}")
    report = fit_report(REAL)
    assert report.slices["butterfly_ok"].all() and report.slices["calendar_ok"].all()
    text = PAGE.read_text()
    rows = {
        tuple(cell.strip() for cell in line.split("|")[1:-1])
        for line in text.splitlines()
        if line.startswith(("| BTC", "| ETH"))
    }
    said = {cells[0].replace("–", "-"): cells[1:] for cells in rows}
    assert len(said) == report.table.height == 12
    for row in report.table.iter_rows(named=True):
        smiles, body, vol, usd, percent = said[f"{row['currency']} {row['bucket']}"]
        assert int(smiles) == row["expiries"]
        assert float(body) == pytest.approx(row["vol_points_body"], abs=0.02)
        for cell, unit, labels in ((vol, "vol_points", "mean p95"), (usd, "usd", "mean p95 max"), (percent, "percent", "mean p95 max")):  # fmt: skip # noqa: E501
            figures = [float(figure) for figure in cell.split("/")]
            assert figures == pytest.approx([row[f"{unit}_{label}"] for label in labels.split()], rel=0.03, abs=0.006)
