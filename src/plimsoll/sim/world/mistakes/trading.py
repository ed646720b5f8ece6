"""Mistakes in trades, orders and movements of money. Each function is named after the rule it breaks."""

from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import LOTS_MAX, MICROS_MAX
from plimsoll.units.messages import (
    COMMAND_DELIST,
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_PAY_WITHDRAWAL,
    COMMAND_RELEASE,
    COMMAND_RESERVE,
    COMMAND_SETTLE,
    COMMAND_WITHDRAW,
    KIND_ASSET,
    STATUS_CLOSED,
    STATUS_REDUCE_ONLY,
    STATUS_SETTLING,
)

UNLISTED = 4_000


def fill(slip: Slip, taker: int, maker: int, **changes: int) -> None:
    """A small trade, with something changed."""
    number = changes.get("instrument", slip.contract)
    known = 0 <= number < slip.sight.instruments
    fields = {
        "account": taker,
        "counterparty": maker,
        "instrument": number,
        "lots": slip.small(number) if known else 1,
        "price": max(1, int(slip.sight.marks[number])) if known else 1,
    }
    slip.out.send(COMMAND_FILL, **(fields | changes))


def maker_of(slip: Slip) -> int:
    """A maker that is not the account itself."""
    makers = [one for one in slip.sight.makers if one != slip.account]
    return slip.pick(makers, slip.other)


def instrument_must_be_listed(slip: Slip) -> None:
    """Something that does not exist."""
    fill(slip, slip.account, maker_of(slip), instrument=UNLISTED)


def instrument_must_be_tradable(slip: Slip) -> None:
    """The settlement token against itself."""
    fill(slip, slip.account, maker_of(slip), instrument=0)


def instrument_must_be_contract(slip: Slip) -> None:
    """An order for an asset."""
    slip.out.send(COMMAND_RESERVE, account=slip.account, instrument=slip.asset, lots=1, price=1)


def instrument_must_be_asset(slip: Slip) -> None:
    """A deposit of a contract."""
    slip.out.send(COMMAND_DEPOSIT, account=slip.account, counterparty=slip.owner, instrument=slip.contract, lots=1)


def instrument_must_be_open(slip: Slip) -> None:
    """A trade in what is being settled, where something is."""
    statuses = slip.sight.rows["status"]
    for number in [
        one for one in range(1, slip.sight.instruments) if statuses[one] in (STATUS_SETTLING, STATUS_CLOSED)
    ]:
        fill(slip, slip.account, maker_of(slip), instrument=number)


def instrument_must_not_be_reduce_only(slip: Slip) -> None:
    """A new position in what is to go, where something is."""
    for number in range(1, slip.sight.instruments):
        if slip.sight.rows["status"][number] == STATUS_REDUCE_ONLY:
            held = int(slip.sight.lots[slip.account, number])
            lots = slip.small(number) * (1 if held >= 0 else -1)
            fill(slip, slip.account, maker_of(slip), instrument=number, lots=lots)


def instrument_must_be_settling(slip: Slip) -> None:
    """Settling what has not ended."""
    slip.out.send(COMMAND_SETTLE, instrument=slip.contract)


def instrument_must_not_be_held(slip: Slip) -> None:
    """Delisting an asset that is in the vault."""
    held = [one for one in slip.of_kind(KIND_ASSET) if slip.sight.rows["vault"][one] > 0]
    if held:
        slip.out.send(COMMAND_DELIST, instrument=slip.pick(held))


def amount_must_be_positive(slip: Slip) -> None:
    """A deposit of nothing."""
    slip.out.send(COMMAND_DEPOSIT, account=slip.account, counterparty=slip.owner, amount=slip.pick((0, -1)))


def amount_must_be_within_limit(slip: Slip) -> None:
    """More than there is."""
    slip.out.send(COMMAND_DEPOSIT, account=slip.account, counterparty=slip.owner, amount=MICROS_MAX + 1)


def vault_must_be_within_limit(slip: Slip) -> None:
    """Together with the vault, more than there is."""
    slip.out.send(COMMAND_DEPOSIT, account=slip.account, counterparty=slip.owner, amount=MICROS_MAX)


def amount_must_be_held(slip: Slip) -> None:
    """Paying out what nobody asked for."""
    slip.out.send(COMMAND_PAY_WITHDRAWAL, amount=MICROS_MAX)


def lots_must_not_be_zero(slip: Slip) -> None:
    """A trade of nothing."""
    fill(slip, slip.account, maker_of(slip), lots=0)


def lots_must_be_within_limit(slip: Slip) -> None:
    """More than a position may be."""
    fill(slip, slip.account, maker_of(slip), lots=LOTS_MAX + 1)


def counterparty_lots_must_be_within_limit(slip: Slip) -> None:
    """As much as a position may be, for somebody who has one."""
    lots = int(slip.sight.rows["lots_max"][slip.contract])
    maker = max(slip.sight.makers, key=lambda one: abs(int(slip.sight.lots[one, slip.contract])))
    side = -1 if slip.sight.lots[maker, slip.contract] > 0 else 1
    fill(slip, slip.pick([one for one in slip.sight.owned if one != maker]), maker, lots=lots * side)


def lots_must_not_be_short(slip: Slip) -> None:
    """Selling coins one does not have."""
    fill(slip, slip.account, maker_of(slip), instrument=slip.asset, lots=-int(slip.sight.rows["lots_max"][slip.asset]))


def counterparty_lots_must_not_be_short(slip: Slip) -> None:
    """Buying coins from somebody who has none."""
    fill(slip, maker_of(slip), slip.account, instrument=slip.asset, lots=int(slip.sight.rows["lots_max"][slip.asset]))


def price_must_be_positive(slip: Slip) -> None:
    """A trade for nothing."""
    fill(slip, slip.account, maker_of(slip), price=0)


def price_must_be_within_limit(slip: Slip) -> None:
    """An order above any mark."""
    price = int(slip.sight.rows["mark_max"][slip.contract]) + 1
    slip.out.send(COMMAND_RESERVE, account=slip.account, instrument=slip.contract, lots=1, price=price)


def price_must_be_within_band(slip: Slip) -> None:
    """A trade at three times the price."""
    fill(slip, slip.account, maker_of(slip), price=3 * slip.price)


def notional_must_reach_minimum(slip: Slip) -> None:
    """A trade of one lot."""
    fill(slip, slip.account, maker_of(slip), lots=1)


def counterparty_notional_must_reach_minimum(slip: Slip) -> None:
    """A trade of one lot with somebody who has none, by somebody who has many."""
    lots = slip.sight.lots[:, slip.contract]
    flat = [one for one in slip.sight.owned.tolist() if lots[one] == 0]
    large = int(slip.sight.owned[abs(lots[slip.sight.owned]).argmax()])
    fill(slip, large, slip.pick(flat, slip.other), lots=-1 if lots[large] > 0 else 1)


def open_interest_must_be_within_limit(slip: Slip) -> None:
    """All a position may be, between two who may have it."""
    richest = sorted(slip.sight.owned.tolist(), key=lambda one: -float(slip.sight.free[one]))[:2]
    if len(richest) == 2:
        fill(slip, richest[0], richest[1], lots=int(slip.sight.rows["lots_max"][slip.contract]))


def reservation_must_cover(slip: Slip) -> None:
    """Releasing an order that was never placed."""
    fields = {"instrument": slip.contract, "lots": LOTS_MAX}
    slip.out.send(COMMAND_RELEASE, account=slip.account, **fields)


def counterparty_reservation_must_cover(slip: Slip) -> None:
    """A fill of an order the maker never placed."""
    lots = slip.small(slip.contract)
    without = [
        one for one in slip.sight.owned if not slip.sight.orders[one, slip.contract].any() and one != slip.account
    ]
    fill(slip, slip.account, slip.pick(without, slip.other), lots=lots, reserved_lots_counterparty=lots)


def margin_initial_must_be_covered(slip: Slip) -> None:
    """As large a position as the listing allows."""
    lots = int(slip.sight.rows["lots_max"][slip.contract]) // 2
    fill(slip, slip.account, maker_of(slip), lots=max(1, lots))


def counterparty_margin_initial_must_be_covered(slip: Slip) -> None:
    """The same, with the poor one on the other side."""
    poor = min(slip.sight.owned.tolist(), key=lambda one: float(slip.sight.free[one]))
    rich = max(slip.sight.owned.tolist(), key=lambda one: float(slip.sight.free[one]))
    micros = max(float(slip.sight.free[rich]), 0.0) * 0.5
    lots = slip.sight.lots_worth(slip.contract, micros)
    side = -1 if slip.sight.lots[poor, slip.contract] > 0 else 1
    fill(slip, rich, poor, lots=max(1, min(lots, int(slip.sight.rows["lots_max"][slip.contract]) // 3)) * -side * -1)


def cash_must_not_be_negative(slip: Slip) -> None:
    """More cash than one has."""
    amount = max(0, int(slip.sight.cash[slip.account])) + MICROS_MAX
    slip.out.send(COMMAND_WITHDRAW, account=slip.account, amount=amount)


def counterparty_cash_must_not_be_negative(slip: Slip) -> None:
    """Coins for somebody who cannot pay."""
    number = slip.asset
    holders = [one for one in slip.sight.owned.tolist() if slip.sight.lots[one, number] > 0]
    poor = min(slip.sight.owned.tolist(), key=lambda one: int(slip.sight.cash[one]))
    if holders and number > 0:
        seller = max(holders, key=lambda one: int(slip.sight.lots[one, number]))
        limit = int(slip.sight.rows["lots_max"][number]) - int(slip.sight.lots[poor, number])
        lots = min(int(slip.sight.lots[seller, number]), limit)
        fill(slip, seller, poor, instrument=number, lots=-max(1, lots))
