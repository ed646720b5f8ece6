"""Liquidators' bids on portfolio accounts: a slice of everything they hold, so that what hedges goes along.

A slice pays the discount in force on the equity taken, or below zero an incentive on the maintenance margin taken over
(docs/commands.md, 11.1 and 11.2). The bidder expects to bind as much initial margin as the account itself needed for
the slice, and to lose half a spread and a premium for risk on every contract; it bids as soon as that is paid for.
"""

from dataclasses import dataclass, fields

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.view import Flags, Floats, View
from plimsoll.units.limits import PPB
from plimsoll.units.messages import BATCH_OPEN, MODE_PORTFOLIO, PAUSE_SLICE, STAGE_LIQUIDATING
from plimsoll.units.tables import Ints

PART_MIN_PPB = 1_000_000
"""Slices go in thousandths."""


@dataclass(frozen=True)
class Slices:
    """Portfolio accounts whose slices may be bid for: one row each, for the whole of it; ``whole``: no less is sold."""

    account: Ints
    notional: Floats
    """[account, instrument], micros; coins and options among them."""
    reward: Floats
    initial: Floats
    age_ms: Ints
    whole: Flags

    def only(self, chosen: Flags) -> "Slices":
        """Some of them."""
        return Slices(*(getattr(self, one.name)[chosen] for one in fields(self)))


def liquidating(view: View) -> Ints:
    """Accounts in liquidation, solvent or not."""
    used = int(view.pool.totals[0]["accounts"])
    return np.flatnonzero(np.asarray(view.pool.accounts["stage"][:used]) == STAGE_LIQUIDATING)


def in_liquidation(view: View) -> Ints:
    """Solvent accounts in liquidation."""
    accounts = liquidating(view)
    return accounts[view.equity[accounts] >= 0]


def is_portfolio(view: View, accounts: Ints) -> Flags:
    """Which of the accounts are margined as portfolios."""
    result: Flags = np.asarray(view.pool.accounts["mode"][accounts]) == MODE_PORTFOLIO
    return result


def of_case(view: View, accounts: Ints, name: str) -> Ints:
    """A column of the accounts' cases; 0 for an account without one."""
    row = np.asarray(view.pool.accounts["case"][accounts])
    return np.where(row > 0, np.asarray(view.pool.cases[name])[row], 0)


def slices_of(view: View) -> Slices:
    """What may be sliced now."""
    accounts = liquidating(view)
    accounts = accounts[is_portfolio(view, accounts)]
    if view.setup.policy["pauses"] & PAUSE_SLICE:
        accounts = accounts[:0]
    accounts = accounts[of_case(view, accounts, "batch") != BATCH_OPEN]
    insolvent_since = of_case(view, accounts, "insolvent_since")
    offered = (view.equity[accounts] >= 0) | (insolvent_since > 0)
    return offers(view, accounts[offered])


def offers(view: View, accounts: Ints) -> Slices:
    """The whole of each of the accounts, at the price of this moment."""
    lots = view.lots(accounts)
    numbers = np.broadcast_to(np.arange(lots.shape[1]), lots.shape)
    required = view.margin_maintenance[accounts]
    since = np.asarray(view.pool.accounts["stage_since"][accounts])
    solvent = view.equity[accounts] >= 0
    reward = np.where(solvent, paid_for(view, accounts), paid_below_zero(view, accounts))
    return Slices(
        accounts,
        view.notional(numbers, lots),
        reward,
        view.margin_initial[accounts].astype(np.float64),
        view.time_ms - since,
        required <= view.setup.policy["slice_whole"],
    )


def paid_for(view: View, accounts: Ints) -> Floats:
    """What a bidder gets for all of each account at the discount in force, micros."""
    curve = view.setup.curve("curve_slice")
    if curve is None:
        discount: Floats = np.full(len(accounts), view.setup.policy["slice_discount"] / PPB)
    else:
        discount = np.minimum(curve.values(view.time_ms - of_case(view, accounts, "slice_since")), 1.0)
    return discount * offered_equity(view, accounts)


def offered_equity(view: View, accounts: Ints) -> Floats:
    """The equity a discount is on, less what of the discount the fund takes."""
    kept = 1 - view.setup.policy["fund_share"] / PPB
    offered = view.equity[accounts] - of_case(view, accounts, "reserved_cash")
    result: Floats = np.maximum(offered, 0).astype(np.float64) * kept
    return result


def paid_below_zero(view: View, accounts: Ints) -> Floats:
    """What the insurance pays a bidder for all of each insolvent account, micros."""
    curve = view.setup.curve("curve_insolvent")
    if curve is None:
        return np.zeros(len(accounts))
    incentive = curve.values(view.time_ms - of_case(view, accounts, "insolvent_since"))
    result: Floats = incentive * view.margin_maintenance[accounts]
    return result


def bids_on(slices: Slices, bidder: int, ready: Flags, cost: Floats, room: float, count_max: int) -> Commands:
    """One liquidator's bids: the most profitable first, as far as ``room`` (micros of initial margin) reaches."""
    order, part = chosen_parts(slices, slices.reward - slices.notional @ cost, ready, room, count_max)
    return commands.slice_bids(slices.account[order], bidder, part)


def chosen_parts(slices: Slices, profit: Floats, ready: Flags, room: float, count_max: int) -> tuple[Ints, Ints]:
    """Which slices a bidder wants, by place, and the part of each in ppb: the most profitable first."""
    order = np.argsort(-profit, kind="stable")
    order = order[(ready & (profit > 0))[order]][:count_max]
    needed = slices.initial[order]
    left = room - (np.cumsum(needed) - needed)
    part = np.trunc(np.clip(left / np.maximum(needed, 1), 0, 1) * PPB).astype(np.int64)
    wanted = (part >= PART_MIN_PPB) & (~slices.whole[order] | (part == PPB))
    return order[wanted], part[wanted]
