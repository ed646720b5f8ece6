"""Every worked number in docs/ is what the engine says."""

import re
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest
from tests.core.liquidations import world, write_curve
from tests.core.test_batch_auction import Batch
from tests.core.test_collateral_auction import Auctions
from tests.core.venue_of_auctions import ASSET, PERCENT
from tests.pools import BIDDER, BUYER, SELLER, TOKEN, Pool
from tests.pot_lab import PotLab

from plimsoll.accrual import auctions, curves
from plimsoll.accrual.ray import RAY, WAD
from plimsoll.book.parameters import CLASS_BOUNDS, LISTING_BOUNDS, POLICY_BOUNDS, POT_BOUNDS
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.margin.explain import explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.units import fixed
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

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


def test_sealed_bids_example() -> None:
    batch = Batch()
    assert batch.health(batch.weak) == (2_000 * TOKEN, 2_300 * TOKEN)
    bids = ((10, 2), (10, 4), (15, 6), (90, 9))
    bidders = batch.bidders(*[10**12] * len(bids))
    batch.bids(*((bidder, part * PERCENT, ask * PERCENT) for bidder, (part, ask) in zip(bidders, bids)))
    assert batch.ended() == (6 * PERCENT, 318_000_000)
    assert batch.paid() == dict(zip(bidders, (12_000_000, 11_927_999, 13_981_206)))


def test_collateral_auction_example() -> None:
    sale = Auctions(keeper_flat=500_000)
    assert sale.health(sale.weak) == (200 * TOKEN, 300 * TOKEN)
    assert sale.start() == 0
    assert sale.case(sale.weak)["auction_top"] == 110 * TOKEN
    sale.later(20_000)
    before = sale.cash(sale.weak)
    assert sale.bid(10**6, price=99 * TOKEN) == 0
    assert sale.lots(sale.buyer, ASSET) == 10**6
    assert sale.cash(sale.weak) - before == 99 * TOKEN - 990_000
    assert (sale.kept(), sale.cash(m.NAMED_FUND)) == (500_000, 490_000)


def test_slice_example() -> None:
    apart, once = (world(slice_discount=PPB // 10, fund_share=0, exit_buffer=PPB // 2) for _ in range(2))
    for known in (apart, once):
        known.fall_to(94 * TOKEN)
        assert known.lab.health(known.trader)[:2] == (40 * TOKEN, 47 * TOKEN)
        known.lab.engine.ledger()
    assert apart.slice(PPB // 4) == 0
    assert apart.case("reserved_cash") == 9_750_000
    assert apart.slice(PPB // 4) == 0
    assert apart.lab.engine.ledger()["to_liquidator"].sum() == 1_731_250
    assert once.slice(437_000_000) == 0
    assert once.lab.engine.ledger()["to_liquidator"].sum() == 1_748_000


def test_insolvent_phase_example() -> None:
    known = world(insolvent_after=600_000, curve_insolvent=1)
    write_curve(known.lab, 1, 1, (0, 0), (600_000, PPB // 2))
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=1_000 * TOKEN)
    known.fall_to(88 * TOKEN)
    assert known.lab.health(known.trader)[:2] == (-20 * TOKEN, 44 * TOKEN)
    known.lab.tick(240_000)
    assert known.slice(PPB // 4) == 0
    assert known.lab.cash(m.NAMED_FUND) == (1_000 - 5) * TOKEN - 2_200_000
    assert known.lab.health(known.trader)[:2] == (-15 * TOKEN, 33 * TOKEN)


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
    assert written == [LISTING_BOUNDS, POLICY_BOUNDS, POT_BOUNDS, CLASS_BOUNDS]


def test_curves_example() -> None:
    text = (DOCS / "curves.md").read_text()
    calls = re.findall(r"^\| `(\w+)\(([\d, ]+)\)` \| (\d+) \|$", text, flags=re.M)
    assert [name for name, _, _ in calls] == ["linear", "stairstep", "exponential"]
    for name, arguments, result in calls:
        assert getattr(curves, name)(*map(int, arguments.split(","))) == int(result), name
    rows = re.findall(r"^\| `\(\"(\w+)\", (\d+), (\d+), (\d+)\)` \| (\d+) \| (\d+) \| (\d+) \|$", text, flags=re.M)
    assert len(rows) == 3
    for kind, *figures in rows:
        duration, cut, step, points, error, found = map(int, figures)
        table = curves.curve_points(kind, duration, cut=cut, step=step)
        assert (len(table), curves.curve_error(kind, duration, cut=cut, step=step)) == (points, error)
        far = [
            abs(
                curves.curve_value(table, k * step, held=kind == "stairstep") * RAY
                - curves.exponential(RAY, cut, k) * PPB
            )
            for k in range(duration // step + 1)
        ]
        assert -(-max(far) // RAY) == found
    rising = curves.two_phase(50_000_000, 300_000_000, 900_000, PPB, 43_200_000)
    assert [curves.curve_value(rising, elapsed) for elapsed in (450_000, 22_500_000)] == [175_000_000, 650_000_000]


def test_auction_example() -> None:
    terms = {"index": RAY, "price": 2 * RAY, "debt_min": 20 * WAD * RAY, "penalty": WAD * 11 // 10}
    started = auctions.start(40 * WAD, 100 * WAD, **terms, room=55 * WAD * RAY)
    assert (started.lot, started.owed) == (20 * WAD, 55 * WAD * RAY)
    taken = auctions.take(40 * WAD, 110 * WAD * RAY, 5 * RAY, 18 * WAD, 22 * WAD * RAY)
    assert taken[:3] == (WAD * 176 // 10, 88 * WAD * RAY, 22 * WAD * RAY)


def test_default_policy_buffers_are_those_of_the_examples() -> None:
    assert (DEFAULT_POLICY["call_buffer"], DEFAULT_POLICY["exit_buffer"]) == (2 * 10**8, 25 * 10**7)


def test_shares_of_a_pot_example() -> None:
    lab = PotLab()
    lab.tranche(1)
    first, second = lab.open(TOKEN), lab.open(TOKEN)
    lab.stake(first, 1, 10_000)
    assert (lab.pot(1, "shares"), lab.pot(1, "own")) == (10_000_000, 1_000)
    lab.stake(second, 1, 500)
    assert lab.shares(second, 1) == 500_000
    lab.lose(5_250)
    assert lab.stake_of(second, 1)[2] == 250
    text = (DOCS / "waterfall.md").read_text()
    for number in ("10,000,000", "500,000", "5,251", "10,501,000) = 250"):
        assert number in text
