"""A rough world for the engine: few accounts, little money, wild prices, short-dated futures, everything allowed."""

from collections.abc import Iterator
from random import Random

import numpy as np

from plimsoll.book.layout import COMMAND, LISTING, POLICY
from plimsoll.engine import Engine
from plimsoll.units import codes
from plimsoll.units import messages as m

TOKEN = 1_000_000
PERCENT = 10_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE

ASSET, PERP, PERP_ROOT, FUTURE = 1, 2, 3, 4
OWNERS = 9
FIRST_PRICES = {ASSET: 200 * TOKEN, PERP: 100 * TOKEN, PERP_ROOT: 1_000 * TOKEN, FUTURE: 50 * TOKEN}

PLAIN = {
    **dict.fromkeys(LISTING.names, 0),
    "kind": m.KIND_PERP,
    "scale": 2,
    "mark_max": 10**11,
    "lots_max": 10**6,
    "open_lots_max": 10**8,
    "backstop_lots_max": 3_000,
    "rate_initial": 10 * PERCENT,
    "rate_maintenance": 5 * PERCENT,
    "fee_taker": PERCENT // 20,
    "fee_maker": -PERCENT // 50,
    "fee_liquidation": 2 * PERCENT,
    "fee_backstop": 3 * PERCENT,
    "band": 50 * PERCENT,
    "age_fill_max": HOUR,
    "age_margin_max": 4 * HOUR,
    "confidence_max": 50 * PERCENT,
    "confidence_factor": 50 * PERCENT,
}
LISTINGS = (
    {**PLAIN, "kind": m.KIND_ASSET, "rate_initial": 20 * PERCENT, "rate_maintenance": 10 * PERCENT, "scale": 3},
    {**PLAIN, "funding_interval": 10 * MINUTE, "funding_rate_max": 5 * PERCENT, "settlement_window": 20 * MINUTE},
    {
        **PLAIN,
        "root_base_initial": 5 * PERCENT,
        "root_base_maintenance": 3 * PERCENT,
        "root_factor_initial": 3 * 10**9,
        "root_factor_maintenance": 10**9,
        "notional_min": 20 * TOKEN,
        "sources_min": 1,
    },
)
FUTURE_LISTING = {
    **PLAIN,
    "kind": m.KIND_FUTURE,
    "segment_lots_1": 300,
    "segment_initial_1": 20 * PERCENT,
    "segment_maintenance_1": 8 * PERCENT,
    "settlement_window": 10 * MINUTE,
}
POLICY_USED = {
    "call_deadline": 5 * MINUTE,
    "gap_max": 30 * MINUTE,
    "grace": MINUTE,
    "backstop_after": 4 * MINUTE,
    "settlements_per_tick": 9,
    "profit_haircut": 10 * PERCENT,
}

Batch = tuple[np.ndarray, np.ndarray]


class World:
    """Draws batches of commands while looking at the engine's tables; ``run`` applies them."""

    def __init__(self, seed: int, fund: int = 20 * TOKEN, **policy: int):
        self.random = Random(seed)
        self.fund = fund
        self.policy = {**POLICY_USED, **policy}
        self.engine = Engine.create(self.policy, accounts=16)
        self.id = 0
        self.time = HOUR
        self.prices = dict(FIRST_PRICES)
        self.rows: list[dict[str, int]] = []
        self.payload: list[int] = []
        self.sent = self.accepted = 0
        self.answers: set[int] = set()

    # Writing a batch

    def add(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> None:
        self.id += 1
        self.rows.append({"kind": kind, "id": self.id, "payload_words": len(payload), **fields})
        self.payload += payload

    def run(self) -> list[int]:
        """Apply what was added as one batch."""
        commands = np.zeros(len(self.rows), COMMAND)
        for place, row in enumerate(self.rows):
            for name, value in row.items():
                commands[place][name] = value
        results = self.engine.apply(commands, np.array(self.payload, np.int64)).tolist()
        self.sent += len(results)
        self.accepted += results.count(codes.OK)
        self.answers |= set(results)
        self.rows, self.payload = [], []
        return results

    def list_instrument(self, listing: dict[str, int], **changes: int) -> None:
        number = int(self.engine.pool.totals[0]["instruments"])
        words = tuple(int(value) for value in {**listing, **changes}.values())
        self.add(m.COMMAND_LIST_INSTRUMENT, words, instrument=number)
        assert self.run() == [codes.OK]

    def open(self) -> list[int]:
        """Instruments, prices, accounts with a little money."""
        self.add(m.COMMAND_TICK, time=self.time)
        self.run()
        for listing in LISTINGS:
            self.list_instrument(listing)
        self.list_instrument(FUTURE_LISTING, expiry=self.time + HOUR)
        for number, price in self.prices.items():
            self.add(m.COMMAND_MARK, instrument=number, price=price, time=self.time, sources=3)
        for place in range(14):
            account, owner = m.NAMED_COUNT + place, 1 + place % OWNERS
            isolated = PERP if place == 13 else 0
            flags = m.MODE_STANDARD
            self.add(m.COMMAND_OPEN_ACCOUNT, account=account, counterparty=owner, instrument=isolated, flags=flags)
            self.add(m.COMMAND_DEPOSIT, account=account, amount=self.random.randrange(100, 900) * TOKEN)
            if place < 7:
                lots = self.random.randrange(100, 3_000)
                self.add(m.COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=ASSET, lots=lots)
        self.add(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=self.fund)
        self.add(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=300 * TOKEN)
        return self.run()

    def step(self, size: int = 40) -> list[int]:
        """One batch of random commands, prices and time at its end."""
        self.draw(size)
        results = self.run()
        self.renew_future()
        return results

    def step_by_step(self, size: int = 40) -> Iterator[set[int]]:
        """The same, one command a batch; gives the accounts each command names when it has been applied."""
        self.draw(size)
        rows, payload = self.rows, self.payload
        self.rows, self.payload = [], []
        for row in rows:
            words = row["payload_words"]
            self.rows, self.payload, payload = [row], payload[:words], payload[words:]
            self.run()
            yield {row[name] for name in ("account", "counterparty") if name in row}
        self.renew_future()
        yield set()

    def draw(self, size: int) -> None:
        for _ in range(size):
            self.random.choices(DRAWS, WEIGHTS)[0](self)
        self.draw_mark()
        self.draw_tick()

    # What the tables say

    def known(self, account: int) -> bool:
        return 0 <= account < int(self.engine.pool.totals[0]["accounts"])

    def mark_of(self, number: int) -> int:
        count = int(self.engine.pool.totals[0]["instruments"])
        return int(self.engine.pool.instruments[number]["mark"]) if 0 <= number < count else 1

    def holdings(self, account: int) -> list[dict[str, int]]:
        row = self.engine.pool.accounts[account]
        block = self.engine.pool.holdings[int(row["start"]) : int(row["start"] + row["count"])]
        return [{name: int(held[name]) for name in held.dtype.names} for held in block]

    def owner_of(self, account: int) -> int:
        return int(self.engine.pool.accounts[account]["owner"]) if self.known(account) else 1

    def liquidating(self) -> list[int]:
        accounts = self.engine.pool.accounts[: int(self.engine.pool.totals[0]["accounts"])]
        return np.flatnonzero(accounts["stage"] == m.STAGE_LIQUIDATING).tolist()

    def account(self) -> int:
        if self.random.random() < 0.02:
            return self.random.randrange(-1, 30)
        return self.random.randrange(m.NAMED_COUNT, m.NAMED_COUNT + 14)

    def instrument(self) -> int:
        last = int(self.engine.pool.totals[0]["instruments"]) - 1
        if self.random.random() < 0.02:
            return self.random.randrange(-1, last + 2)
        return self.random.choice((PERP, PERP, PERP_ROOT, last, last, last, ASSET))

    def size(self, number: int) -> int:
        worth = self.random.choice((500, 3_000, 10_000)) * self.random.randrange(10, 100) * TOKEN // 100
        return max(1, worth * 100 // max(1, self.mark_of(number))) * self.random.choice((-1, 1))

    def price(self, number: int) -> int:
        return self.mark_of(number) * self.random.randrange(970, 1031) // 1000 + self.random.randrange(2)

    def renew_future(self) -> None:
        """A new series when the last one is closed; all but the first cash-settle within the hour."""
        last = int(self.engine.pool.totals[0]["instruments"]) - 1
        if int(self.engine.pool.instruments[last]["status"]) != m.STATUS_CLOSED:
            return
        self.list_instrument(FUTURE_LISTING, expiry=self.time + self.random.randrange(20, 60) * MINUTE)
        self.prices[last + 1] = self.prices[last]
        self.add(m.COMMAND_MARK, instrument=last + 1, price=self.prices[last], time=self.time, sources=3)
        self.run()

    # Drawing

    def draw_fill(self) -> None:
        taker, maker, number = self.account(), self.account(), self.instrument()
        lots, fields = self.size(number), {}
        if self.known(taker) and self.random.random() < 0.4:
            legs = [held for held in self.holdings(taker) if held["lots"] != 0]
            if legs:
                leg = self.random.choice(legs)
                number, lots = leg["instrument"], -leg["lots"]
        for name, account, side in (("reserved_lots", taker, lots), ("reserved_lots_counterparty", maker, -lots)):
            for held in self.holdings(account) if self.known(account) else []:
                if held["instrument"] == number:
                    fields[name] = min(abs(lots), held["bid_lots"] if side > 0 else held["ask_lots"])
        self.add(
            m.COMMAND_FILL,
            account=taker,
            counterparty=maker,
            instrument=number,
            lots=lots,
            price=self.price(number),
            **fields,
        )

    def draw_mark(self) -> None:
        if self.random.random() < 0.03:
            self.add(m.COMMAND_MARK, instrument=0, price=self.random.randrange(900_000, TOKEN), time=self.time)
            return
        number = self.random.choice(sorted(self.prices)[-4:])
        jump = self.random.choice((5, 20, 50, 300))
        price = self.prices[number] * self.random.randrange(1000 - jump, 1001 + jump) // 1000
        self.prices[number] = max(TOKEN, min(price, 10**10))
        self.add(
            m.COMMAND_MARK,
            instrument=number,
            price=0 if self.random.random() < 0.02 else self.prices[number],
            time=self.time,
            premium=self.random.randrange(-3 * PERCENT, 3 * PERCENT),
            confidence=self.random.randrange(1 + price // 50),
            sources=3 if self.random.random() < 0.95 else 0,
        )

    def draw_tick(self) -> None:
        self.time += self.random.choice((0, 1_000, MINUTE, 5 * MINUTE))
        if self.random.random() < 0.01:
            self.time += HOUR
        self.add(m.COMMAND_TICK, time=self.time)

    def draw_order(self) -> None:
        number = self.instrument()
        self.add(
            m.COMMAND_RESERVE,
            account=self.account(),
            instrument=number,
            lots=self.size(number),
            price=self.price(number),
        )

    def draw_release(self) -> None:
        account = self.account()
        for held in self.holdings(account) if self.known(account) else []:
            lots = held["bid_lots"] or -held["ask_lots"]
            number = held["instrument"]
            if lots and self.random.random() < 0.5:
                self.add(m.COMMAND_RELEASE, account=account, instrument=number, lots=lots)
                return
            if lots:
                new = {"lots": self.size(number), "price": self.price(number)}
                self.add(m.COMMAND_REPLACE, account=account, instrument=number, reserved_lots=lots, **new)
                return

    def quantity(self) -> dict[str, int]:
        if self.random.random() < 0.6:
            return {"amount": self.random.randrange(1, 300) * TOKEN}
        return {"instrument": ASSET, "lots": self.random.randrange(1, 500)}

    def draw_deposit(self) -> None:
        account = self.random.choice([self.account() for _ in range(8)] + [m.NAMED_FUND, m.NAMED_BACKSTOP, 99])
        flags = m.FLAG_FROM_CHAIN if self.random.random() < 0.5 else 0
        fields = self.quantity()
        if self.known(account) and self.owner_of(account) > 0:
            fields["amount"] = fields.get("amount", 0) // 3
        if account in (m.NAMED_FUND, m.NAMED_BACKSTOP):
            fields = {"amount": max(1, self.fund * self.random.randrange(1, 200) // 100)}
        self.add(m.COMMAND_DEPOSIT, account=account, counterparty=self.owner_of(account), flags=flags, **fields)

    def draw_withdraw(self) -> None:
        if self.random.random() < 0.4:
            self.add(m.COMMAND_PAY_WITHDRAWAL, **self.quantity())
        else:
            self.add(m.COMMAND_WITHDRAW, account=self.account(), **self.quantity())

    def draw_transfer(self) -> None:
        account = self.random.choice((self.account(), m.NAMED_FEES, m.NAMED_SUSPENSE))
        others = [number for number in range(8, 22) if self.owner_of(number) == self.owner_of(account)]
        receiver = self.random.choice([*others, self.account()])
        self.add(m.COMMAND_TRANSFER, account=account, counterparty=receiver, flags=m.FLAG_OPERATOR, **self.quantity())

    def draw_realise(self) -> None:
        self.add(m.COMMAND_REALISE, account=self.account(), instrument=self.instrument())

    def draw_bid(self) -> None:
        waiting = self.liquidating()
        if not waiting:
            return
        account = self.random.choice(waiting)
        leg = int(self.engine.next_legs(np.array([account], np.int64))[0])
        lots = self.random.choice((1, abs(self.size(leg)), 10**6))
        self.add(m.COMMAND_BID, account=account, counterparty=self.account(), instrument=leg, lots=lots)

    def draw_rest(self) -> None:
        draw = self.random.choice((0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7))
        if draw == 0:
            self.add(m.COMMAND_WRITE_DOWN, instrument=ASSET, lots=self.random.randrange(1, 50))
        elif draw == 1:
            self.add(m.COMMAND_WRITE_DOWN, amount=self.random.randrange(1, 20) * TOKEN)
        elif draw == 2:
            self.add(m.COMMAND_CLOSE_ACCOUNT, account=self.account())
        elif draw == 3:
            account, owner = self.account(), self.random.randrange(1, OWNERS + 1)
            self.add(m.COMMAND_OPEN_ACCOUNT, account=account, counterparty=owner, flags=m.MODE_STANDARD)
        elif draw == 4:
            adl = self.random.choice((m.ADL_QUEUE, m.ADL_PRO_RATA))
            row = self.engine.pool.policy[0]
            words = {**{name: int(row[name]) for name in POLICY.names}, "adl": adl}
            self.add(m.COMMAND_SET_POLICY, tuple(words.values()))
        elif draw == 5:
            row = self.engine.pool.instruments[PERP_ROOT]
            words = {name: int(row[name]) for name in LISTING.names}
            words["backstop_lots_max"] = self.random.randrange(3_000)
            self.add(m.COMMAND_SET_INSTRUMENT, tuple(words.values()), instrument=PERP_ROOT)
        elif draw == 6:
            rate, trigger = self.random.randrange(0, 30 * PERCENT), self.random.randrange(0, 250 * PERCENT)
            self.add(m.COMMAND_SET_LIMITS, account=self.account(), amount=rate, price=trigger)
        elif self.random.random() < 0.1:
            number = self.random.choice((0, int(self.engine.pool.totals[0]["instruments"]) - 1))
            self.add(m.COMMAND_DELIST, instrument=number, time=self.time + HOUR)
        else:
            self.add(m.COMMAND_SETTLE, instrument=self.instrument())


DRAWS, WEIGHTS = zip(
    (World.draw_fill, 36),
    (World.draw_mark, 10),
    (World.draw_tick, 8),
    (World.draw_order, 8),
    (World.draw_release, 5),
    (World.draw_deposit, 5),
    (World.draw_withdraw, 5),
    (World.draw_transfer, 5),
    (World.draw_realise, 4),
    (World.draw_bid, 8),
    (World.draw_rest, 3),
)
