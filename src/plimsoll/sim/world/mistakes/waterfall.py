"""Mistakes with what bids, pauses and calls ask for. Each function is named after the rule it breaks."""

import numpy as np

from plimsoll.book.rows import PolicyRow
from plimsoll.sim.world.claims import OVER, batch_phase, case_of, policy_of
from plimsoll.sim.world.mistakes.auctions import rich
from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import MICROS_MAX, PPB
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_RESERVE,
    COMMAND_SET_POLICY,
    COMMAND_STAKE,
    MODE_PORTFOLIO,
    PAUSE_ALL,
    STAGE_COOLING,
)


def rule_for_a_moment(slip: Slip, **changes: int) -> list[int]:
    """Set another policy; the words of the one there was, to be set again."""
    policy = policy_of(slip.sight)
    names = PolicyRow.__annotations__
    slip.out.post(COMMAND_SET_POLICY, [changes.get(name, int(policy[name])) for name in names])
    return [int(policy[name]) for name in names]


def portfolios(slip: Slip) -> list[int]:
    """Portfolio accounts in liquidation that are offered in slices now."""
    sight = slip.sight
    accounts = [one for one in sight.liquidating.tolist() if sight.accounts["mode"][one] == MODE_PORTFOLIO]
    return [one for one in accounts if batch_phase(sight, one) == OVER]


def bid(slip: Slip, account: int, **fields: int) -> None:
    """For a slice, by somebody with money."""
    slip.out.send(COMMAND_BID, account=account, counterparty=rich(slip, account)[0], **fields)


def account_must_not_be_cooling_off(slip: Slip) -> None:
    """A new order right after a liquidation."""
    for account in np.flatnonzero(slip.sight.stage == STAGE_COOLING).tolist():
        for side in (1, -1):
            lots = side * slip.small(slip.contract)
            fields = {"instrument": slip.contract, "lots": lots, "price": slip.price}
            slip.out.send(COMMAND_RESERVE, account=account, **fields)


def counterparty_must_not_be_cooling_off(slip: Slip) -> None:
    """A bid by somebody who was liquidated a moment ago."""
    cooling = np.flatnonzero(slip.sight.stage == STAGE_COOLING).tolist()
    for bidder in cooling[:3]:
        fields = {"counterparty": bidder, "instrument": slip.contract, "lots": 1}
        slip.out.send(COMMAND_BID, account=slip.pick(slip.sight.liquidating, slip.account), **fields)


def bidder_must_be_endorsed(slip: Slip) -> None:
    """A bid of somebody the venue does not know, while its own come first."""
    accounts = slip.sight.liquidating
    if len(accounts):
        before = rule_for_a_moment(slip, endorsed_first=10**9)
        account = slip.pick(accounts)
        bid(slip, account, instrument=slip.contract, lots=1)
        slip.out.post(COMMAND_SET_POLICY, before)


def mechanism_must_not_be_paused(slip: Slip) -> None:
    """Everything rests for a moment, and somebody wants to stake."""
    before = rule_for_a_moment(slip, pauses=PAUSE_ALL)
    slip.out.send(COMMAND_STAKE, account=slip.account, instrument=1, amount=1)
    slip.out.post(COMMAND_SET_POLICY, before)


def state_must_be_as_expected(slip: Slip) -> None:
    """A bid for what the account held yesterday."""
    accounts = slip.sight.liquidating
    if len(accounts):
        account = slip.pick(accounts)
        leg = max(0, int(np.asarray(slip.sight.view.next_legs(accounts[accounts == account]))[0]))
        bid(slip, account, instrument=leg, lots=1, amount=slip.sight.view.state_number(account) + 1)


def payment_must_reach_limit(slip: Slip) -> None:
    """A bid for a slice that wants to be paid more than there is."""
    for account in portfolios(slip):
        bid(slip, account, lots=PPB // 100, price=MICROS_MAX)


def slice_must_be_whole(slip: Slip) -> None:
    """A part of what goes whole only."""
    found = portfolios(slip)
    if found:
        before = rule_for_a_moment(slip, slice_whole=MICROS_MAX)
        for account in found:
            bid(slip, account, lots=PPB // 2)
        slip.out.post(COMMAND_SET_POLICY, before)


def slice_must_move_lots(slip: Slip) -> None:
    """A part of less than one lot."""
    for account in portfolios(slip):
        bid(slip, account, lots=1)


def insurance_must_cover(slip: Slip) -> None:
    """The insurance is asked for more than the day allows."""
    found = [one for one in portfolios(slip) if case_of(slip.sight, one)["insolvent_since"] > 0]
    if found:
        before = rule_for_a_moment(slip, quota_day=0)
        for account in found:
            bid(slip, account, lots=PPB)
        slip.out.post(COMMAND_SET_POLICY, before)
