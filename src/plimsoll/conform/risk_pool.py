"""An account put into a pool with risk classes as it stands, and read from the engine.

Classes are published, instruments listed and marked, and the account's holdings put beside them in small tables of
their own: one in breach could not have traded into them. Only units are chosen here (``risk_lines``), and the shift of
a class, the smallest that fits (docs/portfolio-margin.md, §9). Every figure is rounded to the nearest micro or lot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.conform.risk_lines import Account, Line, Units
from plimsoll.engine import Engine
from plimsoll.engine.genesis import DEFAULT_POLICY, PolicyError
from plimsoll.engine.listing import LISTING_FIELDS
from plimsoll.margin.explain import Explanation, explain
from plimsoll.presets.measure import BeyondLimits
from plimsoll.risk.capacity import Member
from plimsoll.risk.payload import quantise
from plimsoll.risk.table import ClassTable
from plimsoll.units.codes import sentence
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_PUBLISH_CLASS,
    COMMAND_TICK,
    KIND_OPTION,
    KIND_PERP,
    MODE_PORTFOLIO,
    MODE_STANDARD,
    name_of,
)
from plimsoll.venue.records import records
from plimsoll.venue.whatif import apart, changed

BUYER: Final = 8
SELLER: Final = 9
SLACK_LEAST: Final = 2**13
SLACK_BITS: Final = 17
"""An option's value is rounded to quanta: up to 2^13 micros, or 2^-17 of it where quanta are coarse."""
NOW: Final = 10**6
FAR: Final = 10**9
"""Pool time and the expiry of every option, in milliseconds: the options' time is in their arrays alone."""


@dataclass(frozen=True)
class Answer:
    """The engine's answer in tokens, and the small tables it came from."""

    equity: float
    maintenance: float
    initial: float
    explanation: Explanation
    tables: Tables

    @property
    def net_maintenance(self) -> float:
        """Equity above maintenance margin; below 0 in breach."""
        return self.equity - self.maintenance

    @property
    def net_initial(self) -> float:
        """Equity above initial margin."""
        return self.equity - self.initial


def answer(account: Account) -> Answer:
    """Equity and requirements of the account, by the engine; BeyondLimits when there are no units for it."""
    tables = put(account)
    found = explain(tables, 0)
    return Answer(
        found.equity / MICROS_PER_TOKEN,
        found.maintenance / MICROS_PER_TOKEN,
        found.initial / MICROS_PER_TOKEN,
        found,
        tables,
    )


def put(account: Account) -> Tables:
    """Small tables with the account as row 0, in a pool of its own."""
    if sum(one.amount != 0 for one in account.lines) > HOLDINGS_PER_ACCOUNT_MAX:
        raise BeyondLimits(f"an account of the engine has at most {HOLDINGS_PER_ACCOUNT_MAX} positions")
    units = Units(account)
    submit = _Submitted(account)
    rows = [_listing(one, units, place) for place, one in enumerate(account.lines)]
    submit(COMMAND_TICK, time=NOW)
    submit(COMMAND_MARK, instrument=0, price=_micros(account.settlement_price))
    # A class names its underlying, which is listed before it; its members are listed after it, in order of number.
    members = [one.risk_class > 0 for one in account.lines]
    if members != sorted(members):
        raise BeyondLimits("lines of a class must come after those of none: a class is published before its members")
    first = members.count(False)
    payloads = [_payload(one, account.lines, rows, units) for one in account.classes]
    for place in range(first):
        _list(submit, place, account.lines[place], rows[place], units)
    for payload in payloads:
        submit(COMMAND_PUBLISH_CLASS, payload.class_words, instrument=payload.number)
    for place in range(first, len(rows)):
        _list(submit, place, account.lines[place], rows[place], units)
    for payload in payloads:
        submit(COMMAND_PUBLISH_ARRAYS, payload.array_words, instrument=payload.number, time=NOW)
    return _held(submit.engine.pool, account, units)


def _list(submit: "_Submitted", place: int, line: Line, row: Any, units: Units) -> None:
    """List a line's instrument, and mark it if it has a price of its own, with the share of it that is in doubt."""
    submit(COMMAND_LIST_INSTRUMENT, row, instrument=place + 1)
    if line.price <= 0:
        return
    mark = _micros(line.price * units.coins(place))
    # The engine rounds the share up again: of a width rounded down it makes no more than the share itself.
    width = round(line.uncertain / line.price * PPB) * mark // PPB
    submit(COMMAND_MARK, instrument=place + 1, price=mark, confidence=width, time=NOW)
    if line.open_value > 0:
        _trade(submit, place + 1, line, mark, units)


def _trade(submit: "_Submitted", instrument: int, line: Line, mark: int, units: Units) -> None:
    """Two others hold the open interest, each with twice its value in cash."""
    lots = units.lots(instrument - 1, line.open_amount)
    for account in (BUYER, SELLER):
        submit(COMMAND_OPEN_ACCOUNT, account=account, counterparty=account, flags=MODE_STANDARD)
        submit(COMMAND_DEPOSIT, account=account, amount=_micros(2 * line.open_value))
    submit(COMMAND_FILL, account=BUYER, counterparty=SELLER, instrument=instrument, lots=lots, price=mark)


class _Submitted:
    """Commands put to a new engine one by one; BeyondLimits when it refuses one."""

    def __init__(self, account: Account) -> None:
        policy = dict(DEFAULT_POLICY) | {
            "depeg_threshold": round(account.depeg_threshold * PPB),
            "depeg_factor": 0,
            "profit_haircut": 0,
        }
        try:
            self.engine = Engine.create({name: policy.get(name, 0) for name in PolicyRow.__annotations__}, accounts=16)
        except PolicyError as error:
            raise BeyondLimits(str(error)) from None
        self._count = 0

    def __call__(self, kind: int, words: Any = None, **fields: int) -> None:
        self._count += 1
        payload = np.zeros(0, np.int64) if words is None else np.asarray(words, np.int64)
        batch = records(kind, id=self._count, payload_words=payload.size, **fields)
        code = int(self.engine.apply(batch, payload)[0])
        if code != 0:
            raise BeyondLimits(f"the engine refuses {name_of('COMMAND', kind)} {fields}: {sentence(code)}")


def _micros(tokens: float) -> int:
    return round(tokens * MICROS_PER_TOKEN)


def _listing(line: Line, units: Units, place: int) -> Any:
    coins, scale = units.coins(place), units.scale(place)
    highest = _micros(line.highest * coins)
    lots = max(1, *(abs(units.lots(place, amount)) for amount in (line.amount, line.open_amount)))
    row = dict.fromkeys(ListingRow.__annotations__, 0) | {
        "kind": line.kind,
        "scale": scale,
        "mark_max": highest + (max(SLACK_LEAST, highest >> SLACK_BITS) if line.kind == KIND_OPTION else 0) + 1,
        "lots_max": lots,
        "open_lots_max": lots,
        "rate_initial": round(line.initial * PPB),
        "rate_maintenance": round(line.maintenance * PPB),
        "confidence_factor": round(line.confidence_factor * PPB),
        "confidence_threshold": round(line.confidence_threshold * PPB),
        "confidence_max": PPB,
        "open_interest_lower": _micros(line.open_lower),
        "open_interest_upper": _micros(line.open_upper),
        "band": PPB,
        "age_fill_max": FAR,
        "age_margin_max": FAR,
        "risk_class": line.risk_class,
        "risk_group": line.risk_group,
        # A strike of nothing is one of the least price there is.
        "strike": max(1, _micros(line.strike * coins)) if line.kind == KIND_OPTION else 0,
        "option_type": 0 if line.kind != KIND_OPTION else 1 if line.is_call else 2,
        "expiry": FAR if line.kind == KIND_OPTION else 0,
        "settlement_window": 1 if line.kind == KIND_OPTION else 0,
    }
    return [row[name] for name in LISTING_FIELDS]


def _payload(table: ClassTable, lines: Sequence[Line], rows: Sequence[Any], units: Units) -> Any:
    mark_max, lots_max = (LISTING_FIELDS.index(name) for name in ("mark_max", "lots_max"))
    members = [
        Member(place + 1, line.kind != KIND_OPTION, row[lots_max], row[mark_max])
        for place, (line, row) in enumerate(zip(lines, rows))
        if line.risk_class == table.number
    ]
    digits = units.of_class(table.number)
    return quantise(per_units(table, 10**digits), NOW, scale=units.class_scale(table.number), members=members)


def per_units(table: ClassTable, coins: int) -> ClassTable:
    """The table of a class whose unit is so many coins."""
    if coins == 1:
        return table
    arrays, options, groups = table.arrays, table.arrays.options, table.arrays.groups
    grown = {
        name: getattr(options, name) * coins for name in ("strikes", "v0", "up", "down", "gamma", "vega", "values")
    }
    scaled = replace(
        arrays,
        reference=arrays.reference * coins,
        groups=replace(groups, forward=groups.forward * coins),
        options=replace(options, **grown),
    )
    return replace(table, arrays=scaled)


def _held(pool: Tables, account: Account, units: Units) -> Tables:
    """Small tables with the account's cash and lines as row 0."""
    tables = changed(apart(pool), cash=_micros(account.cash))
    tables.accounts[0]["mode"] = MODE_PORTFOLIO if account.portfolio else MODE_STANDARD
    for place, line in enumerate(account.lines):
        lots = units.lots(place, line.amount)
        if lots == 0:
            continue
        cost = 0
        if line.kind == KIND_PERP:
            mark = int(tables.instruments[place + 1]["mark"])
            cost = lots * mark // 10 ** units.scale(place) - _micros(line.profit)
        tables = changed(tables, place + 1, lots=lots, cost=cost, reserved=_micros(line.reserved))
    return tables
