"""§8.2 and §11: who may bid on an account, and when; what every kind of bid asks first."""

from plimsoll.units import codes
from plimsoll.units import messages as m

from .margin import Figures, figures
from .pots import require_owner
from .state import Account, Command, State, require

STATE_MODULUS = 2**55 - 55


def require_bidder(state: State, command: Command) -> tuple[Account, Account]:
    """(the account, its bidder): two accounts of two owners."""
    account, bidder = command["account"], command["counterparty"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(state.exists(bidder), codes.COUNTERPARTY_MUST_EXIST)
    require(account != bidder, codes.ACCOUNTS_MUST_DIFFER)
    require(not state.is_private(bidder), codes.COUNTERPARTY_MUST_NOT_BE_NAMED)
    owner, taker = state.accounts[account], state.accounts[bidder]
    require(owner.owner != taker.owner, codes.OWNERS_MUST_DIFFER)
    return owner, taker


def require_not_cooling_off(taker: Account) -> None:
    require(taker.stage != m.STAGE_COOLING, codes.COUNTERPARTY_MUST_NOT_BE_COOLING_OFF)


def require_liquidable(state: State, owner: Account) -> Figures:
    """In liquidation and not yet safe, the grace period over, every mark good enough."""
    now = figures(state, owner)
    liquidating = owner.stage == m.STAGE_LIQUIDATING and now.equity < now.exit
    require(liquidating, codes.ACCOUNT_MUST_BE_LIQUIDATING)
    require(state.time >= state.grace_until, codes.GRACE_MUST_BE_OVER)
    require(now.blocks & m.ACTION_LIQUIDATE == 0, codes.MARK_MUST_ALLOW_LIQUIDATE)
    return now


def require_endorsed(state: State, owner: Account, taker: Account) -> None:
    """The first while is for bidders the operator knows."""
    anybody = state.time >= owner.stage_since + state.policy["endorsed_first"]
    require(anybody or taker.case.endorsed == 1, codes.BIDDER_MUST_BE_ENDORSED)


def state_number(owner: Account) -> int:
    """What an account holds, in one number; never 0."""
    found = 0
    for instrument in owner.legs():
        for word in (instrument, owner.holdings[instrument].lots):
            found = (31 * found + word) % STATE_MODULUS
    return found + 1


def require_expected_state(owner: Account, expected: int) -> None:
    require(expected in (0, state_number(owner)), codes.STATE_MUST_BE_AS_EXPECTED)


def endorse(state: State, command: Command) -> None:
    owner = require_owner(state, command["account"])
    require(bool(command["flags"] & m.FLAG_OPERATOR), codes.OPERATOR_MUST_ACT)

    # After this point the command must succeed.
    owner.case.endorsed = command["flags"] & 1
