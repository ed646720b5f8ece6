"""Runs scenarios: text of one statement a line against the engine, its books checked after every line.

``docs/scenarios.md`` is the language's page. Every method under ``@phrase`` is one thing that can be said.
"""

from pathlib import Path

import numpy as np
import tests.scenarios.classes
import tests.scenarios.mechanisms  # noqa: F401  (its phrases)
from tests.audit.tables import differences
from tests.scenarios.phrases import PHRASES, phrase
from tests.scenarios.words import (
    KINDS,
    LISTING_WORDS,
    NAMED,
    POLICY_WORDS,
    QUIET_POLICY,
    TOKEN,
    WordError,
    exactly,
    micros,
    milliseconds,
    ppb,
    quiet_listing,
    read_values,
    whole,
)

from plimsoll.audit import Auditor, event_records
from plimsoll.book.layout import COMMAND, LISTING, POLICY
from plimsoll.engine import Engine
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

START = 1_000 * 3_600_000
CODES = {name.lower(): value for value, name in codes.NAMES.items()}
SIGNS = {"buys": 1, "sells": -1, "bids": 1, "asks": -1}


class ScenarioError(AssertionError):
    """A scenario that does not hold, or cannot be read, with its file and line."""


class Scenario:
    """The pools of a scenario; statements go to the one named last."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.pools = {"main": self.pool}

    def run(self, text: str, name: str = "scenario") -> None:
        """Run every line; raises ScenarioError at the first that does not hold."""
        for number, line in enumerate(text.splitlines(), 1):
            statements = [part.strip() for part in line.partition("#")[0].split(";")]
            statements = [statement for statement in statements if statement]
            try:
                if len(statements) == 1 and statements[0].startswith("pool "):
                    self.pool = self.pools.setdefault(statements[0].removeprefix("pool "), Pool())
                elif statements:
                    self.pool.run_line(statements)
            except (WordError, ScenarioError) as error:
                raise ScenarioError(f"{name}:{number}: {error}\n    {line.strip()}") from None


class Pool:
    """One pool and the names its scenario gives to things."""

    def __init__(self) -> None:
        self.engine = Engine.create(QUIET_POLICY, accounts=16)
        self.auditor = Auditor()
        self.accounts = dict(NAMED)
        self.instruments = {"token": 0}
        self.units = {0: TOKEN}
        self.owners: dict[str, int] = {}
        self.underlyings: dict[int, int] = {}
        self.pots: dict[str, int] = {}
        self.sent = 0
        self.refused = codes.OK
        self.events: list[m.EventRecord] = []
        self.ledger: list[dict[str, int]] = []
        self.send(m.COMMAND_TICK, time=START)

    # Running

    def run_line(self, statements: list[str]) -> None:
        """The statements of a line; its events are those since its first command."""
        if not statements[0].startswith("expect "):
            self.events, self.ledger = [], []
        for statement in statements:
            words = " ".join(statement.split())
            if words.startswith("reject "):
                _, code, words = (words + " ").split(" ", 2)
                self.reject(code, words.strip())
            else:
                self.say(words)
                if self.refused != codes.OK:
                    raise ScenarioError(f"refused: {codes.sentence(self.refused)}")
        broken = self.engine.identities() + self.auditor.broken_identities() + differences(self.auditor, self.engine)
        if broken:
            raise ScenarioError("the books do not balance: " + "; ".join(broken))

    def say(self, words: str) -> None:
        """Find the phrase and do what it says."""
        self.refused = codes.OK
        for known in PHRASES:
            match = known.pattern.fullmatch(" " + words)
            if match:
                known.does(self, **match.groupdict())
                return
        alike = [known.template for known in PHRASES if known.template.startswith(words.split(maxsplit=1)[0] + " ")]
        raise ScenarioError("cannot be read" + (f"; did you mean: {' | '.join(alike)}" if alike else ""))

    def reject(self, code: str, words: str) -> None:
        """The statement must be refused with this code and change nothing."""
        if code not in CODES:
            raise ScenarioError(f"{code!r} is no result code")
        before = self.state()
        self.say(words)
        if self.refused != CODES[code]:
            raise ScenarioError(f"expected {code}, got {codes.sentence(self.refused)}")
        if self.state() != before:
            raise ScenarioError("was refused and yet changed something")

    def state(self) -> tuple[bytes, ...]:
        """All that a refused command may not touch; its answer is kept elsewhere. Empty rows may be made room for."""
        pool = self.engine.pool
        tables = (pool.accounts, pool.holdings, pool.instruments, pool.policy, pool.curves)
        tables += (pool.pots, pool.stakes, pool.cases, pool.seals)
        return tuple(table.tobytes().rstrip(b"\0") for table in tables)

    def send(self, kind: int, payload: list[int] | None = None, **fields: int) -> None:
        """One command, and what came of it."""
        words = payload or []
        self.sent += 1
        command = np.zeros(1, COMMAND)
        for name, value in {"kind": kind, "id": self.sent, "payload_words": len(words), **fields}.items():
            command[name] = value
        self.refused = int(self.engine.apply(command, np.array(words, np.int64))[0])
        events = list(event_records(self.engine.events().tolist()))
        self.auditor.read(events)
        self.events += events
        self.ledger += [dict(zip(row.dtype.names, row.tolist())) for row in self.engine.ledger()]

    # Names and numbers

    @property
    def now(self) -> int:
        return int(self.engine.pool.totals[0]["time"])

    def account(self, name: str) -> int:
        if name not in self.accounts:
            raise ScenarioError(f"no account is called {name!r}")
        return self.accounts[name]

    def instrument(self, name: str | None) -> int:
        if name is None:
            return 0
        if name not in self.instruments:
            raise ScenarioError(f"no instrument is called {name!r}")
        return self.instruments[name]

    def owner(self, name: str) -> int:
        return self.owners.setdefault(name, len(self.owners) + 1)

    def lots(self, text: str, instrument: int) -> int:
        return exactly(text, self.units[instrument])

    def quantity(self, text: str, asset: str | None) -> dict[str, int]:
        """A quantity of the settlement token, or of an asset."""
        number = self.instrument(asset)
        if number == 0:
            return {"instrument": 0, "amount": micros(text)}
        return {"instrument": number, "lots": self.lots(text, number)}

    def holding(self, account: str, instrument: str) -> dict[str, int]:
        row = self.engine.pool.accounts[self.account(account)]
        for place in range(int(row["start"]), int(row["start"] + row["count"])):
            held = self.engine.pool.holdings[place]
            if held["instrument"] == self.instrument(instrument):
                return {name: int(held[name]) for name in held.dtype.names}
        return dict.fromkeys(self.engine.pool.holdings.dtype.names, 0)

    def same(self, what: str, expected: int, found: int, unit: int = TOKEN) -> None:
        """Compare exact numbers, shown in human units."""
        if expected != found:
            raise ScenarioError(f"{what}: expected {expected / unit:.12g}, got {found / unit:.12g}")

    def same_word(self, what: str, expected: str, found: str) -> None:
        if expected != found:
            raise ScenarioError(f"{what}: expected {expected}, got {found}")

    # The pool

    @phrase("policy {*parameters}")
    def set_policy(self, parameters: str) -> None:
        row = self.engine.pool.policy[0]
        values = {name: int(row[name]) for name in POLICY.names}
        read_values(values, parameters.split(), POLICY_WORDS, 1)
        self.send(m.COMMAND_SET_POLICY, list(values.values()))

    @phrase("{kind:perp|future|asset} {name} lot {lot} {*parameters}", "{kind:perp|future|asset} {name} lot {lot}")
    def list_instrument(self, kind: str, name: str, lot: str, parameters: str = "") -> None:
        scale = max(0, len(lot.partition(".")[2]))
        unit = 10**scale
        if exactly(lot, unit) != 1:
            raise WordError(f"a lot is 1, 0.1, 0.01, ...; not {lot}")
        values = quiet_listing(KINDS[kind], scale)
        extra = ("segment",) if kind != "asset" else ("weight", "weight_maintenance")
        if kind == "asset":
            values["rate_initial"] = values["rate_maintenance"] = 0
        read_values(values, parameters.split(), LISTING_WORDS, unit, extra)
        if values["expiry"]:
            values["expiry"] += self.now
        number = len(self.instruments)
        self.send(m.COMMAND_LIST_INSTRUMENT, list(values.values()), instrument=number)
        if self.refused == codes.OK:
            self.instruments[name] = number
            self.units[number] = unit

    @phrase("change {name} {*parameters}")
    def change_instrument(self, name: str, parameters: str) -> None:
        number = self.instrument(name)
        row = self.engine.pool.instruments[number]
        values = {field: int(row[field]) for field in LISTING.names}
        extra = ("weight", "weight_maintenance") if values["kind"] == m.KIND_ASSET else ("segment",)
        read_values(values, parameters.split(), LISTING_WORDS, self.units[number], extra)
        self.send(m.COMMAND_SET_INSTRUMENT, list(values.values()), instrument=number)

    @phrase("account {name} [owner {owner}] [isolated {instrument}] [deposit {amount}] [portfolio]")
    def open_account(
        self, name: str, owner: str | None, instrument: str | None, amount: str | None, portfolio: str | None
    ) -> None:
        number = max(m.NAMED_COUNT - 1, *self.accounts.values()) + 1
        fields = {"counterparty": self.owner(owner or name), "instrument": self.instrument(instrument)}
        mode = m.MODE_PORTFOLIO if portfolio else m.MODE_STANDARD
        self.send(m.COMMAND_OPEN_ACCOUNT, account=number, flags=mode, **fields)
        if self.refused == codes.OK:
            self.accounts[name] = number
            if amount is not None:
                self.send(m.COMMAND_DEPOSIT, account=number, amount=micros(amount))

    @phrase("close {account}")
    def close_account(self, account: str) -> None:
        self.send(m.COMMAND_CLOSE_ACCOUNT, account=self.account(account))

    @phrase("limits {account} [leverage {leverage}] [trigger {trigger}]")
    def set_limits(self, account: str, leverage: str | None, trigger: str | None) -> None:
        rate = -(-PPB // whole(leverage)) if leverage else 0
        fields = {"amount": rate, "price": ppb(trigger) if trigger else 0}
        self.send(m.COMMAND_SET_LIMITS, account=self.account(account), **fields)

    # Money

    @phrase("deposit {amount} [{asset}] to {account} [by {owner}] [from chain]")
    def deposit(self, amount: str, asset: str | None, account: str, owner: str | None, from_chain: str | None) -> None:
        number = self.account(account)
        depositor = self.owner(owner) if owner else int(self.engine.pool.accounts[number]["owner"])
        flags = m.FLAG_FROM_CHAIN if from_chain else 0
        fields = self.quantity(amount, asset)
        self.send(m.COMMAND_DEPOSIT, account=number, counterparty=depositor, flags=flags, **fields)

    @phrase("withdraw {amount} [{asset}] from {account}")
    def withdraw(self, amount: str, asset: str | None, account: str) -> None:
        self.send(m.COMMAND_WITHDRAW, account=self.account(account), **self.quantity(amount, asset))

    @phrase("pay {amount} [{asset}]")
    def pay_withdrawal(self, amount: str, asset: str | None) -> None:
        self.send(m.COMMAND_PAY_WITHDRAWAL, **self.quantity(amount, asset))

    @phrase("transfer {amount} [{asset}] from {sender} to {receiver} [as operator]")
    def transfer(self, amount: str, asset: str | None, sender: str, receiver: str, as_operator: str | None) -> None:
        flags = m.FLAG_OPERATOR if as_operator else 0
        parties = {"account": self.account(sender), "counterparty": self.account(receiver)}
        self.send(m.COMMAND_TRANSFER, flags=flags, **parties, **self.quantity(amount, asset))

    @phrase("write down {amount} [{asset}]")
    def write_down(self, amount: str, asset: str | None) -> None:
        self.send(m.COMMAND_WRITE_DOWN, **self.quantity(amount, asset))

    @phrase("realise {instrument} of {account}")
    def realise(self, instrument: str, account: str) -> None:
        self.send(m.COMMAND_REALISE, account=self.account(account), instrument=self.instrument(instrument))

    # Trading

    @phrase(
        "fill {taker} {side:buys|sells} {size} {instrument} {preposition:from|to} {maker} at {price} "
        "[consuming {own} and {other}] [as operator]"
    )
    def fill(
        self,
        taker: str,
        side: str,
        size: str,
        instrument: str,
        preposition: str,
        maker: str,
        price: str,
        own: str | None,
        other: str | None,
        as_operator: str | None,
    ) -> None:
        number = self.instrument(instrument)
        self.send(
            m.COMMAND_FILL,
            account=self.account(taker),
            counterparty=self.account(maker),
            instrument=number,
            lots=SIGNS[side] * self.lots(size, number),
            price=micros(price),
            flags=m.FLAG_OPERATOR if as_operator else 0,
            reserved_lots=self.lots(own or "0", number),
            reserved_lots_counterparty=self.lots(other or "0", number),
        )

    @phrase("order {account} {side:bids|asks} {size} {instrument} at {price}")
    def reserve(self, account: str, side: str, size: str, instrument: str, price: str) -> None:
        number = self.instrument(instrument)
        fields = {"lots": SIGNS[side] * self.lots(size, number), "price": micros(price)}
        self.send(m.COMMAND_RESERVE, account=self.account(account), instrument=number, **fields)

    @phrase("cancel {account} {side:bids|asks} {size} {instrument}")
    def release(self, account: str, side: str, size: str, instrument: str) -> None:
        number = self.instrument(instrument)
        lots = SIGNS[side] * self.lots(size, number)
        self.send(m.COMMAND_RELEASE, account=self.account(account), instrument=number, lots=lots)

    @phrase("replace {account} {side:bids|asks} {size} {instrument} with {new_side:bids|asks} {new_size} at {price}")
    def replace(
        self, account: str, side: str, size: str, instrument: str, new_side: str, new_size: str, price: str
    ) -> None:
        number = self.instrument(instrument)
        self.send(
            m.COMMAND_REPLACE,
            account=self.account(account),
            instrument=number,
            reserved_lots=SIGNS[side] * self.lots(size, number),
            lots=SIGNS[new_side] * self.lots(new_size, number),
            price=micros(price),
        )

    # Prices and time

    @phrase("mark {instrument} {price} [premium {premium}] [confidence {confidence}] [sources {sources}]")
    def mark(
        self, instrument: str, price: str, premium: str | None, confidence: str | None, sources: str | None
    ) -> None:
        self.send(
            m.COMMAND_MARK,
            instrument=self.instrument(instrument),
            time=self.now,
            price=micros(price),
            premium=ppb(premium) if premium else 0,
            confidence=micros(confidence) if confidence else 0,
            sources=whole(sources) if sources else 3,
        )

    @phrase("tick [{duration}]")
    def tick(self, duration: str | None) -> None:
        self.send(m.COMMAND_TICK, time=self.now + (milliseconds(duration) if duration else 0))

    # Liquidation and the end of a series

    @phrase("bid {bidder} takes {size} {instrument} from {account} [limit {price}]")
    def bid(self, bidder: str, size: str, instrument: str, account: str, price: str | None) -> None:
        number = self.instrument(instrument)
        fields = {"lots": self.lots(size, number), "price": micros(price) if price else 0}
        parties = {"account": self.account(account), "counterparty": self.account(bidder)}
        self.send(m.COMMAND_BID, instrument=number, **parties, **fields)

    @phrase("delist {instrument} [after {duration}]")
    def delist(self, instrument: str, duration: str | None) -> None:
        time = self.now + milliseconds(duration) if duration else 0
        self.send(m.COMMAND_DELIST, instrument=self.instrument(instrument), time=time)

    @phrase("settle {instrument}")
    def settle(self, instrument: str) -> None:
        self.send(m.COMMAND_SETTLE, instrument=self.instrument(instrument))

    # Expectations

    @phrase("expect margin {account} [equity {equity}] [maintenance {maintenance}] [initial {initial}]")
    def expect_margin(self, account: str, equity: str | None, maintenance: str | None, initial: str | None) -> None:
        figures = [int(column[self.account(account)]) for column in self.engine.sweep()]
        for what, text, found in zip(("equity", "maintenance", "initial"), (equity, maintenance, initial), figures):
            if text is not None:
                self.same(f"{what} of {account}", micros(text), found)

    @phrase("expect cash {account} {amount}")
    def expect_cash(self, account: str, amount: str) -> None:
        self.same(f"cash of {account}", micros(amount), int(self.engine.pool.accounts[self.account(account)]["cash"]))

    @phrase("expect lots {account} {size} {instrument} [cost {cost}]")
    def expect_lots(self, account: str, size: str, instrument: str, cost: str | None) -> None:
        number, held = self.instrument(instrument), self.holding(account, instrument)
        self.same(f"lots of {account}", self.lots(size, number), held["lots"], self.units[number])
        if cost is not None:
            self.same(f"cost of {account}", micros(cost), held["cost"])

    @phrase("expect orders {account} bids {bids} asks {asks} {instrument} [reserved {amount}]")
    def expect_orders(self, account: str, bids: str, asks: str, instrument: str, amount: str | None) -> None:
        number, held = self.instrument(instrument), self.holding(account, instrument)
        self.same(f"bids of {account}", self.lots(bids, number), held["bid_lots"], self.units[number])
        self.same(f"asks of {account}", self.lots(asks, number), held["ask_lots"], self.units[number])
        if amount is not None:
            self.same(f"reserved by {account}", micros(amount), held["reserved"])

    @phrase("expect stage {account} {stage:healthy|called|liquidating|cooling}")
    def expect_stage(self, account: str, stage: str) -> None:
        found = int(self.engine.pool.accounts[self.account(account)]["stage"])
        self.same_word(f"stage of {account}", stage, m.name_of("STAGE", found))

    @phrase("expect oracle {instrument} {state}")
    def expect_oracle(self, instrument: str, state: str) -> None:
        found = int(self.engine.pool.instruments[self.instrument(instrument)]["oracle_state"])
        self.same_word(f"oracle of {instrument}", state, m.name_of("ORACLE", found))

    @phrase("expect status {instrument} {status}")
    def expect_status(self, instrument: str, status: str) -> None:
        found = int(self.engine.pool.instruments[self.instrument(instrument)]["status"])
        self.same_word(f"status of {instrument}", status, m.name_of("STATUS", found))

    @phrase("expect mark {instrument} {price}")
    def expect_mark(self, instrument: str, price: str) -> None:
        found = int(self.engine.pool.instruments[self.instrument(instrument)]["mark"])
        self.same(f"mark of {instrument}", micros(price), found)

    @phrase("expect funding {instrument} {amount}")
    def expect_funding(self, instrument: str, amount: str) -> None:
        found = int(self.engine.pool.instruments[self.instrument(instrument)]["funding"])
        self.same(f"cumulative funding of {instrument}", micros(amount), found)

    @phrase("expect open {size} {instrument}")
    def expect_open(self, size: str, instrument: str) -> None:
        number = self.instrument(instrument)
        found = int(self.engine.pool.instruments[number]["open_lots"])
        self.same(f"open interest of {instrument}", self.lots(size, number), found, self.units[number])

    @phrase("expect vault {amount} [{asset}]")
    def expect_vault(self, amount: str, asset: str | None) -> None:
        number = self.instrument(asset)
        row = self.engine.pool.instruments[number] if number else self.engine.pool.totals[0]
        self.same("vault", self.lots(amount, number), int(row["vault"]), self.units[number])

    @phrase("expect {total:shortfall|bad_debt|socialised} {amount}")
    def expect_total(self, total: str, amount: str) -> None:
        self.same(total, micros(amount), int(self.engine.pool.totals[0][total]))

    @phrase("expect next {instrument} of {account}")
    def expect_next_leg(self, instrument: str, account: str) -> None:
        leg = int(self.engine.next_legs(np.array([self.account(account)], np.int64))[0])
        names = {number: name for name, number in self.instruments.items()}
        self.same_word(f"next leg of {account}", instrument, names.get(leg, "none"))

    @phrase("expect event {kind} [{account}]")
    def expect_event(self, kind: str, account: str | None) -> None:
        if not self.events_of(kind, account):
            said = sorted({m.name_of("EVENT", event.kind) for event in self.events})
            raise ScenarioError(f"no such event; there were: {', '.join(said) or 'none'}")

    @phrase("expect no event {kind} [{account}]")
    def expect_no_event(self, kind: str, account: str | None) -> None:
        if self.events_of(kind, account):
            raise ScenarioError("there was such an event")

    def events_of(self, kind: str, account: str | None) -> list[m.EventRecord]:
        number = getattr(m, f"EVENT_{kind.upper()}", None)
        if number is None:
            raise ScenarioError(f"{kind!r} is no kind of event")
        found = [event for event in self.events if event.kind == number]
        return found if account is None else [event for event in found if event.account == self.account(account)]

    @phrase(
        "expect ledger {mechanism:bid|backstop|fund|adl|slice|batch|auction|amm|insolvent} {taker} takes {size} "
        "{instrument} from {account}"
    )
    def expect_ledger(self, mechanism: str, taker: str, size: str, instrument: str, account: str) -> None:
        number = self.instrument(instrument)
        wanted = (mechanism, self.account(taker), self.lots(size, number), number, self.account(account))
        lines = [
            (m.name_of("MECHANISM", row["mechanism"]), row["taker"], row["lots"], row["instrument"], row["account"])
            for row in self.ledger
        ]
        if wanted not in lines:
            shown = [f"{line[0]} account {line[1]} lots {line[2]} instrument {line[3]}" for line in lines]
            raise ScenarioError(f"no such line in the ledger; there were: {'; '.join(shown) or 'none'}")

    @phrase("expect identities hold")
    def expect_identities(self) -> None:
        """They are checked after every line; this says so where it is the point."""


def run_file(path: Path) -> None:
    """Run one scenario file."""
    Scenario().run(path.read_text(encoding="utf-8"), str(path))
