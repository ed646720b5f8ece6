"""Short ways to write commands and listings in tests."""

from plimsoll.units import codes
from plimsoll.units import messages as m

from .model import ReferencePool
from .state import LISTING_FIELDS, POLICY_FIELDS

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

    def open(self, cash: int = 0, owner: int | None = None, isolated: int = 0) -> int:
        """Open an account of a new owner and pay cash in; its number."""
        number = len(self.model.accounts)
        owner = owner or 1000 + number
        self.must(
            m.COMMAND_OPEN_ACCOUNT, account=number, counterparty=owner, instrument=isolated, flags=m.MODE_STANDARD
        )
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
