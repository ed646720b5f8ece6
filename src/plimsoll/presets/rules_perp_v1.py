"""Perpetual v1's named rules: swaps on a constant product, margin ratio, funding, liquidation.

Units: everything 10^18; mul and div cut toward zero; a swap that is not exact costs the trader one wei.
Source: perpetual-protocol/perpetual-protocol, as described in docs/presets.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from plimsoll.presets.rounding import div_trunc, require

ONE: Final = 10**18
DAY: Final = 86_400


def mul(a: int, b: int) -> int:
    """a * b of 10^18 each, toward zero."""
    return div_trunc(a * b, ONE)


def div(a: int, b: int) -> int:
    """a / b of 10^18 each, toward zero."""
    return div_trunc(a * ONE, b)


def _exchanged(given_reserve: int, other_reserve: int, amount: int, *, add: bool) -> int:
    """What a change of one reserve moves of the other, the rounding against the trader."""
    require(amount >= 0, "an amount must not be negative")
    if amount == 0:
        return 0
    invariant = mul(given_reserve, other_reserve)
    given = given_reserve + amount if add else given_reserve - amount
    require(given > 0, "the reserve does not hold so much")
    moved = abs(div(invariant, given) - other_reserve)
    if invariant * ONE % given != 0:
        moved += -1 if add else 1
    return moved


class Market(NamedTuple):
    """Reserves of quote and base."""

    quote: int
    base: int

    def base_for(self, quote: int, *, add: bool) -> int:
        """Base moved by so much quote into (``add``) or out of the market."""
        return _exchanged(self.quote, self.base, quote, add=add)

    def quote_for(self, base: int, *, add: bool) -> int:
        """Quote moved by so much base into (``add``) or out of the market."""
        return _exchanged(self.base, self.quote, base, add=add)

    def after(self, quote: int, base: int, *, add: bool) -> "Market":
        """Reserves once quote went in (``add``) for base, or out."""
        return Market(self.quote + quote, self.base - base) if add else Market(self.quote - quote, self.base + base)


@dataclass(frozen=True)
class Position:
    """Signed base, the quote it was opened for, and its margin."""

    size: int
    open_notional: int
    margin: int

    def notional(self, market: Market) -> int:
        """What closing the position moves of quote."""
        return market.quote_for(abs(self.size), add=self.size > 0)

    def profit(self, market: Market) -> int:
        """Unrealised profit at the market's reserves."""
        gain = self.notional(market) - self.open_notional
        return gain if self.size > 0 else -gain


def opened(market: Market, quote: int, margin: int, *, long: bool) -> tuple[Position, Market]:
    """A position opened for so much quote, and the market after it."""
    base = market.base_for(quote, add=long)
    return Position(base if long else -base, quote, margin), market.after(quote, base, add=long)


def margin_ratio(position: Position, market: Market) -> int:
    """(margin + profit) / notional."""
    require(position.size != 0, "a position of nothing has no margin ratio")
    return div(position.margin + position.profit(market), position.notional(market))


class Funding(NamedTuple):
    """The premium, the margins after it was paid, and the insurance fund's balance."""

    premium: int
    margins: list[int]
    insurance: int


def pay_funding(
    mark_twap: int, index_twap: int, period: int, positions: Sequence[tuple[int, int]], insurance: int
) -> Funding:
    """Each (size, margin) pays premium * size; the imbalance is the insurance fund's."""
    premium = div_trunc((mark_twap - index_twap) * period, DAY)
    payments = [mul(premium, size) for size, _ in positions]
    margins = [margin - paid for (_, margin), paid in zip(positions, payments)]
    return Funding(premium, margins, insurance + sum(payments))


class Liquidated(NamedTuple):
    """A liquidation: quote traded, fees, what is left of the position and of the market, and debts."""

    notional: int
    penalty: int
    liquidator_fee: int
    realised: int
    profit_after: int
    position: Position
    market: Market
    bad_debt: int


def liquidate_partly(position: Position, market: Market, ratio: int, fee_ratio: int) -> Liquidated:
    """A share is valued in base, then that quote is traded; penalty of notional, half of it the liquidator's."""
    profit = position.profit(market)
    notional = market.quote_for(mul(abs(position.size), ratio), add=position.size > 0)
    buys = position.size < 0
    base = market.base_for(notional, add=buys)
    realised = div_trunc(profit * base, abs(position.size))
    penalty = mul(notional, fee_ratio)
    left = position.notional(market) - notional
    profit_after = profit - realised
    size = position.size + base if buys else position.size - base
    opened_for = left + profit_after if buys else left - profit_after
    after = Position(size, opened_for, position.margin + realised - penalty)
    traded = market.after(notional, base, add=buys)
    return Liquidated(notional, penalty, penalty // 2, realised, profit_after, after, traded, 0)


def liquidate_wholly(position: Position, market: Market, fee_ratio: int) -> Liquidated:
    """Everything is closed; what margin does not cover is bad debt."""
    profit = position.profit(market)
    notional = position.notional(market)
    buys = position.size < 0
    penalty = mul(notional, fee_ratio)
    debt = max(0, -(position.margin + profit))
    after = market.after(notional, abs(position.size), add=buys)
    return Liquidated(notional, penalty, penalty // 2, profit, 0, Position(0, 0, 0), after, debt)
