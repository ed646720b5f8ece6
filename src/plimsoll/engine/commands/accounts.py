"""Open, close and limit accounts."""

from plimsoll.book.cases import free_stake, has_seal_out, is_only_remembered
from plimsoll.book.events import note, touch
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import is_asset, is_listed, is_named, require_owned
from plimsoll.engine.pot_assets import is_queued
from plimsoll.engine.waterfall.case import forget_call
from plimsoll.margin.health import health
from plimsoll.margin.rule import require_covered
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import RATE_MAX, TRIGGER_MAX
from plimsoll.units.messages import (
    EVENT_ACCOUNT_CLOSED,
    EVENT_ACCOUNT_OPENED,
    EVENT_LIMITS_SET,
    EVENT_MODE_SET,
    MODE_PORTFOLIO,
    MODE_STANDARD,
    STAGE_HEALTHY,
    STAGE_LIQUIDATING,
    STATUS_FREE,
    STATUS_OPEN,
)


@rule
def is_mode(mode: int) -> bool:
    """Whether the number is a margin mode."""
    return MODE_STANDARD <= mode <= MODE_PORTFOLIO


@compiled
def set_mode(pool: Pool, command: CommandRow) -> int:
    """Change how an account is margined; it must cover its initial margin the new way."""
    number = command["account"]
    mode = command["flags"]
    refusal = require_owned(pool, number)
    if refusal != code.OK:
        return refusal
    if not is_mode(mode):
        return code.MODE_MUST_BE_KNOWN
    account = pool.accounts[number]
    if account["stage"] == STAGE_LIQUIDATING:
        return code.ACCOUNT_MUST_NOT_BE_LIQUIDATING
    before = account["mode"]
    account["mode"] = mode
    refusal = require_covered(health(pool, number))
    account["mode"] = before
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    account["mode"] = mode
    touch(pool, number)
    note(pool, EVENT_MODE_SET, number, 0, 0, mode)
    return code.OK


@compiled
def open_account(pool: Pool, command: CommandRow) -> int:
    """Use a free row, or the next one, for an owner."""
    number = command["account"]
    owner = command["counterparty"]
    instrument = command["instrument"]
    totals = pool.totals[0]
    if is_named(number) or number > totals["accounts"]:
        return code.ACCOUNT_MUST_BE_FREE
    if number < totals["accounts"] and pool.accounts[number]["status"] != STATUS_FREE:
        return code.ACCOUNT_MUST_BE_FREE
    if owner < 1:
        return code.OWNER_MUST_BE_POSITIVE
    if not is_mode(command["flags"]):
        return code.MODE_MUST_BE_KNOWN
    if instrument != 0 and (not is_listed(pool, instrument) or is_asset(pool, instrument)):
        return code.INSTRUMENT_MUST_BE_CONTRACT
    # After this point the command must succeed.
    totals["accounts"] = max(totals["accounts"], number + 1)
    account = pool.accounts[number]
    account["owner"] = owner
    account["status"] = STATUS_OPEN
    account["mode"] = command["flags"]
    account["isolated"] = instrument
    account["generation"] += 1
    touch(pool, number)
    note(pool, EVENT_ACCOUNT_OPENED, number, instrument, 0, owner)
    return code.OK


@compiled
def says_nothing(pool: Pool, account: int) -> bool:
    """Whether an account has no case, or one of wiped stakes and a call alone."""
    case = pool.accounts[account]["case"]
    if case == 0:
        return True
    row = pool.cases[case]["stakes"]
    while row != 0:
        stake = pool.stakes[row]
        if stake["epoch"] == pool.pots[stake["pot"]]["epoch"] or is_queued(pool, row):
            return False
        row = stake["next"]
    return is_only_remembered(pool, case)


@compiled
def close_account(pool: Pool, command: CommandRow) -> int:
    """Free an empty row for another owner; its block of holdings stays with the row."""
    number = command["account"]
    refusal = require_owned(pool, number)
    if refusal != code.OK:
        return refusal
    account = pool.accounts[number]
    if account["count"] != 0 or account["cash"] != 0 or not says_nothing(pool, number) or has_seal_out(pool, number):
        return code.ACCOUNT_MUST_BE_EMPTY
    # After this point the command must succeed.
    while pool.cases[account["case"]]["stakes"] != 0:
        free_stake(pool, pool.cases[account["case"]]["stakes"])
    forget_call(pool, number)
    note(pool, EVENT_ACCOUNT_CLOSED, number, 0, 0, account["owner"])
    account["owner"] = 0
    account["status"] = STATUS_FREE
    account["mode"] = 0
    account["isolated"] = 0
    account["stage"] = STAGE_HEALTHY
    account["stage_since"] = 0
    account["leverage_rate"] = 0
    account["trigger_ppb"] = 0
    account["triggered"] = 0
    touch(pool, number)
    return code.OK


@compiled
def set_limits(pool: Pool, command: CommandRow) -> int:
    """The owner's own stricter leverage cap (raises IM) and call trigger (notifies, releases orders)."""
    number = command["account"]
    leverage_rate = command["amount"]
    trigger = command["price"]
    refusal = require_owned(pool, number)
    if refusal != code.OK:
        return refusal
    if leverage_rate < 0 or leverage_rate > RATE_MAX:
        return code.LEVERAGE_CAP_MUST_BE_WITHIN_LIMIT
    if trigger < 0 or trigger > TRIGGER_MAX:
        return code.TRIGGER_MUST_BE_WITHIN_LIMIT
    account = pool.accounts[number]
    before = account["leverage_rate"]
    if leverage_rate > before:
        account["leverage_rate"] = leverage_rate
        refusal = require_covered(health(pool, number))
        account["leverage_rate"] = before
        if refusal != code.OK:
            return refusal
    # After this point the command must succeed.
    account["leverage_rate"] = leverage_rate
    account["trigger_ppb"] = trigger
    account["triggered"] = 0
    touch(pool, number)
    note(pool, EVENT_LIMITS_SET, number, 0, leverage_rate, trigger)
    return code.OK
