"""Liquidators' bids on portfolio accounts: a slice of everything they hold, so that what hedges goes along.

A slice pays a discount on the equity taken (docs/portfolio-margin.md, §10). The bidder expects to bind as much initial
margin as the account itself needed for the slice, and to lose half a spread and a premium for risk on every contract.
"""

from dataclasses import dataclass

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.view import Flags, Floats, View
from plimsoll.units.limits import PPB
from plimsoll.units.messages import MODE_PORTFOLIO, STAGE_LIQUIDATING
from plimsoll.units.tables import Ints

PART_MIN_PPB = 1_000_000
"""Slices go in thousandths."""


@dataclass(frozen=True)
class Slices:
    """Solvent portfolio accounts in liquidation: one row each, for the whole of it."""

    account: Ints
    notional: Floats
    """[account, instrument], micros; coins and options among them."""
    reward: Floats
    initial: Floats
    age_ms: Ints


def in_liquidation(view: View) -> Ints:
    """Solvent accounts in liquidation."""
    used = int(view.pool.totals[0]["accounts"])
    accounts = np.flatnonzero(np.asarray(view.pool.accounts["stage"][:used]) == STAGE_LIQUIDATING)
    return accounts[view.equity[accounts] >= 0]


def is_portfolio(view: View, accounts: Ints) -> Flags:
    """Which of the accounts are margined as portfolios."""
    result: Flags = np.asarray(view.pool.accounts["mode"][accounts]) == MODE_PORTFOLIO
    return result


def slices_of(view: View) -> Slices:
    """What may be sliced."""
    accounts = in_liquidation(view)
    accounts = accounts[is_portfolio(view, accounts)]
    lots = view.lots(accounts)
    numbers = np.broadcast_to(np.arange(lots.shape[1]), lots.shape)
    policy = view.setup.policy
    to_bidder = policy["slice_discount"] / PPB * (1 - policy["fund_share"] / PPB)
    since = np.asarray(view.pool.accounts["stage_since"][accounts])
    return Slices(
        accounts,
        view.notional(numbers, lots),
        view.equity[accounts].astype(np.float64) * to_bidder,
        view.margin_initial[accounts].astype(np.float64),
        view.time_ms - since,
    )


def bids_on(slices: Slices, bidder: int, ready: Flags, cost: Floats, room: float, count_max: int) -> Commands:
    """One liquidator's bids: the most profitable first, as far as ``room`` (micros of initial margin) reaches."""
    profit = slices.reward - slices.notional @ cost
    order = np.argsort(-profit, kind="stable")
    order = order[(ready & (profit > 0))[order]][:count_max]
    needed = slices.initial[order]
    left = room - (np.cumsum(needed) - needed)
    part = np.trunc(np.clip(left / np.maximum(needed, 1), 0, 1) * PPB).astype(np.int64)
    order, part = order[part >= PART_MIN_PPB], part[part >= PART_MIN_PPB]
    return commands.slice_bids(slices.account[order], bidder, part)
