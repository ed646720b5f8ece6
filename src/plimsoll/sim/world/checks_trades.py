"""What every trade and every takeover cost, micro by micro (docs/commands.md §1, §5, §8; docs/waterfall.md).

Symbols: q lots the causing side gets (signed), p price, m mark, F cumulative funding, u unit. The causing side pays
n = ceil(q * (p - F) / u); net of a side is what its cash rose by, less what its cost rose by.
"""

from collections.abc import Iterator
from typing import Any

from plimsoll.book.layout import Array
from plimsoll.sim.world.checks_ledger import TAKEOVERS, moves, pairs
from plimsoll.sim.world.checks_sales import wrong_in_auction, wrong_in_exit, wrong_in_swaps
from plimsoll.sim.world.moment import Moment, Step, ceil_div, of_kind
from plimsoll.units.messages import (
    COMMAND_FILL,
    EVENT_FILLED,
    EVENT_SETTLED,
    MECHANISM_ADL,
    MECHANISM_AMM,
    MECHANISM_AUCTION,
)


def net_of(event: Any) -> int:
    """What the account got, in cash and cost together."""
    return int(event["cash"]) - int(event["cost"])


def price_of(moment: Moment, instrument: int, lots: int, price: int) -> int:
    """What lots (signed) cost the causing side."""
    row = moment.instruments[instrument]
    return ceil_div(lots * (price - int(row["funding"])), int(row["unit"]))


def trades_must_be_priced_by_the_rule(step: Step) -> Iterator[str]:
    """Lots and money move from one side to the other at the price, roundings against the side that caused it."""
    filled = of_kind(step.events, EVENT_FILLED)
    if filled.size:
        yield from _wrong_in_fill(step, filled)
    for giver, taker in pairs(step, EVENT_SETTLED):
        yield from _wrong_in_takeover(step, giver, taker, 0, 0)
    lines = moves(step.ledger)
    taken = list(pairs(step, *TAKEOVERS))
    if len(taken) != lines.size:
        yield f"{len(taken)} takeovers, {lines.size} lines of the ledger"
    for (giver, taker), line in zip(taken, lines):
        yield from _wrong_in_line(step, giver, taker, line)
    yield from wrong_in_swaps(step)


def _wrong_in_line(step: Step, giver: Any, taker: Any, line: Any) -> Iterator[str]:
    """A takeover, its price, and what its line says of it."""
    told = tuple(int(line[name]) for name in ("account", "taker", "instrument", "price"))
    seen = *(int(event["account"]) for event in (giver, taker)), int(giver["instrument"]), int(giver["price"])
    mark = int(step.after.instruments["mark"][seen[2]])
    if told != seen or seen[3] != mark or abs(int(line["lots"])) != abs(int(giver["lots"])):
        yield f"account, taker, instrument and price {seen}, lots {giver['lots']}, mark {mark}: the ledger says {told}"
    mechanism, to_taker, to_fund = int(line["mechanism"]), int(line["to_liquidator"]), int(line["to_fund"])
    if mechanism == MECHANISM_AMM:
        yield from wrong_in_exit(step, giver, taker)
        if to_taker != price_of(step.after, seen[2], int(giver["lots"]), mark) * -1 - int(giver["cash"]):
            yield f"account {seen[0]} got {giver['cash']} of an AMM, the ledger says {to_taker} less than the mark"
        return
    if mechanism == MECHANISM_AUCTION:
        yield from wrong_in_auction(step, giver)
    if mechanism in (MECHANISM_ADL, MECHANISM_AUCTION):
        loss, to_taker, to_fund = -to_taker, 0, 0
    else:
        loss = 0
    if int(giver["amount"]) != loss or int(taker["amount"]) != loss:
        yield f"{taker['amount']} was borne by {taker['account']}, the ledger says {loss}"
    yield from _wrong_in_takeover(step, giver, taker, to_taker, to_fund)


def _wrong_in_fill(step: Step, filled: Array) -> Iterator[str]:
    command = step.command
    if command["kind"] != COMMAND_FILL or filled.size != 2:
        yield f"{filled.size} sides were filled by one command"
        return
    lots, paid = (
        int(command["lots"]),
        price_of(step.before, *(int(command[n]) for n in ("instrument", "lots", "price"))),
    )
    for event, signed, due in ((filled[0], lots, -paid), (filled[1], -lots, paid)):
        due -= int(event["fee"])
        if int(event["lots"]) != signed or net_of(event) != due:
            yield f"account {event['account']} got {event['lots']} lots and {net_of(event)}, by rule {signed} and {due}"


def _wrong_in_takeover(step: Step, giver: Any, taker: Any, to_taker: int, to_fund: int) -> Iterator[str]:
    number, lots, loss = int(giver["instrument"]), int(giver["lots"]), int(giver["amount"])
    paid = price_of(step.after, number, lots, int(giver["price"]))
    dues = ((giver, loss - paid - to_taker - to_fund), (taker, paid - loss + to_taker))
    for event, due in dues:
        if net_of(event) != due:
            yield f"account {event['account']} got {net_of(event)} for {lots} lots of {number}, by rule {due}"
    if int(taker["lots"]) != -lots:
        yield f"{lots} lots of {number} left an account and {taker['lots']} arrived"
