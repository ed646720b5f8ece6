"""Mistakes of oracles and liquidators. Each function is named after the rule it breaks."""

from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_MARK,
    COMMAND_REALISE,
    COMMAND_RESERVE,
    COMMAND_SET_MODE,
    KIND_OPTION,
    MODE_PORTFOLIO,
    MODE_STANDARD,
)


def mark(slip: Slip, **changes: int) -> None:
    """The price as it is, with something changed."""
    fields = {"instrument": slip.contract, "time": slip.sight.time_ms, "price": slip.price, "sources": 5}
    slip.out.send(COMMAND_MARK, **(fields | changes))


def premium_must_be_within_limit(slip: Slip) -> None:
    """A premium of twice the price."""
    mark(slip, premium=slip.pick((2, -2)) * PPB)


def confidence_must_not_be_negative(slip: Slip) -> None:
    """Surer than sure."""
    mark(slip, confidence=-1)


def sources_must_not_be_negative(slip: Slip) -> None:
    """Fewer than none."""
    mark(slip, sources=-1)


def mark_must_be_within_limit(slip: Slip) -> None:
    """A price above the largest."""
    mark(slip, price=int(slip.sight.rows["mark_max"][slip.contract]) + 1)


def mark_must_come_from_arrays(slip: Slip) -> None:
    """A price for an option."""
    options = slip.of_kind(KIND_OPTION)
    if options:
        mark(slip, instrument=slip.pick(options), price=1)


def bid(slip: Slip, account: int, **changes: int) -> None:
    """A liquidator's bid with something changed."""
    bidder = max(slip.sight.makers, key=lambda one: float(slip.sight.free[one]))
    fields = {"counterparty": bidder, "instrument": slip.contract, "lots": slip.small(slip.contract)}
    slip.out.send(COMMAND_BID, account=account, **(fields | changes))


def account_must_be_liquidating(slip: Slip) -> None:
    """A bid on somebody healthy."""
    bid(slip, slip.account)


def account_must_be_solvent(slip: Slip) -> None:
    """A bid on the contracts of somebody ruined, while he waits to be resolved."""
    for account in slip.sight.liquidating.tolist():
        if slip.sight.equity[account] < 0:
            held = [one for one in slip.sight.contracts if slip.sight.held[account, one] != 0]
            bid(slip, account, instrument=slip.pick(held, slip.contract))


def leg_must_be_next(slip: Slip) -> None:
    """A bid on a leg of one's own choice."""
    for account in slip.sight.liquidating.tolist():
        if slip.sight.equity[account] >= 0:
            legs = slip.sight.view.next_legs(slip.sight.liquidating)
            chosen = int(legs[slip.sight.liquidating.tolist().index(account)])
            others = [n for n in range(1, slip.sight.instruments) if n != chosen and slip.sight.is_open(n)]
            bid(slip, account, instrument=slip.pick(others, slip.contract))


def mark_must_be_within_price_limit(slip: Slip) -> None:
    """A bid with a limit the mark has left behind."""
    liquidating = slip.sight.liquidating
    for account, leg in zip(liquidating.tolist(), slip.sight.view.next_legs(liquidating), strict=True):
        if leg > 0 and slip.sight.equity[account] >= 0:
            held = int(slip.sight.lots[account, leg])
            limit = max(1, int(slip.sight.marks[leg]) // 2) if held > 0 else int(slip.sight.marks[leg]) * 2
            bid(slip, account, instrument=int(leg), lots=max(1, abs(held)), price=limit)


def slice_must_be_within_limit(slip: Slip) -> None:
    """More than everything."""
    modes = slip.sight.accounts["mode"]
    portfolio = [one for one in slip.sight.owned.tolist() if modes[one] == MODE_PORTFOLIO]
    liquidating = [one for one in slip.sight.liquidating.tolist() if modes[one] == MODE_PORTFOLIO]
    if portfolio:
        bid(slip, slip.pick(liquidating, slip.pick(portfolio)), instrument=0, lots=2 * PPB)


def account_must_not_be_liquidating(slip: Slip) -> None:
    """An order, and another mode, while in liquidation."""
    for account in slip.sight.liquidating.tolist():
        slip.out.send(COMMAND_RESERVE, account=account, instrument=slip.contract, lots=1, price=slip.price)
        slip.out.send(COMMAND_SET_MODE, account=account, flags=slip.pick((MODE_STANDARD, MODE_PORTFOLIO)))


def mark_must_allow_settle(slip: Slip) -> None:
    """Realising what cannot be priced, where something cannot."""
    blocked = [one for one in range(1, slip.sight.instruments) if slip.sight.rows["blocks"][one]]
    for number in blocked:
        for account in slip.sight.owned.tolist():
            if slip.sight.lots[account, number] != 0:
                slip.out.send(COMMAND_REALISE, account=account, instrument=number)
                return
