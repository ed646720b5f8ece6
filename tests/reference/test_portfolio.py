"""Portfolio margin of the reference model: numbers worked by hand from portfolio-margin.md, §2 to §6."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import ASSET, CONTRACT, PERCENT, TOKEN
from .classes import PUT
from .portfolio_pools import (
    CENT,
    FULL,
    HALF,
    QUARTER,
    figures_of,
    grouped_pool,
    hold,
    option,
    pool_with,
    portfolio_account,
    scan_of,
)
from .scan import ES, MAX, VAR, aggregate, deciding

# §2


def test_values_follow_the_underlying_by_delta_inside_their_bounds():
    pool = pool_with([FULL, FULL])
    call, put = option(pool), option(pool, option_type=PUT)
    shocks = (-20 * PERCENT, 20 * PERCENT)
    words = {
        call: (6 * TOKEN, 6 * TOKEN, 5 * TOKEN, PPB // 2, 0, 0, 1 * TOKEN, 21 * TOKEN),
        put: (5 * TOKEN, 5 * TOKEN, 6 * TOKEN, -PPB // 2, 0, 0, 22 * TOKEN, 1 * TOKEN),
    }
    assert pool.publish_arrays(shocks, words, {1: (PPB, PPB, 0, PPB, 100 * TOKEN)}) == codes.OK
    assert [pool.model.instruments[i].mark for i in (call, put)] == [6 * TOKEN, 5 * TOKEN]
    pool.mark(1, 104 * TOKEN)
    # Half of the move of 4.
    assert pool.model.instruments[call].values.scenarios == (3 * TOKEN, 23 * TOKEN)
    assert [pool.model.instruments[i].mark for i in (call, put)] == [8 * TOKEN, 3 * TOKEN]
    assert pool.model.instruments[put].values.scenarios == (20 * TOKEN, 0)
    pool.mark(1, 2 * TOKEN)
    # A call is worth at most the spot and its carry, shocked: 1.6 * 1.1 and 2.4 * 1.1; a put at most its strike.
    assert pool.model.instruments[call].values.scenarios == (0, 0)
    assert pool.model.instruments[put].values.now == 54 * TOKEN
    assert pool.model.instruments[put].values.scenarios == (71 * TOKEN, 50 * TOKEN)


def test_a_move_is_rounded_down_twice():
    pool = pool_with([FULL], shift=3)
    call = option(pool)
    assert pool.publish_arrays((0,), {call: (1_000, 0, 0, 333_333_333, 0, 0, 1_000)}) == codes.OK
    pool.mark(1, 100 * TOKEN - 10)
    # floor(-3.33) = -4 micros, floor(-4 / 8) = -1 quantum of 8 micros.
    assert pool.model.instruments[call].mark == 999 * 8


# §3


def test_losses_net_inside_a_class():
    pool = pool_with([FULL, FULL])
    call = option(pool)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    assert pool.publish_arrays(
        (-20 * PERCENT, 20 * PERCENT), {call: (6 * TOKEN, 0, 0, PPB // 2, 0, 0, TOKEN, 21 * TOKEN)}
    ) in (codes.OK,)
    account = portfolio_account(pool)
    hold(pool, account, call, -2)
    assert scan_of(pool, account).profits == [10 * TOKEN, -30 * TOKEN]
    hold(pool, account, perp, 1)
    # A fifth is held as floor(2^30 / 5), a loss of a fifth as the part above it: a micro more on either side.
    assert scan_of(pool, account).profits == [10 * TOKEN - 20 * TOKEN - 1, -30 * TOKEN + 20 * TOKEN - 1]
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (10 * TOKEN + 1, 10 * TOKEN + 1)
    assert scan_of(pool, account).worst == 1


def test_a_group_is_discounted_by_the_sign_of_its_shocked_value():
    pool, call, put = grouped_pool([FULL, (HALF, 0, 0)], plus=HALF, minus=PPB)
    account = portfolio_account(pool)
    hold(pool, account, call, 1)
    hold(pool, account, put, 1)
    # 22 and 27 are worth half of it, against 11 now; the second scenario counts half.
    assert scan_of(pool, account).profits == [0, 5 * CENT * 25]
    hold(pool, account, put, -1)
    # 2 - 20 is a debt and kept whole, 26 - 1 is worth half; 6 - 5 now.
    assert scan_of(pool, account).profits == [-19 * TOKEN, 575 * CENT]


def test_a_skew_scenario_counts_against_the_account_either_way():
    pool, _call, put = grouped_pool([(PPB, 1, 0), FULL])
    account = portfolio_account(pool)
    hold(pool, account, put, 1)
    assert scan_of(pool, account).profits == [-15 * TOKEN, -4 * TOKEN]


def test_a_deductible_is_taken_from_each_loss():
    pool, call, put = grouped_pool([(PPB, 0, 3 * TOKEN), (PPB, 0, 20 * TOKEN)])
    account = portfolio_account(pool)
    hold(pool, account, call, -1)
    assert scan_of(pool, account).losses == [0, 0]
    hold(pool, account, put, -1)
    # -11 and -16: less 3, less 20.
    assert scan_of(pool, account).losses == [8 * TOKEN, 0]


def test_the_basis_competes_with_the_scenarios():
    pool, call, put = grouped_pool([FULL, FULL], basis=HALF)
    account = portfolio_account(pool)
    hold(pool, account, call, 4)
    hold(pool, account, put, -1)
    # 24 - 5 now; 28 - 4 up; 16 - 7 down: 10 less, of which half.
    found = scan_of(pool, account)
    assert (found.basis, found.losses[0]) == (5 * TOKEN, 31 * TOKEN)
    hold(pool, account, put, -2)
    hold(pool, account, call, 0)
    assert scan_of(pool, account).basis == 2 * TOKEN
    hold(pool, account, put, 1)
    hold(pool, account, call, 1)
    # Gains in both scenarios; the basis is 11 - 11 either way.
    assert scan_of(pool, account).loss == 0
    hold(pool, account, call, 2)
    # Twice the call: 24 and 53 against 17; 18 up, 15 down: the basis is one.
    found = scan_of(pool, account)
    assert (found.loss, found.worst) == (1 * TOKEN, 0)


def test_aggregation():
    losses = [3, 10, 0, 10, 7]
    assert aggregate(losses, MAX, 1) == 10
    assert [aggregate(losses, VAR, k) for k in range(1, 6)] == [10, 10, 7, 3, 0]
    assert [aggregate(losses, ES, k) for k in range(1, 6)] == [10, 10, 9, 8, 6]
    assert [deciding(losses, VAR, k) for k in range(1, 6)] == [2, 4, 5, 1, 3]
    assert deciding(losses, MAX, 3) == deciding(losses, ES, 3) == 2


# §4


def test_add_ons_of_contracts_and_naked_options():
    rates = {"linear_maintenance": PERCENT, "linear_initial": 2 * PERCENT, "option_maintenance": 3 * PERCENT}
    pool, call, put = grouped_pool([FULL, FULL], option_initial=5 * PERCENT, **rates)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    account = portfolio_account(pool)
    before = figures_of(pool, account)
    assert (before.mm, before.im) == (0, 0)
    hold(pool, account, perp, -3)
    # A quarter of 300, one and two percent of 300.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (78 * TOKEN, 81 * TOKEN)
    hold(pool, account, perp, 0)
    hold(pool, account, call, -4)
    hold(pool, account, put, 1)
    # The scan is 4 * 20 + 4; three calls are naked.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (93 * TOKEN, 99 * TOKEN)
    hold(pool, account, put, -1)
    # 4 * 20 - 4, and five are naked.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (91 * TOKEN, 101 * TOKEN)


def test_add_ons_inside_are_multiplied():
    factors = {"factor_maintenance": 2 * PPB, "factor_initial": 3 * PPB}
    rates = {"linear_maintenance": PERCENT, "linear_initial": 2 * PERCENT}
    pool, _, _ = grouped_pool([FULL, FULL], addons_inside=1, **factors, **rates)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    account = portfolio_account(pool)
    hold(pool, account, perp, -4)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (208 * TOKEN, 324 * TOKEN)


def test_greeks_and_the_floor():
    rates = {"delta_rate": PERCENT, "gamma_rate": 50 * PERCENT, "vega_rate": 10 * PERCENT}
    pool, call, _put = grouped_pool([FULL, FULL], floor_option=PERCENT, floor_linear=30 * PERCENT, **rates)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    account = portfolio_account(pool)
    hold(pool, account, call, -4)
    # Scan 80; delta 2 * 100, gamma 4, vega 0.8.
    assert figures_of(pool, account).mm == 80 * TOKEN + 2 * TOKEN + 2 * TOKEN + 8 * CENT
    hold(pool, account, call, 0)
    hold(pool, account, perp, 2)
    # The scan of 50 is below the floor of 60; delta 200.
    assert figures_of(pool, account).mm == 62 * TOKEN


def test_confidence_is_initial_only():
    pool, call, _ = grouped_pool([FULL, FULL], confidence_threshold=PPB, confidence_factor=HALF)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1, confidence_factor=PPB, confidence_threshold=PERCENT)
    account = portfolio_account(pool)
    hold(pool, account, perp, -2)
    pool.mark(perp, 100 * TOKEN, confidence=TOKEN)
    assert figures_of(pool, account).im == 50 * TOKEN
    pool.mark(perp, 100 * TOKEN, confidence=2 * TOKEN)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (50 * TOKEN, 54 * TOKEN)
    hold(pool, account, perp, 0)
    hold(pool, account, call, -1)
    assert figures_of(pool, account).im == 20 * TOKEN
    groups = {1: (PPB, PPB, 0, 80 * PERCENT, 100 * TOKEN)}
    pool.later()
    assert pool.publish_arrays((-QUARTER, QUARTER), {}, groups) == codes.OK
    # Half of a fifth of 100.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (20 * TOKEN, 30 * TOKEN)


# §5


def test_assets_of_a_class_keep_their_haircut_beside_their_risk():
    pool, call, _ = grouped_pool([FULL, FULL], assets_at_underlying=1)
    asset = pool.list(ASSET, 90 * TOKEN, risk_class=1)
    account = portfolio_account(pool)
    hold(pool, account, asset, 2)
    # A quarter of 180; 10 and 20 percent of 200.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (65 * TOKEN, 85 * TOKEN)
    hold(pool, account, call, -4)
    # The short call loses 80 where the asset gains 45.
    assert figures_of(pool, account).mm == 55 * TOKEN


def test_an_instrument_without_a_class_keeps_its_standard_terms():
    pool, call, _ = grouped_pool([FULL, FULL])
    perp = pool.list(CONTRACT, 100 * TOKEN)
    account = portfolio_account(pool)
    hold(pool, account, call, -1)
    hold(pool, account, perp, 2)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (30 * TOKEN, 40 * TOKEN)


def test_a_depeg_raises_the_initial_factor():
    pool, call, _ = grouped_pool([FULL, FULL], depeg_factor=2 * PPB)
    pool.set_policy(depeg_threshold=99 * PERCENT)
    account = portfolio_account(pool)
    hold(pool, account, call, -1)
    pool.mark(0, 940_000)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (20 * TOKEN, 22 * TOKEN)


def test_a_leverage_cap_and_reserved_margin():
    pool, _call, _ = grouped_pool([FULL, FULL])
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    account = portfolio_account(pool)
    hold(pool, account, perp, 1)
    pool.must(m.COMMAND_RESERVE, account=account, instrument=perp, lots=1, price=110 * TOKEN)
    # Twice a quarter, and 10 of open loss.
    assert figures_of(pool, account).im == 60 * TOKEN
    pool.must(m.COMMAND_SET_LIMITS, account=account, amount=HALF)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (25 * TOKEN, 100 * TOKEN)


def test_classes_offset_each_other_in_part():
    pool, _call, _ = grouped_pool([FULL, FULL])
    assert pool.publish_class([FULL, FULL], number=2, factor_maintenance=2 * PPB, factor_initial=2 * PPB) == codes.OK
    assert pool.publish_arrays((-QUARTER, QUARTER), {}, number=2) == codes.OK
    ours, theirs = (pool.list(CONTRACT, 100 * TOKEN, risk_class=c) for c in (1, 2))
    account = portfolio_account(pool)
    hold(pool, account, ours, 4)
    hold(pool, account, theirs, -3)
    assert figures_of(pool, account).mm == 100 * TOKEN + 150 * TOKEN
    pool.set_policy(class_offset=80 * PERCENT)
    # Together they lose 25; a fifth of each, four fifths of that at the larger factor.
    assert figures_of(pool, account).mm == 20 * TOKEN + 30 * TOKEN + 40 * TOKEN


# §6


def test_open_orders_count_at_their_worse_end():
    pool, call, _put = grouped_pool([FULL, FULL])
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    account = portfolio_account(pool, 10_000 * TOKEN)
    held = pool.model.accounts[account]
    held.open_row(call).lots = -1
    held.open_row(call).bid_lots = 3
    held.open_row(call).ask_lots = 1
    # Two long lose 8, two short lose 40.
    assert scan_of(pool, account, "initial").profits == [-8 * TOKEN, -40 * TOKEN]
    assert scan_of(pool, account).profits == [4 * TOKEN, -20 * TOKEN]
    held.open_row(perp).bid_lots = 1
    held.open_row(perp).ask_lots = 2
    assert scan_of(pool, account, "initial").profits == [-33 * TOKEN, -90 * TOKEN]


def test_a_skew_scenario_takes_the_larger_of_all_ends():
    pool, call, put = grouped_pool([(PPB, 1, 0), FULL])
    account = portfolio_account(pool, 10_000 * TOKEN)
    held = pool.model.accounts[account]
    held.open_row(call).bid_lots = 3
    held.open_row(put).bid_lots = 1
    # In the first calls lose 4 each, the put gains 15.
    assert scan_of(pool, account, "initial").profits[0] == -15 * TOKEN
    held.open_row(call).bid_lots = 4
    assert scan_of(pool, account, "initial").profits[0] == -16 * TOKEN
