"""Drift v2's margin, asked of the engine: perps with open orders, spot with open orders, isolated positions.

Units: base 10^9, price and quote money 10^6, ratios and weights 10^4. Drift counts collateral after weights and
liabilities times weights; the engine counts equity unweighted and asks the haircut as a requirement. The difference of
the two sums is the same, and each figure here is one engine term turned the other way round. Values and products are
cut to whole quanta, one after the other, so a value that is not whole goes to the engine as lots of one quantum.
Source: drift-labs/protocol-v2, as described in docs/presets.md.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.measure import BeyondLimits, Held, measure
from plimsoll.presets.rounding import decimals_unit, div_trunc, trunc
from plimsoll.presets.rules_drift_weights import ONE, profit_weight, size_premium, strict_price

BASE: Final = 10**9
MONEY: Final = 10**6
ORDER_CHARGE: Final = 10_000
"""What each open order adds to the requirement: a cent."""
PROFIT_MAX: Final = 100 * MONEY
"""The most unrealised profit that counts for initial margin."""
QUANTUM: Final = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class PerpPosition:
    """A perp position with its open orders (asks negative) at an oracle price; ``prediction``: pays $1 or nothing."""

    base: int
    quote: int
    price: int
    open_bids: int = 0
    open_asks: int = 0
    open_orders: int = 0
    prediction: bool = False

    @property
    def worst(self) -> int:
        """The base amount if all bids, or all asks, were filled: the greater liability, asks on a tie."""
        bids, asks = self.base + self.open_bids, self.base + self.open_asks
        return bids if self.liability_price(bids) * abs(bids) > self.liability_price(asks) * abs(asks) else asks

    def liability_price(self, base: int) -> int:
        """What a coin can cost its holder: the price; of a sold prediction, what is left to a dollar."""
        return MONEY - self.price if self.prediction and base < 0 else self.price


class PerpMargin(NamedTuple):
    """Requirement, unrealised profit as weighed, the liability's value, and profit as it stands; quanta."""

    requirement: int
    weighted_profit: int
    liability: int
    profit: int


def perp_margin(
    position: PerpPosition,
    *,
    ratio: int,
    imf: int = 0,
    custom_ratio: int = 0,
    quote_price_min: int = MONEY,
    quote_price_max: int = MONEY,
    profit_ratio: int = ONE,
    profit_imf: int = 0,
    initial: bool = False,
) -> PerpMargin:
    """Margin of one perp position; the engine multiplies size, mark and rate, and takes value less cost."""
    worst = position.worst
    rate = max(custom_ratio, size_premium(ratio, imf, abs(worst)))
    price = position.liability_price(worst)
    liability = div_trunc(div_trunc(abs(worst) * price, BASE) * quote_price_max, MONEY)
    per_lot = Fraction(price * quote_price_max, BASE * MONEY)
    whole = abs(worst) * per_lot == liability
    risk = Held(
        lots=worst if whole else liability,
        price=per_lot if whole else QUANTUM,
        initial=Fraction(rate, ONE),
        maintenance=Fraction(rate, ONE),
    )
    try:
        requirement = trunc(measure(0, [risk]).parts[0].initial)
    except BeyondLimits:
        requirement = required(liability, rate)
    profit = unrealised(position.base, position.quote, position.price)
    weighted = _weighted_profit(profit, profit_ratio, profit_imf, quote_price_min, quote_price_max)
    return PerpMargin(
        requirement + ORDER_CHARGE * position.open_orders,
        min(weighted, PROFIT_MAX) if initial else weighted,
        liability,
        profit,
    )


def unrealised(base: int, quote: int, price: int) -> int:
    """Unrealised profit in quanta: the engine's value less cost, the value cut toward zero."""
    value = div_trunc(base * price, BASE)
    per_lot = Fraction(price, BASE)
    whole = base * per_lot == value
    held = Held(lots=base if whole else value, price=per_lot if whole else QUANTUM, cost=Fraction(-quote))
    return int(measure(0, [held], exact=False).equity)


def _weighted_profit(profit: int, weight: int, imf: int, price_min: int, price_max: int) -> int:
    if profit <= 0:
        return div_trunc(profit * price_max, MONEY)
    return div_trunc(div_trunc(profit * profit_weight(weight, imf, profit), ONE) * price_min, MONEY)


class SpotMargin(NamedTuple):
    """Collateral after weights and the requirement of liabilities, in quanta."""

    collateral: int
    requirement: int


@dataclass(frozen=True, kw_only=True)
class SpotPosition:
    """A token balance with its open orders (asks negative), price, weights and the quote balance beside it."""

    token: int
    decimals: int
    price: int
    asset_weight: int
    liability_weight: int
    quote: int = 0
    open_bids: int = 0
    open_asks: int = 0
    open_orders: int = 0

    def value(self, amount: int) -> int:
        """Value of a token amount in quanta, toward zero."""
        return div_trunc(amount * self.price, decimals_unit(self.decimals))


def spot_margin(position: SpotPosition) -> SpotMargin:
    """Every order of one side filled: of the two sides the one that leaves less, bids on a tie."""
    sides = [_filled(position, orders) for orders in (position.open_bids, position.open_asks)]
    (weighted, paid) = min(sides, key=sum)
    amounts = (position.quote, weighted, paid)
    return SpotMargin(
        sum(max(0, amount) for amount in amounts),
        sum(max(0, -amount) for amount in amounts) + ORDER_CHARGE * position.open_orders,
    )


def _filled(position: SpotPosition, orders: int) -> tuple[int, int]:
    """(weighed value of the balance with these orders filled, what they pay)."""
    paid = -position.value(orders)
    return weighed(position.value(position.token) - paid, position.asset_weight, position.liability_weight), paid


def strict_spot(position: SpotPosition, twap: int) -> SpotMargin:
    """Initial margin of a balance at the worse of the price and its 5-minute mean."""
    price = strict_price(position.price, twap, liability=position.token < 0)
    return spot_margin(replace(position, price=price))


def weighed(value: int, asset_weight: int, liability_weight: int) -> int:
    """A balance's value after its weight, toward zero: the engine's value less its haircut."""
    weight = asset_weight if value >= 0 else liability_weight
    haircut = Fraction(abs(ONE - weight), ONE)
    found = [measure(0, [Held(lots=lots, price=QUANTUM, initial=haircut)]) for lots in _parts(value)]
    return trunc(sum((one.equity - one.initial for one in found), Fraction(0)))


def required(value: int, ratio: int) -> int:
    """The requirement of a value at a ratio, by the engine, toward zero."""
    rate = Fraction(ratio, ONE)
    parts = [Held(lots=lots, price=QUANTUM, initial=rate, maintenance=rate) for lots in _parts(abs(value))]
    return trunc(sum((measure(0, [part]).maintenance for part in parts), Fraction(0)))


def _parts(value: int) -> tuple[int, int]:
    """A large part whose product with a ratio is whole, and a small one whose fraction the engine has room to hold."""
    large = div_trunc(value, ONE) * ONE
    return large, value - large


def liability_required(value: int, weight: int) -> int:
    """The requirement of a borrow of this value: itself and its haircut."""
    return -weighed(-value, ONE, weight)


def bucket_required(perp: int, ratio: int, borrow: int, weight: int) -> int:
    """The requirement of a perp position and a borrow of these values, by the engine."""
    return required(perp, ratio) + liability_required(borrow, weight)


def with_buffer(profit: int, buffer: int) -> int:
    """Unrealised profit as a liquidation counts it: a loss counts ``buffer`` (10^4) times more."""
    return profit + div_trunc(min(0, profit) * buffer, ONE)


class BucketMargin(NamedTuple):
    """Requirement and collateral of one bucket, cross or isolated, in quanta."""

    requirement: int
    collateral: int


def cross_bucket(quote: int, borrow: int, weight: int, buffer: int) -> BucketMargin:
    """The cross part of an account: a quote balance and a borrow; ``buffer`` raises the weight."""
    return BucketMargin(liability_required(borrow, weight + buffer), quote)


def isolated_bucket(deposit: int, value: int, quote: int, ratio: int, buffer: int) -> BucketMargin:
    """One isolated perp position of this value with a deposit of its own; margined as if nothing else were there."""
    profit = int(measure(0, [Held(lots=value, price=QUANTUM, cost=Fraction(-quote))]).equity)
    return BucketMargin(required(value, ratio + buffer), deposit + with_buffer(profit, buffer))
