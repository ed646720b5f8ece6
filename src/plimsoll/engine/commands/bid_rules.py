"""What every bid on an account in liquidation must meet, whatever it takes."""

from plimsoll.book.layout import Pool
from plimsoll.engine.checks import is_private, require_pair
from plimsoll.engine.waterfall.case import is_endorsed
from plimsoll.engine.waterfall.expected import state_number
from plimsoll.margin.health import Health, exit_level
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.messages import ACTION_LIQUIDATE, STAGE_COOLING, STAGE_LIQUIDATING


@compiled
def require_bidding(pool: Pool, account: int, bidder: int, pause: int) -> int:
    """An account and a bidder of another owner that may take risk; the mechanism does not rest."""
    refusal = require_pair(pool, account, bidder)
    if refusal != code.OK:
        return refusal
    if is_private(pool, bidder):
        return code.COUNTERPARTY_MUST_NOT_BE_NAMED
    if pool.accounts[account]["owner"] == pool.accounts[bidder]["owner"]:
        return code.OWNERS_MUST_DIFFER
    if pool.accounts[bidder]["stage"] == STAGE_COOLING:
        return code.COUNTERPARTY_MUST_NOT_BE_COOLING_OFF
    if pool.policy[0]["pauses"] & pause != 0:
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    return code.OK


@rule
def require_endorsed(pool: Pool, account: int, bidder: int) -> int:
    """In the first time of a liquidation the venue's own bidders alone may act."""
    is_early = pool.totals[0]["time"] < pool.accounts[account]["stage_since"] + pool.policy[0]["endorsed_first"]
    if is_early and not is_endorsed(pool, bidder):
        return code.BIDDER_MUST_BE_ENDORSED
    return code.OK


@rule
def require_liquidating(pool: Pool, account: int, now: Health) -> int:
    """The account is in liquidation and not yet restored, no grace period runs, its marks may be liquidated at."""
    restored = now.equity >= exit_level(now.maintenance, pool.policy[0]["exit_buffer"])
    if pool.accounts[account]["stage"] != STAGE_LIQUIDATING or restored:
        return code.ACCOUNT_MUST_BE_LIQUIDATING
    if pool.totals[0]["time"] < pool.totals[0]["grace_until"]:
        return code.GRACE_MUST_BE_OVER
    if now.blocked & ACTION_LIQUIDATE != 0:
        return code.MARK_MUST_ALLOW_LIQUIDATE
    return code.OK


@compiled
def require_open_to(pool: Pool, account: int, bidder: int, now: Health, expected: int) -> int:
    """In liquidation, this bidder's turn, and what it holds is what the bidder saw (0: whatever it holds)."""
    refusal = require_liquidating(pool, account, now)
    if refusal == code.OK:
        refusal = require_endorsed(pool, account, bidder)
    if refusal == code.OK and expected != 0 and expected != state_number(pool, account):
        return code.STATE_MUST_BE_AS_EXPECTED
    return refusal
