"""The walk through history: nothing from the future, what is missing, and studies of what came out."""

import dataclasses

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk
from plimsoll.presets import PRESETS, derive_parameters
from plimsoll.risk import backtest as bt
from plimsoll.risk.backtest import history
from plimsoll.risk.panel import DAY_MS, HOUR_MS, PricePanel

MODEL = risk.FilteredHistorical(lookback=120, floor_weight=0.0)
BOTH = (bt.of_weights("pair", {"A": 1, "B": -1}), bt.of_weights("long", {"A": 1}))


def test_margin_is_the_models_and_loss_is_the_next_steps():
    panel = markets.prices(("A", "B"))
    (pair, long) = bt.walk(MODEL, panel, BOTH, first=200, last=210)
    returns = panel.returns()
    known = 204
    market = risk.MarketSnapshot(
        int(panel.times_ms[known]),
        tuple(risk.Underlying(name, n, n, float(panel.prices[known, n - 1])) for n, name in enumerate(("A", "B"), 1)),
        risk.ReturnsPanel(returns.names, returns.times_ms[:known], returns.values[:known]),
    )
    book = {"A": risk.ClassBook(np.array([0.5])), "B": risk.ClassBook(np.array([-0.5]))}
    at = long.times_ms.index(int(panel.times_ms[205]))
    assert pair.margins[at] == pytest.approx(risk.requirement(MODEL.tables(market), book, 1.0).initial)
    moved = panel.prices[205] / panel.prices[204] - 1
    assert pair.losses[at] == pytest.approx(-(0.5 * moved[0] - 0.5 * moved[1]))
    assert long.losses[at] == pytest.approx(-moved[0])


def test_margins_do_not_change_when_the_future_does():
    panel = markets.prices(("A", "B"))
    assert bt.look_ahead(lambda _: MODEL, panel, BOTH, np.arange(150, 400, 50)) == []


@dataclasses.dataclass(frozen=True)
class Peeking:
    """Fitted on a whole panel: its vol is that of all of it, the part that has not happened included."""

    panel: PricePanel
    name: str = "peeking"
    needs: frozenset[str] = frozenset()

    def tables(self, snapshot):
        vol = float(np.std(self.panel.returns().values))
        rate = min(2.0, 2.33 * vol)
        return risk.Standard(other=(rate, rate)).tables(snapshot)


def test_a_planted_look_ahead_is_caught():
    panel = markets.prices(("A", "B"))
    rows = np.arange(150, 400, 50)
    assert bt.look_ahead(Peeking, panel, BOTH, rows) == rows.tolist()


def test_a_walk_that_cuts_one_row_too_late_is_refused(monkeypatch):
    panel = markets.prices(("A", "B"))

    def late(names, times, values):
        extra = panel.returns()
        return risk.ReturnsPanel(names, extra.times_ms[: times.size + 1], extra.values[: times.size + 1])

    monkeypatch.setattr(history, "ReturnsPanel", late)
    with pytest.raises(risk.RiskError, match="after the time"):
        bt.walk(MODEL, panel, BOTH, first=200, last=201)


def test_a_model_cannot_reach_later_rows_through_what_it_is_given():
    panel, seen = markets.prices(("A", "B")), []

    class Curious:
        name, needs = "curious", frozenset()

        def tables(self, snapshot):
            seen.append(snapshot.returns.values.base is None and snapshot.returns.values.shape[0])
            return risk.Standard().tables(snapshot)

    bt.walk(Curious(), panel, BOTH, first=200, last=202)
    assert seen == [199, 200, 201]


def test_a_late_name_joins_when_it_has_history_and_leaves_its_share_until_then():
    panel = markets.prices(("A", "B", "C"))
    values = panel.prices.copy()
    values[:250, 2] = np.nan
    late = dataclasses.replace(panel, prices=values)
    basket = bt.of_weights("all", {"A": 1, "B": 1, "C": 2})
    (series,) = bt.walk(MODEL, late, (basket,), first=200, last=399)
    assert [sorted(one.items()) for one in (series.gross[0], series.gross[-1])] == [
        [("A", 0.5), ("B", 0.5)],
        [("A", 0.25), ("B", 0.25), ("C", 0.5)],
    ]
    # Listed at row 250, so 60 returns are known at row 310 and it is first held over step 311.
    joined = series.held.index(3)
    assert series.times_ms[joined] == panel.times_ms[311]
    assert all(sum(one.values()) == pytest.approx(1.0) for one in series.gross)


def test_a_pair_is_not_held_with_one_leg():
    pair = bt.of_weights("pair", {"A": 1, "B": -1})
    assert pair.held(["A"]) == {}
    assert pair.held(["A", "B"]) == {"A": 0.5, "B": -0.5}


def test_a_missing_price_leaves_the_step_out_and_is_counted():
    panel = markets.prices(("A", "B"))
    values = panel.prices.copy()
    values[205, 0] = np.nan
    (series,) = bt.walk(MODEL, dataclasses.replace(panel, prices=values), (BOTH[1],), first=200, last=210)
    # No price at the end of step 205, and none to hold it from over step 206.
    assert series.without_price == 1
    assert len(series.times_ms) == 9
    assert int(panel.times_ms[205]) not in series.times_ms and int(panel.times_ms[206]) not in series.times_ms


def test_nothing_to_hold_is_said():
    panel = markets.prices(("A", "B"))
    with pytest.raises(risk.RiskError, match="could not be held"):
        bt.walk(MODEL, panel, BOTH, first=10, last=20)
    with pytest.raises(risk.RiskError, match="steps 0 to 5"):
        bt.walk(MODEL, panel, BOTH, first=0, last=5)


def test_study_of_a_right_model_holds_and_of_half_its_margin_does_not():
    panel = markets.prices(("A", "B"), days=1800)
    (series,) = bt.walk(risk.FilteredHistorical(lookback=400), panel, (BOTH[1],), first=400, last=1800)
    result = bt.study(series, 0.99, probabilistic=True)
    whole = result["whole"]
    assert whole["verdict"] == "holds" and whole["zone"] == "green"
    assert result["shortfall"]["holds"]
    assert sum(part["exceptions"] for part in result["years"].values()) == whole["exceptions"]
    assert sum(window["steps"] for window in result["windows"]) == whole["steps"] == 1401
    assert result["series"]["rolling"][248] is None and result["series"]["rolling"][-1] is not None
    series.margins = [0.5 * margin for margin in series.margins]
    assert bt.study(series, 0.99, probabilistic=True)["whole"]["verdict"] == "too many exceptions"
    series.margins = [10.0] * len(series.margins)
    assert bt.study(series, 0.99, probabilistic=True)["whole"]["verdict"] == "too few exceptions"


def test_flat_rates_do_not_net_and_take_the_common_rate_where_they_have_none():
    rates = {one.venue: one for one in bt.VENUES}
    assert rates["hyperliquid"].margin({"BTC": 0.5, "DOGE": 0.5}) == pytest.approx(0.5 / 40 + 0.5 / 10)
    assert rates["hyperliquid"].margin({"BTC": 1.0}, maintenance=True) == pytest.approx(0.0125)
    assert rates["dydx_v4"].margin({"BTC": 0.5, "ETH": 0.5}) == pytest.approx(0.05)


def test_flat_rates_are_those_of_the_presets():
    rates = {one.venue: one for one in bt.VENUES}
    assert set(rates) <= {*PRESETS, "derive_srm"}
    for venue in ("hyperliquid", "dydx_v4"):
        for name in ("BTC", "ETH"):
            terms = PRESETS[venue].instruments[f"{name}-PERP"]
            found = [rates[venue].margin({name: 1.0}, maintenance) for maintenance in (False, True)]
            assert found == pytest.approx([float(terms["initial"]), float(terms["maintenance"])])
    srm = derive_parameters.SRM["BTC"]
    found = [rates["derive_srm"].margin({"BTC": 1.0}, maintenance) for maintenance in (False, True)]
    assert found == pytest.approx([srm.perp_initial, srm.perp_maintenance])


def test_short_straddle_gains_its_decay_and_loses_on_moves():
    from plimsoll.risk.backtest.straddle import straddle_loss

    day = 1 / 365
    assert straddle_loss(100.0, 0.6, 100.0, 0.6, day, -1.0) < 0
    assert straddle_loss(100.0, 0.6, 85.0, 0.6, day, -1.0) > 0.03
    assert straddle_loss(100.0, 0.6, 100.0, 0.9, day, -1.0) > 0.05
    assert straddle_loss(100.0, 0.6, 100.0, 0.6, 0.0, -1.0) == pytest.approx(0.0, abs=1e-15)


def test_straddle_in_a_walk_needs_its_vol_index():
    panel = markets.prices(("BTC",))
    index = 60.0 * np.exp(0.02 * np.sin(np.arange(panel.times_ms.size)))
    with_vol = panel.with_column("BTC.vol", panel.times_ms, index)
    sold = bt.BUILT_IN["straddle-btc"]
    (series,) = bt.walk(MODEL, with_vol, (sold,), first=200, last=399)
    # A short straddle loses more under a large move than it can gain, and its margin knows.
    assert 0.01 < np.mean(series.margins) < 0.2
    assert max(series.losses) > -min(series.losses)


def test_sampling_takes_the_last_price_known_and_not_an_old_one():
    hours = np.array([1, 2, 23, 24, 25, 47, 96, 97]) * HOUR_MS + DAY_MS * 100
    panel = PricePanel(("A",), hours, np.arange(1.0, 9.0)[:, None], HOUR_MS)
    daily = panel.sampled(24)
    assert (daily.times_ms // DAY_MS).tolist() == [101, 102, 103, 104]
    # Day 103: the last price is 25 h old, more than a step.
    assert daily.prices[:, 0].tolist()[:2] == [4.0, 6.0]
    assert np.isnan(daily.prices[2, 0]) and daily.prices[3, 0] == 7.0
    with pytest.raises(risk.RiskError, match="multiple"):
        daily.sampled(5)


def test_wide_and_long_files_read_alike(tmp_path):
    days = [f"2024-01-{day:02d}" for day in range(1, 6)]
    long = ["day,symbol,open,close,hours"]
    wide = ["ts,BTC,ETH"]
    for place, day in enumerate(days):
        long += [f"{day},BTCUSDT,1,{100 + place},24", *([f"{day},ETHUSDT,1,{10 + place},24"] if place else [])]
        start = 1704067200 + 86400 * place
        wide += [f"{start + 3600 * hour},{100 + place},{10 + place if place else ''}" for hour in range(24)]
    (tmp_path / "long.csv").write_text("\n".join([*long, "2024-01-06,BTCUSDT,1,999,5", ""]))
    (tmp_path / "wide.csv").write_text("\n".join([*wide, ""]))
    a, b = risk.read_panel(tmp_path / "long.csv"), risk.read_panel(tmp_path / "wide.csv").sampled(24)
    assert a.names == b.names == ("BTC", "ETH")
    # A close counts from the end of its day, and the day that is not over has none.
    assert a.times_ms.tolist() == b.times_ms.tolist() == [1704067200000 + DAY_MS * n for n in range(1, 6)]
    assert np.array_equal(a.prices, b.prices, equal_nan=True)
    assert np.isnan(a.prices[0, 1]) and a.prices[4].tolist() == [104.0, 14.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ts,BTC\n0,1\n", "1 rows"),
        ("ts,BTC\n0,1\n3600,x\n", "row 3: BTC is not a number"),
        ("ts,BTC\n0,1\n0,2\n", "must rise"),
        ("ts,BTC\n0,1\n3600,-2\n", "panel.csv: BTC: price -2.0 in row 2; it must be above zero"),
        ("ts\n0\n3600\n", "no column of prices beside ts"),
        ("ts,BTC,BTC\n0,1,1\n3600,2,2\n", "the column BTC is there twice"),
        ("ts,BTC\n1600000000000,1\n1600003600000,2\n", "1600003600000 is no unix time in seconds"),
        ("a,b\n1,2\n3,4\n", "neither wide"),
        ("day,symbol,close\n2024-13-01,A,1\n2024-01-02,A,1\n", "row 2: day"),
        ("day,symbol,close\n2024-01-01,A,1\n2024-01-01,A,1\n", "twice"),
    ],
)
def test_files_that_are_no_panel(tmp_path, text, message):
    file = tmp_path / "panel.csv"
    file.write_text(text)
    with pytest.raises(risk.RiskError, match=message):
        risk.read_panel(file)


def test_a_folder_and_an_index_below_zero_are_named(tmp_path):
    with pytest.raises(risk.RiskError, match="is a directory"):
        risk.read_panel(tmp_path)
    (tmp_path / "dvol.csv").write_text("day,dvol\n2024-01-01,50\n2024-01-02,-1\n")
    with pytest.raises(risk.RiskError, match="dvol.csv: row 3: dvol is -1; it must be above zero"):
        risk.read_index(tmp_path / "dvol.csv")


def test_a_model_without_a_table_names_the_time_and_the_book():
    panel = markets.prices(("A", "B"))
    with pytest.raises(risk.RiskError, match=r"filtered-historical has no table for A, B at \d{4}-.*: 70 scenarios"):
        bt.walk(MODEL, panel, BOTH, first=72, last=80)


def test_portfolios_from_files(tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\nweights = { A = 3.0, B = -1.0 }\n')
    (tmp_path / "mine.json").write_text('{"weights": {"A": 1}}')
    (mine,) = bt.portfolios_of([str(tmp_path / "mine.toml")])
    assert mine.weights == {"A": 0.75, "B": -0.25}
    for name, text, message in (
        ("bad.toml", "weights = 3", "table of weights"),
        ("nan.toml", "weights = { A = nan }", "finite"),
        ("empty.json", '{"weights": {}}', "not 0"),
        ("broken.json", "{", "broken.json"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(risk.RiskError, match=message):
            bt.read_portfolio(tmp_path / name)
    with pytest.raises(risk.RiskError, match="built in are"):
        bt.portfolios_of(["nothing"])
    with pytest.raises(risk.RiskError, match="same name"):
        bt.portfolios_of(["btc", "btc"])
