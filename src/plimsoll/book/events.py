"""Events and the liquidation ledger: appended to tables the host drains after each batch."""

from plimsoll.book.layout import Pool
from plimsoll.units.jit import rule


@rule
def emit(
    pool: Pool,
    kind: int,
    account: int,
    counterparty: int,
    instrument: int,
    lots: int,
    cost: int,
    cash: int,
    fee: int,
    price: int,
    amount: int,
) -> None:
    """Append one event; ``lots``, ``cost`` and ``cash`` are deltas of ``account``, ``fee`` goes to the fees account."""
    totals = pool.totals[0]
    if totals["event_row"] >= pool.events.size:
        raise IndexError("events must fit the table the host made room in")
    event = pool.events[totals["event_row"]]
    event["sequence"] = totals["events"]
    event["kind"] = kind
    event["command_id"] = totals["command_id"]
    event["account"] = account
    event["counterparty"] = counterparty
    event["instrument"] = instrument
    event["lots"] = lots
    event["cost"] = cost
    event["cash"] = cash
    event["fee"] = fee
    event["price"] = price
    event["amount"] = amount
    event["order_lots"] = 0
    totals["event_row"] += 1
    totals["events"] += 1


@rule
def note(pool: Pool, kind: int, account: int, instrument: int, price: int, amount: int) -> None:
    """Append an event that moves nothing."""
    emit(pool, kind, account, -1, instrument, 0, 0, 0, 0, price, amount)


@rule
def emit_order(pool: Pool, kind: int, account: int, instrument: int, lots: int, price: int, reserved: int) -> None:
    """Append an event about open orders: lots signed by side, the change of reserved micros in ``amount``."""
    emit(pool, kind, account, -1, instrument, 0, 0, 0, 0, price, reserved)
    pool.events[pool.totals[0]["event_row"] - 1]["order_lots"] = lots


@rule
def move_cash(pool: Pool, kind: int, account: int, counterparty: int, cash: int) -> None:
    """Change an account's cash and say so: the whole mutation of a payment, one side of it."""
    pool.accounts[account]["cash"] += cash
    touch(pool, account)
    emit(pool, kind, account, counterparty, 0, 0, 0, cash, 0, 0, 0)


@rule
def touch(pool: Pool, account: int) -> None:
    """Note that the account's leaf of the state root is out of date."""
    row = pool.accounts[account]
    if row["changed"] == 0:
        row["changed"] = 1
        totals = pool.totals[0]
        pool.changed[totals["changed"]]["account"] = account
        totals["changed"] += 1


@rule
def enter_ledger(
    pool: Pool,
    account: int,
    instrument: int,
    mechanism: int,
    taker: int,
    lots: int,
    price: int,
    repaid: int,
    seized: int,
    to_liquidator: int,
    to_fund: int,
    fund_paid: int,
    bad_debt: int,
    equity: int,
) -> None:
    """One line of the liquidation ledger: who took what, at which price, and who paid."""
    totals = pool.totals[0]
    if totals["ledger_row"] >= pool.ledger.size:
        raise IndexError("ledger must fit the table the host made room in")
    line = pool.ledger[totals["ledger_row"]]
    line["sequence"] = totals["ledger"]
    line["command_id"] = totals["command_id"]
    line["time"] = totals["time"]
    line["account"] = account
    line["instrument"] = instrument
    line["mechanism"] = mechanism
    line["taker"] = taker
    line["lots"] = lots
    line["price"] = price
    line["repaid"] = repaid
    line["seized"] = seized
    line["to_liquidator"] = to_liquidator
    line["to_fund"] = to_fund
    line["fund_paid"] = fund_paid
    line["bad_debt"] = bad_debt
    line["stage_equity"] = equity
    totals["ledger_row"] += 1
    totals["ledger"] += 1
