"""Accounts of Derive's portfolio managers: from a venue's feeds and balances to lines of an engine pool.

Instrument 1 is the index: an asset nobody holds, whose mark is the spot. Then the collaterals that do not move with it,
and the members of the class: the perp, the other collaterals, the options.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from plimsoll.conform.risk_lines import Account, Line
from plimsoll.conform.risk_pool import answer
from plimsoll.presets.derive_classes import Market, portfolio_class, uncertainty
from plimsoll.presets.derive_limits import divided, initial_side, maintenance_side, multiple_of, norm_of
from plimsoll.presets.derive_parameters import PortfolioRules
from plimsoll.presets.derive_tables import Expiry
from plimsoll.pricing.inputs import Floats
from plimsoll.risk.evaluate import ClassBook, basis_loss, scenario_pnl
from plimsoll.risk.table import ClassTable
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, KIND_PERP

CLASS: Final = 1
PERP_RATE: Final = 0.01
"""A contract is listed with a rate of its own; in a portfolio account it has no say."""


class Asset(NamedTuple):
    """A collateral: amount, tokens a coin, haircuts (initial in all), confidence, whether it moves with the spot."""

    amount: float
    price: float
    maintenance: float
    initial: float
    confidence: float = 1.0
    member: bool = True


@dataclass(frozen=True, kw_only=True)
class PortfolioAccount:
    """What a vector says of an account and its market, in floats; ``amounts`` parallel to the expiries' options."""

    rules: PortfolioRules
    market: Market
    amounts: Sequence[Sequence[float]]
    cash: float
    stable_price: float = 1.0
    perps: float = 0.0
    perp_price: float = 0.0
    perp_profit: float = 0.0
    assets: Sequence[Asset] = ()

    @property
    def table(self) -> ClassTable:
        """The class as it is published."""
        market = replace(self.market, first_option=3 + len(self.assets))
        return portfolio_class("derive", CLASS, 1, market, self.rules)

    @property
    def basis(self) -> float:
        """The basis contingency, a loss of 0 or more, in tokens."""
        return basis_loss(self.table, ClassBook(options=self.option_amounts)) * self.norm

    @property
    def norm(self) -> float:
        """By how much the published losses are smaller than the venue's."""
        return norm_of(self.rules, self.market.expiries)

    @property
    def option_amounts(self) -> Floats:
        """Coins of every option, in the order of the table."""
        return np.array([amount for amounts in self.amounts for amount in amounts])


class Net(NamedTuple):
    """Margins net of equity as the venue has them, and equity, in tokens."""

    initial: float
    maintenance: float
    equity: float


def margin_of(account: PortfolioAccount) -> Net:
    """The engine's answer for the account, in portfolio mode.

    The venue allows an initial factor below the maintenance one; here initial margin is never below maintenance margin,
    so then each side is asked for by itself, the other drawn to it.
    """
    pairs = [netted(expiry, amounts) for expiry, amounts in zip(account.market.expiries, account.amounts)]
    market = replace(account.market, expiries=tuple(expiry for expiry, _ in pairs))
    account = replace(account, market=market, amounts=[amounts for _, amounts in pairs])
    initial, maintenance = initial_side(account.rules), maintenance_side(account.rules)
    found = _asked(account, maintenance)
    if initial == maintenance:
        return found
    return found._replace(initial=_asked(account, initial).initial)


def _asked(account: PortfolioAccount, rules: PortfolioRules) -> Net:
    """The answer under these rules; requirements of a multiple of the account where they are too large for one."""
    multiple = multiple_of(rules, account.norm)
    smaller = replace(account, rules=divided(rules, multiple))
    held = answer(lines_of(smaller))
    required = held if multiple == 1 else answer(lines_of(_grown(smaller, multiple)))
    return Net(held.equity - required.initial, held.equity - required.maintenance, held.equity)


def _grown(account: PortfolioAccount, multiple: int) -> PortfolioAccount:
    """So many times the positions; haircuts, like the other rates, are as many times smaller."""
    return replace(
        account,
        perps=account.perps * multiple,
        amounts=[[amount * multiple for amount in one] for one in account.amounts],
        assets=[
            one._replace(
                amount=one.amount * multiple, maintenance=one.maintenance / multiple, initial=one.initial / multiple
            )
            for one in account.assets
        ],
    )


def netted(expiry: Expiry, amounts: Sequence[float]) -> tuple[Expiry, list[float]]:
    """The expiry with each option once: a venue's account holds one balance of it, however often a file names it."""
    held: dict[tuple[float, bool], float] = {}
    vols = dict(zip(zip(expiry.strikes, expiry.calls), expiry.vols))
    for key, amount in zip(zip(expiry.strikes, expiry.calls), amounts):
        held[key] = held.get(key, 0.0) + amount
    if len(held) == len(expiry.strikes):
        return expiry, list(amounts)
    once = replace(
        expiry,
        strikes=[strike for strike, _ in held],
        calls=[is_call for _, is_call in held],
        vols=[vols[key] for key in held],
    )
    return once, list(held.values())


def scenario_profits(account: PortfolioAccount) -> Floats:
    """Profit and loss in every scenario of the published table, in tokens (docs/portfolio-margin.md, §3)."""
    moving = [one.amount * one.price for one in account.assets if one.member]
    linear = np.array([account.perps * account.perp_price, *moving])
    return scenario_pnl(account.table, ClassBook(linear, account.option_amounts)) * account.norm


def lines_of(account: PortfolioAccount) -> Account:
    """The account as lines of a pool."""
    table, rules = account.table, account.rules
    perp = Line(
        kind=KIND_PERP,
        amount=account.perps,
        price=account.perp_price or account.market.spot,
        profit=account.perp_profit if account.perps else 0.0,
        maintenance=PERP_RATE,
        initial=PERP_RATE,
        uncertain=uncertainty(account.market.confidence, account.perp_price or account.market.spot),
        risk_class=CLASS,
        confidence_factor=rules.confidence_factor,
        confidence_threshold=1.0 - rules.confidence_threshold,
    )
    assets = [
        Line(
            kind=KIND_ASSET,
            amount=one.amount,
            price=one.price,
            maintenance=one.maintenance,
            initial=one.initial,
            uncertain=uncertainty(one.confidence, one.price),
            risk_class=CLASS if one.member else 0,
            confidence_factor=rules.confidence_factor,
            confidence_threshold=1.0 - rules.confidence_threshold,
        )
        for one in account.assets
    ]
    index = Line(kind=KIND_ASSET, price=account.market.spot)
    beside = [one for one in assets if one.risk_class == 0]
    moving = [one for one in assets if one.risk_class > 0]
    options = option_lines(table, account.market.expiries, account.amounts)
    return Account(
        cash=account.cash + (0.0 if account.perps else account.perp_profit),
        lines=(index, *beside, perp, *moving, *options),
        classes=(table,),
        settlement_price=account.stable_price,
        depeg_threshold=rules.peg_threshold,
    )


def option_lines(table: ClassTable, expiries: Sequence[Expiry], amounts: Sequence[Sequence[float]]) -> list[Line]:
    """A line for every option of a class, its largest value read from the table."""
    options = table.arrays.options
    highest = np.column_stack([options.v0, options.up, options.down, options.values]).max(axis=1, initial=0.0)
    # Whatever the table says, an option may settle at its underlying's present price, or at its strike.
    highest = np.maximum(highest, np.where(options.is_call, table.arrays.reference, options.strikes))
    held = [amount for one in amounts for amount in one]
    return [
        Line(
            kind=KIND_OPTION,
            amount=held[k],
            price_max=float(highest[k]),
            risk_class=table.number,
            risk_group=int(options.groups[k]),
            strike=float(options.strikes[k]),
            is_call=bool(options.is_call[k]),
        )
        for k in range(options.instruments.size)
    ]
