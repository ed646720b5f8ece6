"""A bid for a part of everything a portfolio account holds: at a discount, or below zero backed by the insurance."""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.commands.bid_rules import require_open_to
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.case import batch_of
from plimsoll.engine.waterfall.insolvent_phase import deficit_of, incentive_of, insolvent_since, part_relieved
from plimsoll.engine.waterfall.insurance import available_insurance, pay_insurance
from plimsoll.engine.waterfall.order import end_if_restored
from plimsoll.engine.waterfall.slice_payment import Payment, offered_discount, payment_of, strips_hedges
from plimsoll.engine.waterfall.slices import (
    STEP,
    health_without,
    moves_lots,
    must_go_whole,
    part_to_exit,
    require_means,
    require_room,
    take_slice,
)
from plimsoll.margin.health import Health, health
from plimsoll.margin.rule import of_counterparty
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_floor, rate_down
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import BATCH_OPEN, MECHANISM_INSOLVENT, MECHANISM_SLICE


@compiled
def require_slice(pool: Pool, command: CommandRow, now: Health) -> int:
    """A part of an account that is offered in slices now, to this bidder."""
    account = command["account"]
    if command["lots"] < 1 or command["lots"] > PPB:
        return code.SLICE_MUST_BE_WITHIN_LIMIT
    refusal = require_open_to(pool, account, command["counterparty"], now, command["amount"])
    if refusal != code.OK:
        return refusal
    if now.equity < 0 and insolvent_since(pool, account) == 0:
        return code.ACCOUNT_MUST_BE_SOLVENT
    if batch_of(pool, account) == BATCH_OPEN:
        return code.BATCH_MUST_BE_OVER
    if must_go_whole(pool, now) and command["lots"] < PPB:
        return code.SLICE_MUST_BE_WHOLE
    return code.OK


@compiled
def require_taking(pool: Pool, command: CommandRow, part: int, payment: Payment) -> int:
    """The bidder has room for the part, is paid what it asks, and can margin it."""
    account = command["account"]
    bidder = command["counterparty"]
    refusal = require_room(pool, account, bidder, part, False)
    if refusal != code.OK:
        return refusal
    if command["price"] > 0 and payment.to_taker < mul_div_floor(command["price"], part, PPB):
        return code.PAYMENT_MUST_REACH_LIMIT
    return of_counterparty(require_means(pool, account, bidder, part, payment))


@rule
def close_bid(pool: Pool, account: int, bidder: int) -> None:
    """What every bid ends with: nobody is left with a debt alone, and the account may be restored."""
    resolve_if_bankrupt(pool, account)
    resolve_if_bankrupt(pool, bidder)
    end_if_restored(pool, account, health(pool, account))


@compiled
def take_insolvent(pool: Pool, command: CommandRow, now: Health) -> int:
    """Take a part the insurance makes whole first, for what it adds."""
    account = command["account"]
    part = command["lots"]
    if not moves_lots(pool, account, part):
        return code.SLICE_MUST_MOVE_LOTS
    after = health_without(pool, account, part)
    if strips_hedges(now, after, part):
        return code.HEALTH_MUST_NOT_FALL
    relieved = part_relieved(now, after, part)
    deficit = deficit_of(now, relieved)
    left = available_insurance(pool, account) - deficit
    if left < 0:
        return code.INSURANCE_MUST_COVER
    payment = Payment(min(incentive_of(pool, account, now, relieved), left), 0)
    refusal = require_taking(pool, command, part, payment)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    pay_insurance(pool, account, deficit + payment.to_taker)
    take_slice(pool, account, command["counterparty"], part, payment, MECHANISM_INSOLVENT, now)
    close_bid(pool, account, command["counterparty"])
    return code.OK


@compiled
def take_solvent(pool: Pool, command: CommandRow, now: Health) -> int:
    """Take as large a part as is wanted and needed, at the discount offered now."""
    account = command["account"]
    discount = offered_discount(pool, account)
    part = min(part_to_exit(pool, account, now, discount), max(1, command["lots"] // STEP) * STEP)
    if not moves_lots(pool, account, part):
        return code.SLICE_MUST_MOVE_LOTS
    after = health_without(pool, account, part)
    if strips_hedges(now, after, part):
        return code.HEALTH_MUST_NOT_FALL
    fee = payment_of(pool, account, now, after, part, discount)
    to_fund = rate_down(fee, pool.policy[0]["fund_share"])
    payment = Payment(fee - to_fund, to_fund)
    refusal = require_taking(pool, command, part, payment)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    take_slice(pool, account, command["counterparty"], part, payment, MECHANISM_SLICE, now)
    close_bid(pool, account, command["counterparty"])
    return code.OK


@compiled
def bid_for_slice(pool: Pool, command: CommandRow) -> int:
    """Take a part of a portfolio account."""
    now = health(pool, command["account"])
    refusal = require_slice(pool, command, now)
    if refusal != code.OK:
        return refusal
    if now.equity < 0:
        return take_insolvent(pool, command, now)
    return take_solvent(pool, command, now)
