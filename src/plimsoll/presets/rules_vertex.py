"""Vertex's named rules: liquidation price and fees, health, capped funding, a socialised loss.

Units: dollars, coins and shares as exact fractions. Health is asked of the engine: equity less the haircuts of the
weights. Source: vertex-protocol/vertex-contracts, as described in docs/presets.md.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.measure import Held, measure
from plimsoll.presets.rounding import clamped, require

DISCOUNT_PART: Final = 5
FUNDING_MAX: Final = Fraction(2, 100)
DAY: Final = 86_400


def liquidation_price(oracle: Fraction, weight: Fraction) -> Fraction:
    """The oracle price moved by a fifth of the weight's distance from 1."""
    return oracle * (1 + (weight - 1) / DISCOUNT_PART)


class Split(NamedTuple):
    """Who pays and gets what in a liquidation, in dollars."""

    liquidatee_receives: Fraction
    insurance: Fraction
    liquidator_pays: Fraction


def split_fee(oracle: Fraction, weight: Fraction, amount: Fraction) -> Split:
    """Half of the discount goes to insurance, the liquidator keeps the other half."""
    received = amount * liquidation_price(oracle, weight)
    insurance = (amount * oracle - received) / 2
    return Split(received, insurance, received + insurance)


class Leg(NamedTuple):
    """A spot balance or a perp: coins, price, weight, and a perp's quote."""

    amount: Fraction
    price: Fraction
    weight: Fraction
    quote: Fraction = Fraction(0)


def health(quote: Fraction, legs: Sequence[Leg]) -> Fraction:
    """Quote plus every leg at its weight: the engine's equity less its requirement."""
    held = [
        Held(
            lots=leg.amount.numerator,
            price=leg.price / leg.amount.denominator,
            initial=abs(1 - leg.weight),
            cost=-leg.quote,
        )
        for leg in legs
    ]
    found = measure(quote, held)
    return found.equity - found.initial


def funding_payment(difference: Fraction, index: Fraction, seconds: Fraction) -> Fraction:
    """What a coin pays: the price difference, at most 2 % of the index, by the part of a day."""
    most = FUNDING_MAX * index
    return clamped(difference, -most, most) * seconds / DAY


def socialised(loss: Fraction, open_interest: Fraction) -> Fraction:
    """What each coin of each side bears of a loss; open interest counts one side."""
    require(open_interest > 0, "there is no open interest to bear the loss")
    return loss / (2 * open_interest)
