"""Short ways to write commands and listings in tests."""

from collections.abc import Mapping, Sequence

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .classes import CALL, CLASS_FIELDS
from .model import ReferencePool
from .scan import MAX
from .state import LISTING_FIELDS, POLICY_FIELDS

ScenarioRow = tuple[int, int, int]

TOKEN = 1_000_000
PERCENT = 10_000_000
HOUR = 3_600_000

CONTRACT = {
    **dict.fromkeys(LISTING_FIELDS, 0),
    "kind": m.KIND_PERP,
    "mark_max": 2 * 10**11,
    "lots_max": 10_000,
    "open_lots_max": 100_000,
    "backstop_lots_max": 1_000,
    "rate_initial": 10 * PERCENT,
    "rate_maintenance": 5 * PERCENT,
    "band": 100 * PERCENT,
    "age_fill_max": HOUR,
    "age_margin_max": 24 * HOUR,
    "confidence_max": 100 * PERCENT,
}
"""A plain perp: one lot is one unit, 10 % initial, 5 % maintenance, no fees, no funding, a patient oracle."""

ASSET = {**CONTRACT, "kind": m.KIND_ASSET, "rate_initial": 20 * PERCENT, "rate_maintenance": 10 * PERCENT}

FUTURE = {**CONTRACT, "kind": m.KIND_FUTURE, "expiry": 10 * HOUR, "settlement_window": HOUR // 2}

OPTION = {
    **CONTRACT,
    "kind": m.KIND_OPTION,
    "rate_initial": 0,
    "rate_maintenance": 0,
    "expiry": 10 * HOUR,
    "settlement_window": HOUR // 2,
    "risk_class": 1,
    "risk_group": 1,
    "option_type": CALL,
    "strike": 100 * TOKEN,
}

CLASS = {
    **dict.fromkeys(CLASS_FIELDS, 0),
    "underlying": 1,
    "aggregation": MAX,
    "tail": 1,
    "factor_initial": PPB,
    "factor_maintenance": PPB,
    "carry_max": 10 * PERCENT,
    "reference_max": 50 * PERCENT,
    "jump_max": PPB,
    "age_max": HOUR,
}
"""A class that asks for its scan and nothing else: one lot a unit, quanta of a micro, no groups."""


class Pool:
    """A reference pool with the commands as methods; each gives the answer, `must` insists on ok."""

    def __init__(self, **policy: int):
        self.model = ReferencePool({"fund_share": 50 * PERCENT, **policy})
        self.next_id = 1

    def send(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> int:
        code = self.model.apply({"kind": kind, "id": self.next_id, **fields}, payload)
        self.next_id += 1
        return code

    def must(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> None:
        code = self.send(kind, payload, **fields)
        assert code == codes.OK, codes.sentence(code)

    def list(self, parameters: dict[str, int], price: int = 0, **changes: int) -> int:
        """List an instrument and mark it; its number."""
        number = len(self.model.instruments)
        values = {**parameters, **changes}
        self.must(m.COMMAND_LIST_INSTRUMENT, tuple(values[name] for name in LISTING_FIELDS), instrument=number)
        if price:
            self.mark(number, price)
        return number

    def set_policy(self, **changes: int) -> None:
        values = {**self.model.policy, **changes}
        self.must(m.COMMAND_SET_POLICY, tuple(values[name] for name in POLICY_FIELDS))

    def mark(self, instrument: int, price: int, **fields: int) -> None:
        self.must(m.COMMAND_MARK, instrument=instrument, price=price, time=self.model.time, **fields)

    def tick(self, time: int) -> None:
        self.must(m.COMMAND_TICK, time=time)

    def later(self, duration: int = 1) -> None:
        self.tick(self.model.time + duration)

    def publish_class(self, rows: Sequence[ScenarioRow], number: int = 1, **changes: int) -> int:
        """Publish a class with a (damping, skew, deductible) row for each scenario; the answer."""
        values = {**CLASS, "scenarios": len(rows), **changes}
        words = [values[name] for name in CLASS_FIELDS] + [word for row in rows for word in row]
        return self.send(m.COMMAND_PUBLISH_CLASS, tuple(words), instrument=number)

    def publish_arrays(
        self,
        shocks: Sequence[int],
        options: Mapping[int, Sequence[int]],
        groups: Mapping[int, Sequence[int]] | None = None,
        number: int = 1,
        time: int | None = None,
        reference: int | None = None,
    ) -> int:
        """Publish arrays, words as on the page: v0, up, down, delta, gamma, vega, values of an option."""
        if reference is None:
            reference = self.model.instruments[self.model.classes[number].underlying].mark
        words = [reference, len(groups or {}), len(options), *shocks]
        for table in (groups or {}, options):
            for name, rest in table.items():
                words += [name, *rest]
        when = self.model.time if time is None else time
        return self.send(m.COMMAND_PUBLISH_ARRAYS, tuple(words), instrument=number, time=when)

    def set_mode(self, account: int, mode: int = m.MODE_PORTFOLIO) -> int:
        return self.send(m.COMMAND_SET_MODE, account=account, flags=mode)

    def open(self, cash: int = 0, owner: int | None = None, isolated: int = 0, mode: int = m.MODE_STANDARD) -> int:
        """Open an account of a new owner and pay cash in; its number."""
        number = len(self.model.accounts)
        owner = owner or 1000 + number
        self.must(m.COMMAND_OPEN_ACCOUNT, account=number, counterparty=owner, instrument=isolated, flags=mode)
        if cash:
            self.deposit(number, cash)
        return number

    def deposit(self, account: int, amount: int) -> None:
        self.must(m.COMMAND_DEPOSIT, account=account, amount=amount)

    def deposit_asset(self, account: int, instrument: int, lots: int) -> None:
        owner = self.model.accounts[account].owner
        self.must(m.COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=instrument, lots=lots)

    def fill(self, taker: int, maker: int, instrument: int, lots: int, price: int, **fields: int) -> int:
        return self.send(
            m.COMMAND_FILL,
            account=taker,
            counterparty=maker,
            instrument=instrument,
            lots=lots,
            price=price,
            **fields,
        )

    def cash(self, account: int) -> int:
        return self.model.accounts[account].cash

    def lots(self, account: int, instrument: int) -> int:
        return self.model.accounts[account].row(instrument).lots

    def stage(self, account: int) -> int:
        return self.model.accounts[account].stage
