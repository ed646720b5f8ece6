"""Derive's inline cases of auctions: bids and prices by the rules of ``presets.derive_auction``."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import number
from plimsoll.conform.derive_numbers import Inputs, wad_of, wad_out
from plimsoll.presets import derive_auction as auction
from plimsoll.presets import derive_feeds as feeds
from plimsoll.presets.derive_auction import AuctionRules
from plimsoll.presets.rounding import RuleRefused


def _auction_rules(inputs: Inputs) -> AuctionRules:
    given = inputs["params"]
    return AuctionRules(
        start=wad_of(given, "startingMtMPercentage"),
        cutoff=wad_of(given, "fastAuctionCutoffPercentage"),
        fast_seconds=int(number(given, "fastAuctionLength")),
        slow_seconds=int(number(given, "slowAuctionLength")),
        # A case named "len=0" asks for an insolvent auction that is over at once.
        insolvent_seconds=int(number(given, "insolventAuctionLength")),
        fee=wad_of(given, "liquidatorFeeRate"),
        buffer=wad_of(given, "bufferMarginPercentage"),
        small=_first_of("mtmCutoff", given, inputs),
    )


def _first_of(key: str, *tables: Inputs) -> Fraction:
    """A figure from the first table that has it, else 0."""
    return next((wad_of(one, key) for one in tables if key in one), Fraction(0))


def _discount(inputs: Inputs) -> Mapping[str, Any]:
    return {"discount": wad_out(auction.discount(_auction_rules(inputs), int(number(inputs, "elapsedSec"))))}


def _insolvent_price(inputs: Inputs) -> Mapping[str, Any]:
    margins = (wad_of(inputs, "maintenanceMargin"), wad_of(inputs, "markToMarket"))
    price = auction.insolvent_price(_auction_rules(inputs), *margins, int(number(inputs, "elapsedSec")))
    return {"bidPrice": wad_out(price)}


def _insolvent_bid(inputs: Inputs) -> Mapping[str, Any]:
    margins = (wad_of(inputs, "maintenanceMargin"), wad_of(inputs, "markToMarket"))
    limit = _first_of("priceLimit", inputs)
    rules, elapsed, wanted = _auction_rules(inputs), int(number(inputs, "elapsedSec")), wad_of(inputs, "percent")
    try:
        bid = auction.insolvent_bid(rules, *margins, elapsed, wanted, limit)
    except RuleRefused:
        return {"accepted": False, "error": True}
    return {
        "accepted": True,
        "finalPercentage": wad_out(bid.share),
        "cashFromBidder": wad_out(max(bid.cash, Fraction(0))),
        "cashToBidder": wad_out(max(-bid.cash, Fraction(0))),
        "auctionEnds": bid.ends,
    }


def _solvent_bid(inputs: Inputs) -> Mapping[str, Any]:
    rules, elapsed = _auction_rules(inputs), int(number(inputs, "elapsedSec"))
    maintenance, value = wad_of(inputs, "maintenanceMargin"), wad_of(inputs, "markToMarket")
    reserved = _first_of("reservedCash", inputs)
    ended = auction.solvent_ended(rules, maintenance, value, reserved)
    buffer = auction.buffer_margin(rules, maintenance, value)
    found: dict[str, Any] = {"bufferMargin": wad_out(buffer), "canTerminate": ended}
    if ended:
        return found | {"error": True}
    found["bidPrice"] = wad_out(auction.price_of_all(rules, value, reserved, elapsed))
    largest = auction.largest_share(rules, value, buffer, auction.discount(rules, elapsed), reserved)
    found |= {"maxProportion": wad_out(largest), "maxProportion_div_1e15": wad_out(largest) // 10**15}
    if "percent" in inputs:
        wanted, limit = wad_of(inputs, "percent"), _first_of("priceLimit", inputs)
        try:
            bid = auction.solvent_bid(rules, maintenance, value, reserved, elapsed, wanted, limit=limit)
        except RuleRefused:
            return found | {"accepted": False, "error": True}
        found["accepted"] = True
        found |= {"finalPercentage": wad_out(bid.share), "cashFromBidder": wad_out(bid.cash), "auctionEnds": bid.ends}
    return found


def _execute_bid(inputs: Inputs) -> Mapping[str, Any]:
    portion, paid, reserved = (wad_of(inputs, key) for key in ("portion", "bid", "reservedCash"))
    account, bidder = ({key: wad_of(inputs[who], key) for key in ("cash", "asset")} for who in ("account", "bidder"))
    bid = auction.Bid(portion, paid, False)
    cash, asset = feeds.transferred(portion, (account["cash"] - reserved, account["asset"]))
    return {
        "account": {
            "cash": wad_out(auction.cash_left(account["cash"], reserved, bid, solvent=True)),
            "asset": wad_out(account["asset"] - asset),
        },
        "bidder": {"cash": wad_out(bidder["cash"] + cash - paid), "asset": wad_out(bidder["asset"] + asset)},
    }


GROUPS: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    "auction_discount": _discount,
    "auction_insolvent_price": _insolvent_price,
    "auction_insolvent_bid": _insolvent_bid,
    "auction_solvent_bid": _solvent_bid,
    "execute_bid": _execute_bid,
}
