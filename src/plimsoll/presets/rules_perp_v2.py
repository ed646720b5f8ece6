"""Perpetual v2's named rules: how much of a position or of collateral a liquidator may take, and realised profit.

Units: dollars and tokens as exact fractions, cut to the decimals named. Source: perpetual-protocol/perp-curie-contract,
as described in docs/presets.md.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.rounding import require, scaled

SMALL_POSITION: Final = 100
SETTLEMENT_DECIMALS: Final = 6
WAD: Final = 18


@dataclass(frozen=True, kw_only=True)
class CollateralTerms:
    """The collateral manager's parameters."""

    discount: Fraction
    fund_fee: Fraction
    ratio: Fraction
    dust: Fraction


def repay_max(debt: Fraction, terms: CollateralTerms) -> Fraction:
    """The most a liquidator may repay: a share of a debt above dust, and the fund's fee on top; cut to 18 decimals."""
    require(terms.fund_fee < 1, "the fund's fee must be below 1")
    share = debt * terms.ratio if debt > terms.dust else debt
    return scaled(share / (1 - terms.fund_fee), WAD)


def collateral_for(repaid: Fraction, price: Fraction, discount: Fraction, decimals: int) -> Fraction:
    """Collateral given for what was repaid: rounded up at 18 decimals, then cut to the token's."""
    require(price > 0 and discount < 1, "the price must be above 0 and the discount below 1")
    return scaled(scaled(repaid / (price * (1 - discount)), WAD, up=True), decimals)


def repaid_for(collateral: Fraction, price: Fraction, discount: Fraction) -> Fraction:
    """What an amount of collateral repays, cut to 6 decimals."""
    return scaled(collateral * price * (1 - discount), SETTLEMENT_DECIMALS)


class Liquidatable(NamedTuple):
    """Dollars repaid (6 decimals) for collateral taken."""

    repaid: Fraction
    collateral: Fraction


def liquidatable(
    debt: Fraction, balance: Fraction, decimals: int, price: Fraction, terms: CollateralTerms
) -> Liquidatable:
    """The most that may be repaid, and the collateral for it, as far as the balance goes."""
    repaid = repay_max(debt, terms)
    wanted = collateral_for(repaid, price, terms.discount, decimals)
    if wanted > balance:
        return Liquidatable(repaid_for(balance, price, terms.discount), balance)
    return Liquidatable(scaled(repaid, SETTLEMENT_DECIMALS), wanted)


def liquidatable_share(value: Fraction, required: Fraction, total: Fraction, position: Fraction) -> Fraction:
    """The share of a position that may be liquidated, by account value and maintenance; cut to 6 decimals."""
    if value >= required:
        return Fraction(0)
    if position <= SMALL_POSITION or value < required / 2:
        return Fraction(1)
    return scaled(min(Fraction(1), total / (2 * position)), SETTLEMENT_DECIMALS)


def realised(quote: Fraction, open_notional: Fraction, closed: Fraction) -> Fraction:
    """Profit of closing a share of a position: what was received and that share of what it was opened at."""
    return quote + open_notional * closed
