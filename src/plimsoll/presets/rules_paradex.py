"""Paradex's rules of standard margin: initial margin with open orders, partial liquidation, socialised loss.

Units: dollars, coins and shares as exact fractions. Initial margin is asked of the engine, whose worst size of open
orders is the same rule. Source: tradeparadex/paradex-docs, as described in docs/presets.md.
"""

import math
from fractions import Fraction
from typing import NamedTuple

from plimsoll.presets.measure import BeyondLimits, Held, measure
from plimsoll.presets.rounding import require


def initial_margin(position: Fraction, bids: Fraction, asks: Fraction, rate: Fraction, mark: Fraction) -> Fraction:
    """max(position + bids, asks - position) * rate * mark; without fee provision and open loss.

    Where mark and sizes have more digits than the engine, the published formula.
    """
    require(bids >= 0 and asks >= 0, "open sizes must not be negative")
    per_coin = math.lcm(position.denominator, bids.denominator, asks.denominator)
    lots, bid_lots, ask_lots = (int(size * per_coin) for size in (position, bids, asks))
    held = Held(lots=lots, price=mark / per_coin, initial=rate, maintenance=rate, bids=bid_lots, asks=ask_lots)
    try:
        return measure(0, [held]).parts[0].initial
    except BeyondLimits:
        return max(abs(position + bids), abs(position - asks)) * rate * mark


class Share(NamedTuple):
    """An account after a share of it was liquidated; the ratio is MMR over value in percent, half up to a tenth."""

    maintenance: Fraction
    penalty: Fraction
    value: Fraction
    ratio_percent: Fraction


def liquidate_share(value: Fraction, required: Fraction, share: Fraction, fee: Fraction) -> Share:
    """The share leaves with its requirement; the fee is taken of the requirement it frees."""
    penalty = share * fee * required
    left, worth = required * (1 - share), value - penalty
    require(worth > 0, "the account has no value left to measure its requirement by")
    return Share(left, penalty, worth, Fraction(math.floor(left / worth * 1000 + Fraction(1, 2)), 10))


def balance_after(balance: Fraction, unrealised: Fraction, share: Fraction, penalty: Fraction) -> Fraction:
    """The balance once the share's profit is realised and the penalty paid."""
    return balance + unrealised * share - penalty


def socialised_factor(loss: Fraction, total: Fraction) -> Fraction:
    """The share of a withdrawal held back: loss over loss and balances, the documented formula."""
    require(loss >= 0 and total + loss > 0, "there must be balances or a loss")
    return loss / (total + loss)
