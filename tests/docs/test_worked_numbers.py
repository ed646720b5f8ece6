"""Every worked number in docs/ is what the engine says."""

import re
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest
from tests.pools import BIDDER, BUYER, SELLER, TOKEN, Pool

from plimsoll.book.parameters import CLASS_BOUNDS, LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.margin.explain import explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.units import fixed
from plimsoll.units import messages as m

DOCS = Path(__file__).parents[2] / "docs"


def test_table_of_exact_products() -> None:
    text = (DOCS / "numbers.md").read_text()
    rows = re.findall(r"^\| `(\w+)\(([-\d, ]+)\)` \| (-?\d+) \|$", text, flags=re.M)
    assert len(rows) == 8
    for name, arguments, result in rows:
        rule = getattr(fixed, name)
        numbers = [np.int64(part) for part in arguments.split(",")]
        assert compiled(rule, len(numbers))(*numbers) == int(result), name


def compiled(rule: Callable[..., int], arguments: int) -> Callable[..., int]:
    """A rule is compiled into its callers only, so each number of arguments needs a caller."""
    one, two, three = (lambda a: rule(a), lambda a, b: rule(a, b), lambda a, b, c: rule(a, b, c))  # noqa: PLW0108
    return numba.njit({1: one, 2: two, 3: three}[arguments])


def test_standard_margin_example() -> None:
    pool = Pool()
    pool.mark(5_000 * TOKEN)
    pool.buy(10**6, 5_000 * TOKEN)
    told = explain(pool.engine.pool, BUYER)
    assert told[:5] == (997_500_000, 250_000_000, 500_000_000, 300_000_000, 312_500_000)
    assert sum(term.initial for term in told.terms) + told.depeg == told.initial
    assert liquidation_prices(pool.engine.pool, BUYER, 1) == (4_213_157_894, None)
    for mark, equity, maintenance in (
        (4_213_157_894, 210_657_894, 210_657_895),
        (4_213_157_895, 210_657_895, 210_657_895),
    ):
        pool.mark(mark)
        figures = explain(pool.engine.pool, BUYER)
        assert (figures.equity, figures.maintenance) == (equity, maintenance)


@pytest.mark.parametrize(("mark", "stage"), [(4_213_157_894, m.STAGE_LIQUIDATING), (4_213_157_895, m.STAGE_CALLED)])
def test_engine_agrees_with_the_liquidation_price_on_both_sides(mark: int, stage: int) -> None:
    pool = Pool()
    pool.mark(5_000 * TOKEN)
    pool.buy(10**6, 5_000 * TOKEN)
    pool.mark(mark)
    pool.do(m.COMMAND_TICK, time=2_000)
    assert pool.engine.pool.accounts["stage"][BUYER] == stage


def test_waterfall_example() -> None:
    pool = Pool(deposit=7_025 * TOKEN, fee_taker=0)
    pool.mark(5_002_500_000)
    pool.buy(10**7, 5_002_500_000)
    pool.mark(4_500 * TOKEN)
    pool.do(m.COMMAND_TICK, time=2_000)
    before = explain(pool.engine.pool, BUYER)
    assert (before.equity, before.maintenance) == (2_000 * TOKEN, 2_250 * TOKEN)
    pool.do(m.COMMAND_BID, account=BUYER, counterparty=BIDDER, instrument=1, lots=10**10)
    line = pool.engine.ledger()[-1]
    assert line["lots"] == 3_439_154
    assert line["to_liquidator"] + line["to_fund"] == 154_761_930
    assert pool.engine.pool.accounts["stage"][BUYER] == m.STAGE_HEALTHY


def test_identities_example() -> None:
    pool = Pool(deposit=10**10, fee_taker=0)
    pool.mark(5_000 * TOKEN)
    pool.buy(1_500_000, 5_000 * TOKEN)
    holdings = pool.engine.pool.holdings
    accounts = pool.engine.pool.accounts
    assert holdings["cost"][accounts["start"][BUYER]] == 7_500_000_000
    pool.do(m.COMMAND_FILL, account=SELLER, counterparty=BUYER, instrument=1, lots=1_500_000, price=4_900 * TOKEN)
    assert accounts["cash"][BUYER] == 10**10 - 150_000_000
    assert accounts["cash"][SELLER] == 10**12 + 150_000_000
    assert pool.engine.pool.instruments["realised"][1] == 0


def test_parameter_tables_are_the_bounds() -> None:
    sections = (DOCS / "parameters.md").read_text().split("\n## ")[1:]
    written = []
    for section in sections:
        rows = re.findall(r"^\| `(\w+)` \| (-?[\d,]+) \| (-?[\d,]+) \|", section, flags=re.M)
        written.append({name: (int(low.replace(",", "")), int(high.replace(",", ""))) for name, low, high in rows})
    assert written == [LISTING_BOUNDS, POLICY_BOUNDS, CLASS_BOUNDS]


def test_default_policy_buffers_are_those_of_the_examples() -> None:
    assert (DEFAULT_POLICY["call_buffer"], DEFAULT_POLICY["exit_buffer"]) == (2 * 10**8, 25 * 10**7)
