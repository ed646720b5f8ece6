"""Derive's rules around prices and cash, as small exact functions: feeds, funding, settlement, fees, interest.

Numbers are Fractions in tokens and shares; the venue keeps 18 decimals and truncates toward zero, which is the caller's
to do. Only the interest factor is a float, for its exponential. Source: derivexyz/v2-core at 7736900.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.derive_parameters import YEAR_SECONDS
from plimsoll.presets.derive_tables import SETTLEMENT_SECONDS
from plimsoll.presets.rounding import clamped, require

ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)


def year_fraction(seconds: int) -> Fraction:
    """Seconds as a share of 365 days."""
    require(seconds >= 0, "a time to expiry cannot be negative: an expired series has 0 seconds")
    return Fraction(seconds, YEAR_SECONDS)


def spot_and_difference(spot: Fraction, difference: Fraction, cap: Fraction) -> Fraction:
    """A price fed as a difference to spot, which counts up to ``cap`` of spot either way."""
    return spot + clamped(difference, -spot * cap, spot * cap)


def settling_forward(
    spot: Fraction, difference: Fraction, average: Fraction, seconds: int
) -> tuple[Fraction, Fraction]:
    """(fixed, variable) parts of a forward whose data are ``seconds`` before expiry.

    ``average``: the mean spot so far in the last half hour. Outside of it nothing is fixed; at expiry everything is.
    """
    left = Fraction(min(max(seconds, 0), SETTLEMENT_SECONDS), SETTLEMENT_SECONDS)
    return average * (1 - left), (spot + difference) * left


class Funding(NamedTuple):
    """Parameters of a perp's funding; rates per hour."""

    rate_max: Fraction
    convergence_hours: Fraction
    static: Fraction


def funding_rate(rules: Funding, index: Fraction, bid: Fraction, ask: Fraction) -> Fraction:
    """The hourly rate from the impact prices; RuleRefused where the ask is below the bid."""
    require(index > 0, "the index must be above 0")
    require(ask >= bid, "the impact ask must not be below the impact bid")
    premium = (max(ZERO, bid - index) - max(ZERO, index - ask)) / index
    return clamped(premium / rules.convergence_hours + rules.static, -rules.rate_max, rules.rate_max)


def funding_of(rate: Fraction, index: Fraction, seconds: int, position: Fraction) -> Fraction:
    """What a position is paid (negative: pays) for so many seconds."""
    return -position * rate * index * Fraction(seconds, 3_600)


def profit_of(position: Fraction, entry: Fraction, mark: Fraction) -> Fraction:
    """Profit of a perp position since its last mark; a trade comes after it, so it is on the size before."""
    return (mark - entry) * position


def payout(settlement_less_strike: Fraction, is_call: bool, balance: Fraction) -> Fraction:
    """Cash from an option at expiry, negative for shorts."""
    return balance * max(settlement_less_strike if is_call else -settlement_less_strike, ZERO)


def open_interest_fee(
    price: Fraction, amount: Fraction, rate: Fraction, least: Fraction, *, increased: bool
) -> Fraction:
    """What each trader of a trade pays when it raised the open interest; at least ``least`` where it is not 0."""
    if not increased:
        return ZERO
    fee = abs(amount) * price * rate
    return max(fee, least) if fee > 0 else ZERO


class InterestRates(NamedTuple):
    """The cash asset's rate model: a slope up to the optimal utilisation, a steeper one from there; per year."""

    least: Fraction
    slope: Fraction
    slope_high: Fraction
    optimal: Fraction


def utilisation(supply: Fraction, borrowed: Fraction, net_settled: Fraction = ZERO) -> Fraction:
    """Share of supply that is borrowed, at most 1; cash burned by settlements still counts as supply."""
    counted = supply + max(ZERO, -net_settled)
    return ZERO if borrowed == 0 or counted == 0 else min(borrowed / counted, ONE)


def borrow_rate(rules: InterestRates, used: Fraction) -> Fraction:
    """The rate per year at a utilisation."""
    below, above = min(used, rules.optimal), max(used - rules.optimal, ZERO)
    return rules.least + below * rules.slope + above * rules.slope_high


def interest_factor(rate: Fraction, seconds: int) -> float:
    """exp(rate·τ) − 1; RuleRefused for no time at all."""
    require(seconds > 0, "interest accrues over a time above 0")
    return math.expm1(float(rate * seconds / YEAR_SECONDS))


class Accrued(NamedTuple):
    """Interest of one step, and the part of it that goes to the security module."""

    interest: float
    to_module: float


def accrued(borrowed: Fraction, factor: float, module_share: Fraction) -> Accrued:
    """Interest on what is borrowed."""
    interest = float(borrowed) * factor
    return Accrued(interest, interest * float(module_share))


def exchange_rate(
    stable: Fraction, supply: Fraction, borrowed: Fraction = ZERO, fees: Fraction = ZERO, net_settled: Fraction = ZERO
) -> Fraction:
    """Stablecoins paid for a unit of cash: 1 while the asset is solvent."""
    cash = supply + fees - borrowed - net_settled
    return ONE if cash <= 0 else min(ONE, stable / cash)


@dataclass(frozen=True)
class Payout:
    """What the security module paid, and what it has left."""

    paid: Fraction
    left: Fraction


def module_payout(cash: Fraction, requested: Fraction) -> Payout:
    """The module pays what it has, at most what is asked for."""
    require(cash >= 0 and requested >= 0, "cash and the request must not be negative")
    paid = min(cash, requested)
    return Payout(paid, cash - paid)


def fees_after_loss(fees: Fraction, loss: Fraction) -> Fraction:
    """Fees kept for the module after a socialised loss: they cover it whole, or are gone."""
    return fees - loss if loss <= fees else ZERO


def transferred(portion: Fraction, balances: Sequence[Fraction]) -> list[Fraction]:
    """What a bidder receives of each balance."""
    require(ZERO <= portion <= ONE, "a portion is within 0 .. 1")
    return [portion * one for one in balances]
