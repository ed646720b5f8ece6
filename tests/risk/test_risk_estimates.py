"""Volatility, correlation, staleness and netting."""

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk


def test_ewma_by_hand_with_a_late_start_and_a_gap():
    r = np.array([[np.nan], [0.1], [np.nan], [0.2]])
    seed = (0.1**2 + 0.2**2) / 2
    first = 0.9 * seed + 0.1 * 0.1**2
    found = risk.ewma_variance(r, 0.9)[:, 0]
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([first, first, 0.9 * first + 0.1 * 0.2**2])


def test_realised_and_annualised():
    r = np.array([[0.03, np.nan], [-0.03, 0.01], [0.03, 0.01]])
    assert risk.realised_vol(r) == pytest.approx([0.03, 0.01])
    assert risk.annualised(risk.realised_vol(r), 365.0) == pytest.approx([0.03 * 365**0.5, 0.01 * 365**0.5])
    with pytest.raises(risk.RiskError, match="name 2 has no returns"):
        risk.realised_vol(r[:1])


def test_shrinkage_pulls_a_short_sample_towards_none():
    returns = markets.returns(("A", "B", "C"), days=25).values
    plain, shrunk = np.corrcoef(returns.T), risk.shrunk_correlation(returns)
    off = ~np.eye(3, dtype=bool)
    assert (np.abs(shrunk[off]) < np.abs(plain[off])).all()
    long = markets.returns(("A", "B", "C"), days=20_000).values
    assert risk.shrunk_correlation(long) == pytest.approx(np.corrcoef(long.T), abs=0.02)


def test_ewma_correlation_follows_the_present():
    generator = np.random.Generator(np.random.PCG64(2))
    x, y = generator.normal(size=(2, 600))
    early_same_late_opposed = np.column_stack([x, np.where(np.arange(600) < 300, x, -x) + 0.1 * y])
    assert risk.ewma_correlation(early_same_late_opposed, 0.95)[0, 1] < -0.9


def test_stressed_correlation_moves_every_pair_towards_one():
    rho = np.array([[1.0, 0.5, -0.2], [0.5, 1.0, 0.1], [-0.2, 0.1, 1.0]])
    assert risk.stressed_correlation(rho, 0.0) == pytest.approx(rho)
    assert risk.stressed_correlation(rho, 0.4)[0, 2] == pytest.approx(-0.2 + 0.4 * 1.2)
    assert risk.stressed_correlation(rho, 1.0) == pytest.approx(np.ones((3, 3)))


def test_nearest_correlation_of_highams_example():
    # Higham (2002), section 4: the nearest correlation matrix to tridiagonal ones, to four digits
    found = risk.nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]))
    published = np.array([[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]])
    assert found == pytest.approx(published, abs=5e-5)
    assert np.linalg.eigvalsh(found).min() > -1e-9


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), "square"),
        (np.array([[1.0, 0.5], [0.4, 1.0]]), "symmetric"),
        (np.array([[1.0, 1.5], [1.5, 1.0]]), "between -1 and 1"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "finite"),
    ],
)
def test_what_is_no_correlation_matrix(matrix, message):
    with pytest.raises(risk.RiskError, match=message):
        risk.nearest_correlation(matrix)


def test_correlation_of_a_name_that_never_moves():
    returns = np.column_stack([np.linspace(-1, 1, 9), np.zeros(9)])
    for estimate in (risk.shrunk_correlation, lambda r: risk.ewma_correlation(r, 0.9)):
        with pytest.raises(risk.RiskError, match="never moves"):
            estimate(returns)


def test_offset_is_capped_by_emir():
    assert risk.capped_offset(0.95) == 0.8
    assert risk.capped_offset(0.3) == 0.3
    with pytest.raises(risk.RiskError, match="offset"):
        risk.capped_offset(1.01)


def test_hedged_error_is_gamma_and_grows_with_the_square():
    one = markets.snapshot("BTC", options=True).underlyings[0]
    options = risk.ScenarioMatrix(risk.spot_vol_grid([0.0])).class_table(one).arrays.options
    small = risk.hedged_error(one, np.array([-0.01, 0.01]))
    assert small == pytest.approx(options.gamma, rel=0.1, abs=0.002)
    twice = risk.hedged_error(one, np.array([-0.02, 0.02]))
    assert (twice > 3 * small).all() and (twice < 5 * small).all()
    assert risk.hedged_error(one, np.array([0.0])) == pytest.approx(np.zeros(12), abs=1e-12)


def test_hedged_error_stays_within_its_bound_at_every_move():
    one = markets.snapshot("BTC", options=True).underlyings[0]
    for reach in (0.005, 0.02, 0.2):
        measured = risk.hedged_error(one, np.linspace(-reach, reach, 81))
        bound = risk.hedged_error_bound(one, reach)
        assert (measured <= bound * (1 + 1e-9) + 1e-12).all()
        assert bound.max() < 2 * measured.max()
    # With no time left it is the kink: half the strike's neighbours would lose all of the move.
    last = risk.OptionChain.of([1, 2], [1, 1], [0.0, 0.0], [100.0, 150.0], [True, True], [0.5, 0.5], [100.0, 100.0])
    settled = risk.Underlying("BTC", 1, 1, 100.0, last)
    assert risk.hedged_error_bound(settled, 0.1) == pytest.approx([10.0, 0.0])
    assert risk.hedged_error(settled, np.array([-0.1, 0.1])) == pytest.approx([5.0, 0.0])
    assert risk.hedged_error_bound(risk.Underlying("BTC", 1, 1, 100.0), 0.1).size == 0
    with pytest.raises(risk.RiskError, match="move"):
        risk.hedged_error_bound(one, float("nan"))


def test_needs_refresh_names_its_reasons():
    table = risk.Standard().tables(markets.snapshot("BTC", "ETH"))
    now = table.time_ms
    assert risk.needs_refresh(table, {"BTC": 101.0, "ETH": 99.0}, now + 1000, 0.02, 60) == ()
    reasons = risk.needs_refresh(table, {"BTC": 103.0}, now + 61_000, 0.02, 60)
    assert len(reasons) == 3
    assert "61 s old" in reasons[0] and "BTC moved +3.00%" in reasons[1] and "ETH has no spot" in reasons[2]
    assert "ahead" in risk.needs_refresh(table, {"BTC": 100.0, "ETH": 100.0}, now - 1, 0.02, 60)[0]


def test_netting_relief_by_level():
    market = markets.snapshot("BTC", "ETH", options=True)
    scenarios = risk.spot_vol_grid([-0.2, 0.2], [risk.VolMove.NONE])
    table = risk.ScenarioMatrix(scenarios).tables(market)
    # Long and short perp of one underlying: nothing is left after netting in the class.
    hedged = risk.netting_relief(table, {"BTC": risk.ClassBook(np.array([100.0, -100.0]))}, 0.0)
    assert (hedged.alone, hedged.classes, hedged.share) == pytest.approx((40.0, 0.0, 1.0))
    # A pair across classes nets as far as the offset allows.
    pair = {"BTC": risk.ClassBook(np.array([100.0])), "ETH": risk.ClassBook(np.array([-100.0]))}
    half = risk.netting_relief(table, pair, 0.5)
    assert (half.classes, half.account, half.across_classes) == pytest.approx((40.0, 20.0, 20.0))
    assert risk.netting_relief(table, pair, 0.0).across_classes == 0.0


def test_netting_relief_of_a_covered_call_and_a_calendar():
    market = markets.snapshot("BTC", options=True)
    table = risk.ScenarioMatrix(risk.spot_vol_grid([-0.2, 0.2], [risk.VolMove.NONE])).tables(market)
    units = np.zeros(12)
    units[0], units[2] = -1.0, 1.0
    relief = risk.netting_relief(table, {"BTC": risk.ClassBook(np.array([100.0]), units)}, 0.0)
    assert relief.within_groups > 0 and relief.within_classes > 0 and relief.across_classes == 0.0
    assert relief.alone == pytest.approx(relief.account + relief.within_groups + relief.within_classes)


def test_an_empty_book_needs_nothing():
    table = risk.Standard().tables(markets.snapshot("BTC"))
    assert risk.requirement(table, {}).initial == 0.0
    assert risk.netting_relief(table, {}, 0.5).share == 0.0
