"""Auctions of collateral: keepers start them, liquidators buy when the price has fallen to what the coins are worth.

Worth is the mark less half a spread and a premium for risk. Keepers are the same accounts: whoever sees that there is
no auction, or one that is over, starts it, and the first to arrive is owed for that.
"""

from dataclasses import dataclass

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.slices import of_case
from plimsoll.sim.view import Flags, Floats, View
from plimsoll.units.limits import PPB
from plimsoll.units.tables import Ints


@dataclass(frozen=True)
class Auctions:
    """Accounts whose next leg is collateral: one row each. ``price``: of the mark, its price; 0 for none."""

    account: Ints
    instrument: Ints
    lots: Ints
    price: Floats

    def running(self) -> Flags:
        """Those that may be bid in."""
        result: Flags = self.price > 0
        return result


def auctions_of(view: View, account: Ints, instrument: Ints, lots: Ints) -> Auctions:
    """What can be bought of the legs given, and at which price; or started."""
    policy, curve = view.setup.policy, view.setup.curve("curve_collateral")
    if curve is None or not len(account):
        return Auctions(account[:0], instrument[:0], lots[:0], np.zeros(0))
    top = of_case(view, account, "auction_top").astype(np.float64)
    elapsed = view.time_ms - of_case(view, account, "auction_since")
    part = curve.values(elapsed)
    running = of_case(view, account, "auction_instrument") == instrument
    running &= (elapsed <= policy["collateral_tail"]) & (part >= policy["collateral_cusp"] / PPB)
    price = np.where(running, top * part / np.maximum(view.marks[instrument], 1), 0.0)
    return Auctions(account, instrument, lots, price)


def starts(auctions: Auctions, keeper: int, seen: Flags) -> Commands:
    """Auctions a keeper starts or starts again."""
    own = seen & ~auctions.running()
    return commands.auctions(auctions.account[own], keeper, auctions.instrument[own])


def purchases(view: View, auctions: Auctions, bidder: int, seen: Flags, cost: Floats, cash: float) -> Commands:
    """What a liquidator buys, the cheapest first, with the cash it is ready to spend."""
    worth = view.notional(auctions.instrument, auctions.lots)
    gain = 1 - cost[auctions.instrument] - auctions.price
    order = np.argsort(-gain, kind="stable")
    order = order[(seen & auctions.running() & (gain > 0))[order]]
    paid = (worth * auctions.price)[order]
    left = cash - (np.cumsum(paid) - paid)
    part = np.clip(left / np.maximum(paid, 1), 0, 1)
    lots = np.trunc(auctions.lots[order] * part).astype(np.int64)
    order, lots = order[lots > 0], lots[lots > 0]
    return commands.bids(auctions.account[order], bidder, auctions.instrument[order], lots)
