"""What a pool remembers: accounts and their holdings, instruments, totals. Plain objects, no rules."""

from dataclasses import dataclass, field, replace

from plimsoll.book.rows import CommandRow, ListingRow, PolicyRow
from plimsoll.units import messages as m

from .cases import Case, Pot
from .classes import Arrays, RiskClass, Values
from .points import Curve

COMMAND_FIELDS = tuple(CommandRow.__annotations__)
LISTING_FIELDS = tuple(ListingRow.__annotations__)
POLICY_FIELDS = tuple(PolicyRow.__annotations__)

Command = dict[str, int]


class Refused(Exception):
    """A rule of the command is broken; nothing may have changed yet."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


def require(holds: bool, code: int) -> None:
    if not holds:
        raise Refused(code)


@dataclass
class Holding:
    """What an account holds of one instrument; assets have cost 0 and no orders."""

    lots: int = 0
    cost: int = 0
    bid_lots: int = 0
    ask_lots: int = 0
    reserved: int = 0

    def worst_lots(self) -> int:
        return max(abs(self.lots + self.bid_lots), abs(self.lots - self.ask_lots))

    def is_empty(self) -> bool:
        return self.lots == 0 and self.bid_lots == 0 and self.ask_lots == 0

    def open_lots(self, side: int) -> int:
        """Lots in orders: bids for a positive side, asks for a negative one."""
        return self.bid_lots if side > 0 else self.ask_lots

    def add_order(self, lots: int, reserved: int) -> None:
        if lots > 0:
            self.bid_lots += lots
        else:
            self.ask_lots -= lots
        self.reserved += reserved

    def consume_order(self, side: int, lots: int) -> None:
        """Take `lots` >= 0 out of the orders of one side, and their share of the reserved micros."""
        if lots == 0:
            return
        self.reserved -= self.reserved * lots // (self.bid_lots + self.ask_lots)
        if side > 0:
            self.bid_lots -= lots
        else:
            self.ask_lots -= lots

    def cancel_orders(self) -> None:
        self.bid_lots = self.ask_lots = self.reserved = 0


@dataclass
class Account:
    owner: int = 0
    cash: int = 0
    status: int = m.STATUS_FREE
    mode: int = 0
    isolated: int = 0
    stage: int = m.STAGE_HEALTHY
    stage_since: int = 0
    leverage_rate: int = 0
    trigger_ppb: int = 0
    triggered: bool = False
    generation: int = 0
    holdings: dict[int, Holding] = field(default_factory=dict)
    case: Case = field(default_factory=Case)

    def copy(self) -> "Account":
        """For a trial: change it, judge it, throw it away."""
        return replace(self, holdings={i: replace(held) for i, held in self.holdings.items()})

    def row(self, instrument: int) -> Holding:
        """The holding, or an empty one that is not kept."""
        return self.holdings.get(instrument, Holding())

    def open_row(self, instrument: int) -> Holding:
        """The holding, opened at the end of the rows when there is none."""
        return self.holdings.setdefault(instrument, Holding())

    def drop_row_if_empty(self, instrument: int) -> None:
        """The last row moves into the place of the removed one."""
        if not self.row(instrument).is_empty() or instrument not in self.holdings:
            return
        rows = list(self.holdings.items())
        place = [i for i, _ in rows].index(instrument)
        last = rows.pop()
        if place < len(rows):
            rows[place] = last
        self.holdings = dict(rows)
        if instrument == self.case.auction_instrument:
            self.case.forget_auction()

    def legs(self) -> list[int]:
        """Instruments held with lots, by number."""
        return sorted(i for i, held in self.holdings.items() if held.lots != 0)

    def has_room_for(self, instrument: int, most: int) -> bool:
        return instrument in self.holdings or len(self.holdings) < most

    def allows(self, instrument: int) -> bool:
        return self.isolated == 0 or self.isolated == instrument


class Instrument:
    """Parameters under the names of `ListingRow`, then what the pool keeps about it."""

    def __init__(self, parameters: dict[str, int]):
        self.set_parameters(parameters)
        self.lots_most = parameters["lots_max"]
        self.unit = 10 ** parameters["scale"]
        self.status = m.STATUS_OPEN
        self.mark = 0
        self.funding = 0
        self.blocks = m.ACTION_ALL
        self.oracle_state = m.ORACLE_UNPRICED
        self.non_positive = False
        self.rate_open_interest = 0
        self.rate_confidence = 0
        self.open_lots = 0
        self.vault = 0
        self.realised = 0
        self.mark_time = 0
        self.confidence = 0
        self.sources = 0
        self.premium = 0
        self.volatility_mean = 0
        self.premium_sum = 0
        self.premium_time = 0
        self.funding_due = 0
        self.funding_remainder = 0
        self.settlement_sum = 0
        self.settlement_time = 0
        self.settlement_phase = 0
        self.settlement_cursor = 0
        self.settlement_deficit = 0
        self.settlement_profit = 0
        self.arrays: Arrays | None = None
        self.values: Values | None = None

    def set_parameters(self, parameters: dict[str, int]) -> None:
        for name in LISTING_FIELDS:
            setattr(self, name, parameters[name])

    def as_held(self) -> dict[str, int]:
        """Its parameters, the limit of lots being what may be held."""
        return self.parameters() | {"lots_max": self.lots_most}

    def parameters(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in LISTING_FIELDS}

    @property
    def is_asset(self) -> bool:
        return self.kind == m.KIND_ASSET

    @property
    def is_option(self) -> bool:
        return self.kind == m.KIND_OPTION

    @property
    def is_paid_in_cash(self) -> bool:
        """Assets and options: their cost stays 0."""
        return self.is_asset or self.is_option

    @property
    def is_listed(self) -> bool:
        return self.status not in (m.STATUS_FREE, m.STATUS_CLOSED)

    def allows(self, action: int) -> bool:
        return self.blocks & action == 0


@dataclass
class State:
    policy: dict[str, int]
    accounts: list[Account]
    instruments: list[Instrument]
    time: int = 0
    grace_until: int = 0
    vault: int = 0
    shortfall: int = 0
    bad_debt: int = 0
    socialised: int = 0
    depeg_rate: int = 0
    id_highest: int = 0
    commands: int = 0
    sweep_due: bool = False
    sweeping: bool = False
    sweep_since: int = 0
    sweep_cursor: int = 0
    shortfall_running: int = 0
    listing_bounds: dict[str, tuple[int, int]] | None = None
    policy_bounds: dict[str, tuple[int, int]] | None = None
    class_bounds: dict[str, tuple[int, int]] | None = None
    classes: dict[int, RiskClass] = field(default_factory=dict)
    pots: dict[int, Pot] = field(default_factory=dict)
    curves: dict[int, Curve] = field(default_factory=dict)
    day: int = 0
    day_paid: int = 0
    day_paid_1: int = 0
    day_paid_2: int = 0
    day_paid_3: int = 0
    day_backstop: int = 0
    fees_seen: int = 0

    def exists(self, account: int) -> bool:
        return 0 <= account < len(self.accounts) and self.accounts[account].status == m.STATUS_OPEN

    def is_private(self, account: int) -> bool:
        """A named account, or that of a pot: moved by the rules alone."""
        return account < m.NAMED_COUNT or self.accounts[account].mode == m.MODE_POT

    def is_bidding(self, account: int) -> bool:
        """A sealed bid of it is open somewhere, and its bond with it."""
        return any(seal.bidder == account for other in self.accounts for seal in other.case.seals)

    def is_listed(self, instrument: int) -> bool:
        """The settlement token included."""
        return 0 <= instrument < len(self.instruments) and self.instruments[instrument].is_listed

    @property
    def fund(self) -> Account:
        return self.accounts[m.NAMED_FUND]

    def insurance_cash(self) -> int:
        """The positive cash of the fund and of every tranche somebody has a stake in."""
        tranches = [self.accounts[pot.account].cash for pot in self.pots.values() if pot.insures]
        return sum(max(0, cash) for cash in (self.fund.cash, *tranches))
