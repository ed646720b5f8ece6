"""The case of an account: since when it has been called, and what a liquidation remembers from its start to its end."""

from plimsoll.book.cases import close_case, open_case
from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.batch import return_bonds
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import BATCH_OPEN, MODE_PORTFOLIO, PAUSE_BATCH


@rule
def call_deadline(pool: Pool, account: int) -> int:
    """When a call must be met."""
    return pool.cases[pool.accounts[account]["case"]]["called_since"] + pool.policy[0]["call_deadline"]


@command
def begin_call(pool: Pool, account: int) -> int:
    """Note since when the account has been called; returns the deadline.

    A call soon after the last is that call still, or a deposit for a moment would always buy a new deadline.
    """
    case = pool.cases[open_case(pool, account)]
    time = pool.totals[0]["time"]
    was_called = case["called_since"] > 0 and case["call_ended"] > 0
    if not was_called or time >= case["call_ended"] + pool.policy[0]["recall_after"]:
        case["called_since"] = time
    return call_deadline(pool, account)


@command
def end_call(pool: Pool, account: int) -> None:
    """Note when a call ended, where that matters to the next one."""
    row = pool.accounts[account]["case"]
    if row != 0 and pool.policy[0]["recall_after"] > 0:
        pool.cases[row]["call_ended"] = pool.totals[0]["time"]
    elif row != 0:
        forget_call(pool, account)


@command
def forget_call(pool: Pool, account: int) -> None:
    """Nothing of a call is remembered."""
    row = pool.accounts[account]["case"]
    if row != 0:
        pool.cases[row]["called_since"] = 0
        pool.cases[row]["call_ended"] = 0
        close_case(pool, account)


@command
def begin_case(pool: Pool, account: int) -> None:
    """A liquidation begins: slices are offered from now on, sealed bids first where the policy has them."""
    case = pool.cases[open_case(pool, account)]
    policy = pool.policy[0]
    case["called_since"] = 0
    case["call_ended"] = 0
    case["slice_since"] = pool.totals[0]["time"]
    is_portfolio = pool.accounts[account]["mode"] == MODE_PORTFOLIO
    if is_portfolio and policy["batch_commit"] > 0 and policy["pauses"] & PAUSE_BATCH == 0:
        case["batch"] = BATCH_OPEN


@command
def end_case(pool: Pool, account: int) -> None:
    """A liquidation is over: bonds go back, and nothing of it is remembered."""
    row = pool.accounts[account]["case"]
    if row == 0:
        return
    return_bonds(pool, account)
    case = pool.cases[row]
    case["reserved_cash"] = 0
    case["slice_since"] = 0
    case["insolvent_since"] = 0
    case["batch"] = 0
    case["auction_instrument"] = 0
    case["auction_top"] = 0
    case["auction_since"] = 0
    case["keeper"] = 0
    case["keeper_due"] = 0
    close_case(pool, account)


@rule
def is_endorsed(pool: Pool, account: int) -> bool:
    """Whether the venue has endorsed the account as a bidder."""
    return pool.cases[pool.accounts[account]["case"]]["endorsed"] != 0


@rule
def batch_of(pool: Pool, account: int) -> int:
    """Where the account's sealed-bid batch stands."""
    return pool.cases[pool.accounts[account]["case"]]["batch"]
