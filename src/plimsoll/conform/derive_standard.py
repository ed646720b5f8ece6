"""Accounts of Derive's standard manager: several markets, options by expiry, lines of an engine pool in standard mode.

Each market is a class; instrument k is the index of class k: an asset nobody holds, whose mark is the spot. Then the
base assets, the perps, the options.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plimsoll.conform.derive_portfolio import netted, option_lines
from plimsoll.conform.risk_lines import Account, Line
from plimsoll.conform.risk_pool import Answer, answer
from plimsoll.presets.derive_classes import Market, base_rates, standard_class, uncertainty
from plimsoll.presets.derive_parameters import StandardRules
from plimsoll.units.messages import KIND_ASSET, KIND_PERP


@dataclass(frozen=True, kw_only=True)
class StandardMarket:
    """One market of an account, in coins and tokens a coin; ``amounts`` parallel to the expiries' options."""

    rules: StandardRules
    market: Market
    amounts: Sequence[Sequence[float]] = ()
    perps: float = 0.0
    perp_price: float = 0.0
    perp_profit: float = 0.0
    perp_confidence: float = 1.0
    base: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StandardAccount:
    """An account of the manager."""

    cash: float
    markets: Sequence[StandardMarket]
    stable_price: float = 1.0
    depeg_threshold: float = field(default=0.0)


def margin_of(account: StandardAccount) -> Answer:
    """The engine's answer for the account, in standard mode."""
    account = replace(account, markets=[_netted(one) for one in account.markets])
    numbered = list(enumerate(account.markets, 1))
    fixed = [Line(kind=KIND_ASSET, price=one.market.spot) for one in account.markets]
    fixed += [_base(one, account.stable_price) for one in account.markets]
    fixed += [_perp(one, number) for number, one in numbered]
    options: list[Line] = []
    tables = []
    for number, one in numbered:
        groups = sum(len(other.market.expiries) for other in account.markets[: number - 1])
        market = replace(one.market, first_option=len(fixed) + len(options) + 1, first_group=groups + 1)
        table = standard_class(f"market {number}", number, number, market, one.rules)
        tables.append(table)
        options += option_lines(table, market.expiries, one.amounts)
    unheld = sum(one.perp_profit for one in account.markets if not one.perps)
    return answer(
        Account(
            cash=account.cash + unheld,
            lines=(*fixed, *options),
            classes=tables,
            portfolio=False,
            settlement_price=account.stable_price,
            depeg_threshold=account.depeg_threshold,
        )
    )


def _netted(one: StandardMarket) -> StandardMarket:
    pairs = [netted(expiry, amounts) for expiry, amounts in zip(one.market.expiries, one.amounts)]
    market = replace(one.market, expiries=tuple(expiry for expiry, _ in pairs))
    return replace(one, market=market, amounts=[amounts for _, amounts in pairs])


def _perp(one: StandardMarket, number: int) -> Line:
    rules, price = one.rules, one.perp_price or one.market.spot
    return Line(
        kind=KIND_PERP,
        amount=one.perps,
        price=price,
        profit=one.perp_profit if one.perps else 0.0,
        maintenance=rules.perp_maintenance,
        initial=rules.perp_initial,
        uncertain=uncertainty(min(one.perp_confidence, one.market.confidence), price),
        confidence_factor=rules.confidence_factor,
        confidence_threshold=1.0 - rules.perp_threshold,
        risk_class=number,
    )


def _base(one: StandardMarket, stable_price: float) -> Line:
    """The base asset: its doubt is charged on its spot, not on spot / stable price, and only while it counts."""
    rules, market = one.rules, one.market
    maintenance, initial = base_rates(rules, stable_price)
    counts = rules.base_factor * rules.base_scale > 0 and market.confidence < rules.base_threshold
    return Line(
        kind=KIND_ASSET,
        amount=one.base,
        price=market.spot / stable_price,
        maintenance=maintenance,
        initial=initial,
        uncertain=uncertainty(market.confidence, market.spot / stable_price) if counts else 0.0,
        confidence_factor=rules.confidence_factor * stable_price,
    )
