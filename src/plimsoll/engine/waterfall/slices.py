"""Slices: a part of every leg of a portfolio account at once, so that hedges stay hedged.

Each leg moves at the mark like a fill; then one payment from the account (``slice_payment``).  Parts are thousandths;
the smallest that restores the account is found by bisection.
"""

from plimsoll.book.events import enter_ledger, move_cash
from plimsoll.book.holdings import find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow
from plimsoll.engine.checks import allows, is_paused, lots_of
from plimsoll.engine.waterfall.backstop import day_left, interest_cap, take_leg
from plimsoll.engine.waterfall.insurance import give_fee_to_fund
from plimsoll.engine.waterfall.legs import leg_of
from plimsoll.engine.waterfall.slice_payment import (
    Payment,
    offered_discount,
    payment_of,
    reserve_rest,
    strips_hedges,
)
from plimsoll.engine.waterfall.takeover import AT_MARK, giver_change
from plimsoll.margin.health import Health, exit_level, health_of_legs
from plimsoll.margin.portfolio.legs import add_leg, legs_of, part_lots
from plimsoll.margin.rule import allows_change
from plimsoll.margin.terms import notional_of, pays_cash, worst_lots
from plimsoll.units import codes as code
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, INSTRUMENTS_MAX, PPB
from plimsoll.units.messages import EVENT_FEE_PAID, MECHANISM_BACKSTOP, NAMED_BACKSTOP, PAUSE_BACKSTOP, STATUS_SETTLING
from plimsoll.units.tables import Table

STEP = 1_000_000
STEPS = 1_000
NO_NUMBER = -1


@rule
def moved_lots(pool: Pool, row: int, part: int) -> int:
    """The lots of a holding that go with a part; a series that is settling stays."""
    holding = pool.holdings[row]
    if pool.instruments[holding["instrument"]]["status"] == STATUS_SETTLING:
        return 0
    return part_lots(holding["lots"], part)


@command
def health_without(pool: Pool, account: int, part: int) -> Health:
    """The account's health after a part of every leg has gone at the mark, before any payment."""
    legs = legs_of()
    owner = pool.accounts[account]
    count = 0
    cash = owner["cash"]
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        number = holding["instrument"]
        change = giver_change(pool, number, moved_lots(pool, row, part), AT_MARK)
        cash += change.cash
        count = add_leg(
            pool,
            legs,
            count,
            number,
            holding["lots"] + change.lots,
            holding["cost"] + change.cost,
            holding["bid_lots"],
            holding["ask_lots"],
            holding["reserved"],
        )
    return health_of_legs(pool, account, legs, count, cash)


@rule
def restores(pool: Pool, account: int, now: Health, part: int, discount: int) -> bool:
    """Whether the account reaches its exit level after a part has gone and been paid for."""
    after = health_without(pool, account, part)
    left = after.equity - payment_of(pool, account, now, after, part, discount)
    return left >= exit_level(after.maintenance, pool.policy[0]["exit_buffer"])


@rule
def must_go_whole(pool: Pool, now: Health) -> bool:
    """Whether the account is too small to be worth a part."""
    return pool.policy[0]["slice_whole"] > 0 and now.maintenance <= pool.policy[0]["slice_whole"]


@command
def part_to_exit(pool: Pool, account: int, now: Health, discount: int) -> int:
    """The smallest part, in ppb, that restores the account; all of it when none does, or when it is small."""
    if must_go_whole(pool, now):
        return PPB
    smallest = 1
    largest = STEPS
    while smallest < largest:
        middle = (smallest + largest) // 2
        if restores(pool, account, now, middle * STEP, discount):
            largest = middle
        else:
            smallest = middle + 1
    return smallest * STEP


@rule
def moves_lots(pool: Pool, account: int, part: int) -> bool:
    """Whether anything goes with a part."""
    return next_number(pool, account, 0, part) != NO_NUMBER


@rule
def paid_in_lots(pool: Pool, taker: int, number: int, lots: int) -> int:
    """The taker's lots of an instrument after a slice has arrived."""
    return lots_of(pool, find(pool, taker, number)) + lots


@command
def require_room(pool: Pool, account: int, taker: int, part: int, capped: bool) -> int:
    """The taker may hold every leg of the slice and has rows for it; ``capped``: the backstop's own caps as well."""
    owner = pool.accounts[account]
    rows = pool.accounts[taker]["count"]
    notional = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        number = pool.holdings[row]["instrument"]
        moved = moved_lots(pool, row, part)
        if moved == 0:
            continue
        if not allows(pool, taker, number):
            return code.COUNTERPARTY_MUST_ALLOW_INSTRUMENT
        there = find(pool, taker, number)
        after = paid_in_lots(pool, taker, number, moved)
        worst = abs(after)
        if there >= 0:
            worst = worst_lots(after, pool.holdings[there]["bid_lots"], pool.holdings[there]["ask_lots"])
        else:
            rows += 1
        instrument = pool.instruments[number]
        if worst > instrument["lots_max"]:
            return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
        # Measured the way the slice goes: what offsets the backstop's own position is always welcome.
        grown = after if moved > 0 else -after
        if capped and grown > min(instrument["backstop_lots_max"], interest_cap(pool, number)):
            return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
        notional += notional_of(instrument, abs(moved))
    if capped and notional > day_left(pool):
        return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
    return code.OK if rows <= HOLDINGS_PER_ACCOUNT_MAX else code.COUNTERPARTY_HOLDINGS_MUST_FIT


@command
def book_with(pool: Pool, account: int, taker: int, part: int, legs: Table[LegRow]) -> int:
    """The taker's legs with the slice; the caller knows that there is room."""
    owner = pool.accounts[taker]
    count = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        number = holding["instrument"]
        there = find(pool, account, number)
        lots = moved_lots(pool, there, part) if there >= 0 else 0
        change = giver_change(pool, number, lots, AT_MARK)
        count = add_leg(
            pool,
            legs,
            count,
            number,
            holding["lots"] + lots,
            holding["cost"] - change.cost,
            holding["bid_lots"],
            holding["ask_lots"],
            holding["reserved"],
        )
    giver = pool.accounts[account]
    for row in range(giver["start"], giver["start"] + giver["count"]):
        number = pool.holdings[row]["instrument"]
        lots = moved_lots(pool, row, part)
        if lots != 0 and find(pool, taker, number) < 0:
            change = giver_change(pool, number, lots, AT_MARK)
            count = add_leg(pool, legs, count, number, lots, -change.cost, 0, 0, 0)
    return count


@command
def price_in_cash(pool: Pool, account: int, part: int) -> int:
    """What the taker pays in cash for the slice's assets and options (less what it gets for shorts)."""
    owner = pool.accounts[account]
    paid = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        number = pool.holdings[row]["instrument"]
        if pays_cash(pool.instruments[number]):
            paid += giver_change(pool, number, moved_lots(pool, row, part), AT_MARK).cash
    return paid


@command
def realised_by(pool: Pool, account: int, taker: int, part: int) -> int:
    """What the taker's own contracts that the slice closes turn into cash."""
    owner = pool.accounts[account]
    cash = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        number = pool.holdings[row]["instrument"]
        moved = moved_lots(pool, row, part)
        there = find(pool, taker, number)
        if moved != 0 and there >= 0 and pool.holdings[there]["lots"] + moved == 0:
            cash -= pool.holdings[there]["cost"] - giver_change(pool, number, moved, AT_MARK).cost
    return cash


@command
def require_taker(pool: Pool, account: int, taker: int, part: int, payment: Payment, capped: bool) -> int:
    """The taker has room, can pay, and keeps to the margin rule with the slice."""
    refusal = require_room(pool, account, taker, part, capped)
    if refusal != code.OK:
        return refusal
    return require_means(pool, account, taker, part, payment)


@command
def require_means(pool: Pool, account: int, taker: int, part: int, payment: Payment) -> int:
    """The taker, who has room, can pay, and keeps to the margin rule with the slice."""
    price = price_in_cash(pool, account, part)
    cash = pool.accounts[taker]["cash"] - price + payment.to_taker
    if price > 0 and cash + realised_by(pool, account, taker, part) < 0:
        return code.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
    legs = legs_of()
    before = health_of_taker(pool, taker, legs)
    count = book_with(pool, account, taker, part, legs)
    return allows_change(pool, taker, before, health_of_legs(pool, taker, legs, count, cash))


@rule
def health_of_taker(pool: Pool, taker: int, legs: Table[LegRow]) -> Health:
    """The taker's health as it stands, in the same terms as with the slice."""
    owner = pool.accounts[taker]
    count = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        count = add_leg(
            pool,
            legs,
            count,
            holding["instrument"],
            holding["lots"],
            holding["cost"],
            holding["bid_lots"],
            holding["ask_lots"],
            holding["reserved"],
        )
    return health_of_legs(pool, taker, legs, count, owner["cash"])


@rule
def next_number(pool: Pool, account: int, after: int, part: int) -> int:
    """The lowest-numbered instrument above ``after`` of which the slice has lots."""
    owner = pool.accounts[account]
    best = INSTRUMENTS_MAX
    for row in range(owner["start"], owner["start"] + owner["count"]):
        number = pool.holdings[row]["instrument"]
        if after < number < best and moved_lots(pool, row, part) != 0:
            best = number
    return best if best < INSTRUMENTS_MAX else NO_NUMBER


@command
def take_slice(pool: Pool, account: int, taker: int, part: int, payment: Payment, mechanism: int, now: Health) -> int:
    """Move a part of every leg, in id order, then the payment; returns the number of legs moved."""
    # Leg by leg the rest shrinks; what goes is a part of what was held before, so each leg is moved once.
    moved = 0
    number = next_number(pool, account, 0, part)
    while number != NO_NUMBER:
        following = next_number(pool, account, number, part)
        lots = moved_lots(pool, find(pool, account, number), part)
        move_leg_of(pool, account, taker, number, lots, mechanism, now.equity)
        moved += 1
        number = following
    paid = payment.to_taker + payment.to_fund
    if paid > 0:
        move_cash(pool, EVENT_FEE_PAID, account, taker, -paid)
        move_cash(pool, EVENT_FEE_PAID, taker, account, payment.to_taker)
        if payment.to_fund > 0:
            give_fee_to_fund(pool, account, payment.to_fund)
        enter_ledger(
            pool, account, 0, mechanism, taker, 0, 0, 0, 0, payment.to_taker, payment.to_fund, 0, 0, now.equity
        )
    reserve_rest(pool, account, now, part, paid)
    return moved


@rule
def move_leg_of(pool: Pool, account: int, taker: int, number: int, lots: int, mechanism: int, equity: int) -> None:
    """One leg of a slice, at the mark."""
    take_leg(pool, account, taker, leg_of(pool, account, number), abs(lots), AT_MARK, mechanism, equity)


@command
def largest_accepted(pool: Pool, account: int, now: Health, wanted: int, discount: int) -> int:
    """The largest part, in steps up to ``wanted``, the backstop can take, by bisection; 0 for none."""
    if backstop_accepts_slice(pool, account, now, wanted * STEP, discount):
        return wanted
    smallest = 0
    largest = wanted - 1
    while smallest < largest:
        middle = (smallest + largest + 1) // 2
        if backstop_accepts_slice(pool, account, now, middle * STEP, discount):
            smallest = middle
        else:
            largest = middle - 1
    return smallest


@command
def backstop_takes_slice(pool: Pool, account: int, now: Health) -> int:
    """The largest part up to what restores the account that the backstop can take; returns the legs moved."""
    if account == NAMED_BACKSTOP or is_paused(pool, PAUSE_BACKSTOP):
        return 0
    discount = offered_discount(pool, account)
    wanted = part_to_exit(pool, account, now, discount) // STEP
    part = largest_accepted(pool, account, now, wanted, discount) * STEP
    if not moves_lots(pool, account, part):
        return 0
    payment = payment_to_backstop(pool, account, now, part, discount)
    return take_slice(pool, account, NAMED_BACKSTOP, part, payment, MECHANISM_BACKSTOP, now)


@rule
def payment_to_backstop(pool: Pool, account: int, now: Health, part: int, discount: int) -> Payment:
    """The backstop keeps the whole payment."""
    return Payment(payment_of(pool, account, now, health_without(pool, account, part), part, discount), 0)


@rule
def backstop_accepts_slice(pool: Pool, account: int, now: Health, part: int, discount: int) -> bool:
    """Whether the backstop has room for a part that leaves no more risk behind, and can margin it."""
    after = health_without(pool, account, part)
    if strips_hedges(now, after, part):
        return False
    payment = Payment(payment_of(pool, account, now, after, part, discount), 0)
    return require_taker(pool, account, NAMED_BACKSTOP, part, payment, True) == code.OK
