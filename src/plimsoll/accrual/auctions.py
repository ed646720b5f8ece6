"""What an auction of collateral for debt moves: how much of it may start, its first price, what a take takes, rewards.

Whole numbers of any size, in the caller's units: a value is a quantity times a price, exactly; prices, the index and
ratios of prices are in rays, penalties and reward rates in wads. Everything divided is rounded down.

    start price  P0 = floor(mark / settlement price) * buffer             restart when elapsed > tail or P / P0 < cusp
    start        room r = min(limit - open), overall and own; debt part d = min(debt, r / index / penalty)
                 lot l = collateral * d / debt;  owed o = d * index * penalty
    take         quantity q = min(lot, wanted);  paid p = q * P, at most o, so that o - p is 0 or the minimum or more
    reward       flat + o * rate
"""

from typing import NamedTuple

from plimsoll.accrual.ray import WAD, ray_div_floor, ray_mul_floor, require, require_not_negative, wad_mul_floor


class Room(NamedTuple):
    """A limit on what may be owed to running auctions, and what is."""

    limit: int
    open: int


class Started(NamedTuple):
    """What goes into an auction: parts of the debt and collateral, the value due, and that with the penalty (owed)."""

    debt: int
    lot: int
    due: int
    owed: int


class Taken(NamedTuple):
    """What a take moves, and what is left; ``closed`` when nothing is owed or nothing is left to sell."""

    quantity: int
    paid: int
    owed: int
    lot: int
    closed: bool


def start_price(mark: int, settlement_price: int, buffer: int) -> int:
    """The first price of an auction: the mark in settlement tokens, times the buffer."""
    require_not_negative(mark=mark, buffer=buffer)
    return ray_mul_floor(ray_div_floor(mark, settlement_price), buffer)


def price_with_margin(mark: int, settlement_price: int, ratio: int) -> int:
    """The price at which collateral counts: the mark in settlement tokens, divided by the ratio it must keep."""
    require_not_negative(mark=mark)
    return ray_div_floor(ray_div_floor(mark, settlement_price), ratio)


def must_restart(first_price: int, price: int, elapsed: int, tail: int, cusp: int) -> bool:
    """Whether an auction has run for more than ``tail``, or fallen below the share ``cusp`` of its first price."""
    require_not_negative(price=price, elapsed=elapsed, tail=tail, cusp=cusp)
    return elapsed > tail or ray_div_floor(price, first_price) < cusp


def owed_min(debt_min: int, penalty: int) -> int:
    """The least an auction may leave owed: the smallest debt allowed, with the penalty."""
    require_not_negative(debt_min=debt_min, penalty=penalty)
    return wad_mul_floor(debt_min, penalty)


def reward(flat: int, rate: int, owed: int) -> int:
    """What starting an auction pays."""
    require_not_negative(flat=flat, rate=rate, owed=owed)
    return flat + wad_mul_floor(owed, rate)


def restart_reward(flat: int, rate: int, owed: int, *, lot: int, mark: int, minimum: int) -> int:
    """What restarting one pays: nothing where less than the minimum is owed, or the lot is worth less."""
    require_not_negative(lot=lot, mark=mark, minimum=minimum)
    return reward(flat, rate, owed) if min(owed, lot * mark) >= minimum else 0


def take(lot: int, owed: int, price: int, wanted: int, minimum: int) -> Taken:
    """A bid for ``wanted`` at the price of now.

    Nobody pays more than is owed. A take that would leave less than the minimum owed, and some of the lot, is cut so
    that the minimum stays; where no more than the minimum is owed it is refused.
    """
    require_not_negative(lot=lot, owed=owed, price=price, wanted=wanted, minimum=minimum)
    quantity = min(lot, wanted)
    paid = quantity * price
    if paid > owed:
        paid = owed
        quantity = paid // price
    elif paid < owed and quantity < lot and owed - paid < minimum:
        require(owed > minimum, "take_must_leave_nothing_or_the_minimum", owed=owed, minimum=minimum)
        paid = owed - minimum
        quantity = paid // price
    left, unsold = owed - paid, lot - quantity
    return Taken(quantity, paid, left, unsold, left == 0 or unsold == 0)


def room_left(overall: Room, own: Room) -> int:
    """What may yet be owed: the lesser room of all auctions and of those of one asset."""
    return min(overall.limit - overall.open, own.limit - own.open)


def start(collateral: int, debt: int, *, index: int, price: int, debt_min: int, penalty: int, room: int) -> Started:
    """How much of an account's collateral and debt goes to auction; ``debt * index`` is its value.

    The account must be unsafe at ``price``. Where the room does not hold all, a part goes that reaches the minimum,
    unless that left a debt below the minimum: then all goes, whatever the room.
    """
    require_not_negative(collateral=collateral, debt=debt, debt_min=debt_min)
    for name, figure in (("index", index), ("penalty", penalty), ("price", price)):
        require(figure > 0, f"{name}_must_be_positive", **{name: figure})
    value = debt * index
    require(collateral * price < value, "account_must_be_unsafe", collateral=collateral * price, debt=value)
    require(room > 0, "room_must_be_left", room=room)
    part = min(debt, room * WAD // index // penalty)
    if part < debt:
        if (debt - part) * index < debt_min:
            part = debt
        else:
            require(part * index >= debt_min, "part_must_reach_minimum", part=part * index, minimum=debt_min)
    lot = collateral * part // debt
    require(lot > 0, "lot_must_be_positive", collateral=collateral, part=part)
    due = part * index
    return Started(part, lot, due, wad_mul_floor(due, penalty))
