"""Derive's liquidation auctions as named rules: what share of an account may be bought, and at which price.

Numbers are exact (int or Fraction, tokens and shares); the venue keeps 18 decimals and truncates, which is the caller's
to do. Symbols: M = maintenance margin net of equity (below 0 in breach), E mark to market, R cash already paid in by
bidders (it stays with the account), d the discount, B = M + buffer·(M − E) the buffer margin.

    price of all   P = (E − R)·d
    largest share  f = min(B, 0) / (min(B, 0) − E·d − R·(1 − d)), all below the cut-off of small accounts

The engine sells slices by its own rule (docs/portfolio-margin.md, §10). Source: DutchAuction of derivexyz/v2-core at
7736900.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.rounding import require

ONE: Final = Fraction(1)
ZERO: Final = Fraction(0)


@dataclass(frozen=True, kw_only=True)
class AuctionRules:
    """Lengths in seconds, shares as fractions, ``small`` the mark to market below which all is sold, in tokens."""

    start: Fraction
    cutoff: Fraction
    fast_seconds: int
    slow_seconds: int
    insolvent_seconds: int
    fee: Fraction
    buffer: Fraction
    small: Fraction = ZERO


DEPLOYED: Final = AuctionRules(
    start=Fraction("0.95"),
    cutoff=Fraction("0.7"),
    fast_seconds=900,
    slow_seconds=43_200,
    insolvent_seconds=3_600,
    fee=Fraction("0.1"),
    buffer=Fraction("0.15"),
)
"""Deployment defaults (scripts/config-mainnet.sol)."""


class Bid(NamedTuple):
    """The share sold, the cash the bidder pays (negative: is paid), and whether the auction ends with it."""

    share: Fraction
    cash: Fraction
    ends: bool


def discount(rules: AuctionRules, elapsed: int) -> Fraction:
    """d after so many seconds: fast from start to cut-off, slowly from there to nothing."""
    require(elapsed >= 0, "an auction cannot have run for less than no time")
    if elapsed < rules.fast_seconds:
        return rules.start - (rules.start - rules.cutoff) * Fraction(elapsed, rules.fast_seconds)
    if elapsed >= rules.fast_seconds + rules.slow_seconds:
        return ZERO
    return rules.cutoff * (1 - Fraction(elapsed - rules.fast_seconds, rules.slow_seconds))


def buffer_margin(rules: AuctionRules, maintenance: Fraction, value: Fraction) -> Fraction:
    """B, at which a solvent auction is over."""
    return maintenance + rules.buffer * (maintenance - value)


def largest_share(rules: AuctionRules, value: Fraction, buffer: Fraction, d: Fraction, reserved: Fraction) -> Fraction:
    """f: the share whose sale brings the buffer margin to 0; RuleRefused if nothing could."""
    if value < rules.small:
        return ONE
    short = min(buffer, ZERO)
    remaining = short - value * d - reserved * (1 - d)
    require(remaining != 0 or short == 0, "the account has no value: no share of it restores its margin")
    return ZERO if short == 0 else short / remaining


def share_for_sale(
    rules: AuctionRules, maintenance: Fraction, value: Fraction, reserved: Fraction, elapsed: int
) -> Fraction:
    """f as it stands: nothing of an account that is healthy again or has no value left."""
    buffer = buffer_margin(rules, maintenance, value)
    if buffer >= 0 or value < 0:
        return ZERO
    return largest_share(rules, value, buffer, discount(rules, elapsed), reserved)


def start_fee(rules: AuctionRules, maintenance: Fraction, value: Fraction) -> Fraction:
    """What a solvent account pays when its auction starts, to the security module."""
    if value <= 0:
        return ZERO
    share = largest_share(rules, value, buffer_margin(rules, maintenance, value), ONE, ZERO)
    return share * value * rules.fee


def price_of_all(rules: AuctionRules, value: Fraction, reserved: Fraction, elapsed: int) -> Fraction:
    """P of a solvent account; RuleRefused when the cash paid in exceeds its value."""
    require(reserved <= value, "the cash paid in exceeds the mark to market: the auction must be terminated")
    return (value - reserved) * discount(rules, elapsed)


def solvent_ended(rules: AuctionRules, maintenance: Fraction, value: Fraction, reserved: Fraction) -> bool:
    """Whether anyone may end a solvent auction: insolvent, bought out, or healthy again."""
    return value < 0 or reserved >= value or buffer_margin(rules, maintenance, value) >= 0


def solvent_bid(
    rules: AuctionRules,
    maintenance: Fraction,
    value: Fraction,
    reserved: Fraction,
    elapsed: int,
    wanted: Fraction,
    *,
    limit: Fraction = ZERO,
) -> Bid:
    """A bid for ``wanted`` of what the account is now, for ``limit`` at most (0 is none).

    RuleRefused when the auction should be terminated, or the bid costs more.
    """
    require(not solvent_ended(rules, maintenance, value, reserved), "the auction must be terminated")
    require(ZERO < wanted <= ONE, "a bid is for a share above 0 and at most all")
    price = price_of_all(rules, value, reserved, elapsed)
    buffer = buffer_margin(rules, maintenance, value)
    largest = largest_share(rules, value, buffer, discount(rules, elapsed), reserved)
    share = min(wanted, largest)
    require(limit == 0 or price * share <= limit, "the bid costs more than its limit: wait for the price to fall")
    return Bid(share, price * share, wanted >= largest)


def insolvent_price(rules: AuctionRules, maintenance: Fraction, value: Fraction, elapsed: int) -> Fraction:
    """The (negative) price of an insolvent account: from its mark to market down to its maintenance margin."""
    if maintenance >= 0:
        return ZERO
    if elapsed >= rules.insolvent_seconds:
        return maintenance
    first = min(value, ZERO)
    return first + (maintenance - first) * Fraction(elapsed, rules.insolvent_seconds)


def insolvent_bid(
    rules: AuctionRules, maintenance: Fraction, value: Fraction, elapsed: int, wanted: Fraction, limit: Fraction = ZERO
) -> Bid:
    """A bid on an insolvent account; ``limit`` (not above 0; 0 is none) the least that must be paid to the bidder."""
    require(ZERO < wanted <= ONE, "a bid is for a share above 0 and at most all")
    cash = insolvent_price(rules, maintenance, value, elapsed) * wanted
    require(limit == 0 or cash <= limit, "the payment is below the bidder's limit: wait for the price to fall")
    return Bid(wanted, cash, wanted == ONE)


def cash_left(cash: Fraction, reserved: Fraction, bid: Bid, *, solvent: bool) -> Fraction:
    """The account's cash after a bid: the share is of its own cash; what bidders paid in stays and grows (solvent)."""
    if solvent:
        return (cash - reserved) * (1 - bid.share) + reserved + bid.cash
    return cash * (1 - bid.share)
