"""dYdX v4's vectors: names to ``presets.rules_dydx`` and the engine behind it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, integer, number, rows, table, truth, word
from plimsoll.presets import rules_dydx as rules
from plimsoll.presets import rules_dydx_funding as funding
from plimsoll.presets.rules_dydx import Account, Position

_OPTIONAL: Final = (
    "im_ppm",
    "maint_fraction_ppm",
    "open_interest",
    "oi_lower_cap",
    "oi_upper_cap",
    "index",
    "position_index",
)


def _position(inputs: Mapping[str, Any], quantums: int | None = None) -> Position:
    return Position(
        price=integer(inputs, "price"),
        exponent=integer(inputs, "exponent"),
        atomic_resolution=integer(inputs, "atomic_resolution"),
        quantums=integer(inputs, "quantums") if quantums is None else quantums,
        **{name: integer(inputs, name, 0) for name in _OPTIONAL},
    )


def _account(inputs: Mapping[str, Any]) -> Account:
    positions = table(inputs, "positions")
    return Account(
        usdc=integer(inputs, "usdc"), positions={name: _position(table(positions, name)) for name in positions}
    )


def _net_notional(case: Case) -> dict[str, Any]:
    return {"notional": _position(case.inputs).notional}


def _margin(case: Case) -> dict[str, Any]:
    found = rules.risk(Account(usdc=0, positions={"market": _position(case.inputs)}))
    return {"imr": found.imr, "mmr": found.mmr}


def _adjusted_imf(case: Case) -> dict[str, Any]:
    names = ("im_ppm", "oi_notional", "oi_lower_cap", "oi_upper_cap")
    return {"ppm": rules.adjusted_imf(*(integer(case.inputs, name) for name in names))}


def _im_of_notional(case: Case) -> dict[str, Any]:
    caps = {name: integer(case.inputs, name) for name in ("im_ppm", "oi_lower_cap", "oi_upper_cap")}
    # One base quantum is one quote quantum, so that notional is the position and open interest its own value.
    value = Position(
        price=1,
        exponent=0,
        atomic_resolution=-6,
        quantums=integer(case.inputs, "notional"),
        open_interest=integer(case.inputs, "oi_notional"),
        **caps,
    )
    return {"im": rules.risk(Account(usdc=0, positions={"market": value})).imr}


def _net_collateral(case: Case) -> dict[str, Any]:
    found = rules.risk(_account(case.inputs))
    return {"nc": found.nc, "imr": found.imr, "mmr": found.mmr}


def _is_liquidatable(case: Case) -> dict[str, Any]:
    return {"liquidatable": rules.is_liquidatable(rules.risk(_account(case.inputs)))}


def _bankruptcy_quote(case: Case) -> dict[str, Any]:
    market, delta = word(case.inputs, "perpetual"), integer(case.inputs, "delta")
    return {"quote_quantums": rules.bankruptcy_quote(_account(case.inputs), market, delta)}


def _fillable_price(case: Case) -> dict[str, Any]:
    price = rules.fillable_price(
        _account(case.inputs),
        word(case.inputs, "perpetual"),
        integer(case.inputs, "bankruptcy_adjustment_ppm"),
        integer(case.inputs, "spread_to_mmr_ppm"),
    )
    return {"num": price.numerator, "den": price.denominator}


def _insurance_delta(case: Case) -> dict[str, Any]:
    fill = rules.LiquidationFill(
        is_buy=truth(case.inputs, "is_buy"),
        quantums=integer(case.inputs, "fill_quantums"),
        subticks=integer(case.inputs, "subticks"),
        conversion_exponent=integer(case.inputs, "quantum_conversion_exponent"),
    )
    account, market = _account(case.inputs), word(case.inputs, "perpetual")
    return {"if_delta": rules.insurance_delta(account, market, fill, integer(case.inputs, "max_liq_fee_ppm"))}


def _notional_limits(case: Case) -> dict[str, Any]:
    least, portion = integer(case.inputs, "min_position_notional"), integer(case.inputs, "max_portion_ppm")
    low, high = rules.notional_limits(_position(case.inputs), least, portion)
    return {"min": low, "max": high}


def _can_deleverage(case: Case) -> dict[str, Any]:
    at_bankruptcy, at_oracle = rules.can_deleverage(_account(case.inputs), truth(case.inputs, "final_settlement"))
    return {"at_bankruptcy": at_bankruptcy, "at_oracle": at_oracle}


def _deleverage(case: Case) -> dict[str, Any]:
    liquidated, offsetting = (_account(table(case.inputs, name)) for name in ("liquidated", "offsetting"))
    market, delta = word(case.inputs, "perpetual"), integer(case.inputs, "delta")
    found = rules.deleverage(liquidated, offsetting, market, delta)
    return {
        "ok": found.ok,
        "price_quote": found.price_quote,
        "liquidated_usdc": found.liquidated_usdc,
        "offsetting_usdc": found.offsetting_usdc,
    }


def _risk_cmp(case: Case) -> dict[str, Any]:
    return {"cmp": rules.compare_risk(*(integer(case.inputs, name) for name in ("nc_a", "mmr_a", "nc_b", "mmr_b")))}


def _transition_ok(case: Case) -> dict[str, Any]:
    return {"ok": rules.may_pass(*(integer(case.inputs, name) for name in ("old_nc", "old_mmr", "new_nc", "new_mmr")))}


def _premium(case: Case) -> dict[str, Any]:
    bid, ask = (_side(case.inputs, name) for name in ("impact_bid", "impact_ask"))
    most = integer(case.inputs, "max_abs_ppm")
    return {"premium_ppm": funding.premium_ppm(number(case.inputs, "index_price"), bid, ask, most)}


def _side(inputs: Mapping[str, Any], name: str) -> Fraction | None:
    return None if inputs.get(name) is None else number(inputs, name)


def _limit(inputs: Mapping[str, Any]) -> int:
    names = ("clamp_factor_ppm", "im_ppm", "maint_fraction_ppm")
    return funding.rate_limit(*(integer(inputs, name) for name in names))


def _funding_clamp(case: Case) -> dict[str, Any]:
    return {"ppm": _limit(case.inputs)}


def _funding_epoch(case: Case) -> dict[str, Any]:
    inputs = case.inputs
    if "samples" in inputs:
        samples = [integer({"sample": sample}, "sample") for sample in rows(inputs, "samples")]
        total, count = sum(samples), len(samples)
    else:
        count = integer(inputs, "n_samples")
        total = integer(inputs, "sample_ppm") * count
    expected, default = integer(inputs, "n_expected"), integer(inputs, "default_funding_ppm")
    rate = funding.epoch_rate(total, count, expected, default, _limit(inputs))
    moved = funding.index_delta(rate, integer(inputs, "tick_seconds"), _position(inputs, 0).quote_per_base)
    return {"rate_8h_ppm": rate, "index_delta": moved}


def _index_delta(case: Case) -> dict[str, Any]:
    rate, seconds = integer(case.inputs, "rate_8h_ppm"), integer(case.inputs, "seconds")
    return {"index_delta": funding.index_delta(rate, seconds, _position(case.inputs, 0).quote_per_base)}


def _settlement(case: Case) -> dict[str, Any]:
    names = ("index", "position_index", "quantums")
    return {"settlement_ppm": rules.settlement_ppm(*(integer(case.inputs, name) for name in names))}


def _sqrt_guard(case: Case) -> dict[str, Any]:
    names = ("old_delta", "new_delta", "tick_size_ppm")
    return {"ok": funding.jump_is_allowed(*(integer(case.inputs, name) for name in names))}


def _max_delta(case: Case) -> dict[str, Any]:
    return {"max_delta": funding.jump_max(integer(case.inputs, "old_delta"), integer(case.inputs, "tick_size_ppm"))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "dydx.net_notional": _net_notional,
    "dydx.margin": _margin,
    "dydx.adjusted_imf": _adjusted_imf,
    "dydx.im_of_notional": _im_of_notional,
    "dydx.net_collateral": _net_collateral,
    "dydx.is_liquidatable": _is_liquidatable,
    "dydx.bankruptcy_quote": _bankruptcy_quote,
    "dydx.fillable_price": _fillable_price,
    "dydx.if_delta": _insurance_delta,
    "dydx.notional_limits": _notional_limits,
    "dydx.can_deleverage": _can_deleverage,
    "dydx.deleverage": _deleverage,
    "dydx.risk_cmp": _risk_cmp,
    "dydx.transition_ok": _transition_ok,
    "dydx.premium_ppm": _premium,
    "dydx.funding_clamp": _funding_clamp,
    "dydx.funding_epoch": _funding_epoch,
    "dydx.funding_index_delta": _index_delta,
    "dydx.funding_settle_ppm": _settlement,
    "dydx.sqrt_guard": _sqrt_guard,
    "dydx.max_delta": _max_delta,
}
