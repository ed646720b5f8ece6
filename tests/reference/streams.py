"""Seeded streams of commands: mostly plausible, sometimes one unit off, in a world where prices move a lot."""

from random import Random

from plimsoll.units import messages as m

from .build import ASSET, CONTRACT, FUTURE, HOUR, PERCENT, TOKEN
from .model import ReferencePool
from .state import LISTING_FIELDS, Command

Step = tuple[Command, tuple[int, ...]]

LISTINGS = (
    {**ASSET, "scale": 3, "lots_max": 10**7, "open_lots_max": 10**8, "mark_max": 10**11},
    {
        **CONTRACT,
        "scale": 2,
        "lots_max": 10**6,
        "mark_max": 10**11,
        "fee_taker": PERCENT // 20,
        "fee_maker": -PERCENT // 100,
        "fee_liquidation": 2 * PERCENT,
        "fee_backstop": 3 * PERCENT,
        "backstop_lots_max": 20_000,
        "funding_interval": HOUR // 4,
        "funding_rate_max": 5 * PERCENT,
        "confidence_factor": 100 * PERCENT,
        "settlement_window": HOUR // 2,
    },
    {
        **FUTURE,
        "segment_lots_1": 500,
        "segment_initial_1": 20 * PERCENT,
        "segment_maintenance_1": 8 * PERCENT,
        "slope_initial": PERCENT // 1000,
        "fee_taker": PERCENT // 10,
        "fee_liquidation": 1 * PERCENT,
        "open_interest_lower": 10**9,
        "open_interest_upper": 10**12,
        "volatility_max": 60 * PERCENT,
        "volatility_window": HOUR,
        "expiry": 6 * HOUR,
    },
    {
        **CONTRACT,
        "root_base_initial": 5 * PERCENT,
        "root_base_maintenance": 2 * PERCENT,
        "root_factor_initial": 3 * 10**10,
        "root_factor_maintenance": 10**10,
        "notional_min": 50 * TOKEN,
        "sources_min": 1,
    },
)
PRICES = (2_000 * TOKEN, 100 * TOKEN, 50 * TOKEN, 400 * TOKEN)


class Stream:
    """Draws commands while looking at the pool they will be applied to."""

    def __init__(self, seed: int, pool: ReferencePool):
        self.random, self.pool = Random(seed), pool
        self.id = 0
        self.prices = list(PRICES)
        draws = {
            self.draw_fill: 30,
            self.draw_mark: 14,
            self.draw_tick: 14,
            self.draw_reserve: 8,
            self.draw_release: 3,
            self.draw_replace: 3,
            self.draw_deposit: 7,
            self.draw_withdraw: 4,
            self.draw_bid: 8,
            self.draw_transfer: 3,
            self.draw_realise: 3,
            self.draw_rest: 4,
        }
        self.draws, self.weights = list(draws), list(draws.values())

    def opening(self) -> list[Step]:
        """Listings, first marks, ten accounts of seven owners with money."""
        steps: list[Step] = [self.command(m.COMMAND_TICK, time=HOUR)]
        for place, listing in enumerate(LISTINGS):
            payload = tuple(listing[name] for name in LISTING_FIELDS)
            steps.append((self.command(m.COMMAND_LIST_INSTRUMENT, instrument=place + 1)[0], payload))
            fields = {"price": PRICES[place], "time": HOUR, "sources": 3}
            steps.append(self.command(m.COMMAND_MARK, instrument=place + 1, **fields))
        for account in range(m.NAMED_COUNT, m.NAMED_COUNT + 10):
            isolated = 2 if account == m.NAMED_COUNT + 9 else 0
            owner = 101 + account % 7
            opened = {"account": account, "counterparty": owner, "instrument": isolated, "flags": m.MODE_STANDARD}
            steps.append(self.command(m.COMMAND_OPEN_ACCOUNT, **opened))
            amount = self.random.randrange(300, 2_000) * TOKEN
            steps.append(self.command(m.COMMAND_DEPOSIT, account=account, amount=amount))
        for account, amount in ((m.NAMED_FUND, 100 * TOKEN), (m.NAMED_BACKSTOP, 500 * TOKEN)):
            steps.append(self.command(m.COMMAND_DEPOSIT, account=account, amount=amount))
        return steps

    def next(self) -> Step:
        return self.random.choices(self.draws, self.weights)[0]()

    def command(self, kind: int, **fields: int) -> Step:
        self.id += 1
        return {"kind": kind, "id": self.id, **fields}, ()

    def account(self) -> int:
        if self.random.random() < 0.02:
            return self.random.randrange(-1, len(self.pool.accounts) + 2)
        return self.random.randrange(m.NAMED_COUNT, len(self.pool.accounts))

    def instrument(self) -> int:
        if self.random.random() < 0.02:
            return self.random.randrange(-1, len(self.pool.instruments) + 1)
        return self.random.choice((2, 2, 2, 3, 3, 4, 4, 1))

    def size(self, instrument: int) -> int:
        """A signed size worth some hundreds of tokens."""
        worth = self.random.choice((500, 5_000, 20_000)) * self.random.randrange(10, 1_000) * 1_000
        known = 0 < instrument < len(self.pool.instruments)
        row = self.pool.instruments[instrument if known else 0]
        lots = max(1, worth * row.unit // max(1, row.mark))
        return lots * self.random.choice((-1, 1))

    def price(self, instrument: int) -> int:
        known = 0 < instrument < len(self.pool.instruments)
        now = self.pool.instruments[instrument if known else 0].mark
        return now * self.random.randrange(970, 1031) // 1000 + self.random.randrange(2)

    def draw_fill(self) -> Step:
        taker, maker, instrument = self.account(), self.account(), self.instrument()
        if taker == maker:
            maker = self.account()
        lots = self.size(instrument)
        known = 0 <= taker < len(self.pool.accounts)
        if known and self.random.random() < 0.35 and self.pool.accounts[taker].legs():
            instrument = self.random.choice(self.pool.accounts[taker].legs())
            lots = -self.pool.accounts[taker].holdings[instrument].lots
        fields = {"account": taker, "counterparty": maker, "instrument": instrument, "lots": lots}
        for name, number, side in (("reserved_lots", taker, lots), ("reserved_lots_counterparty", maker, -lots)):
            if 0 <= number < len(self.pool.accounts):
                open_lots = self.pool.accounts[number].row(instrument).open_lots(side)
                fields[name] = min(abs(lots), open_lots) + (self.random.random() < 0.02)
        return self.command(m.COMMAND_FILL, price=self.price(instrument), **fields)

    def draw_mark(self) -> Step:
        instrument = self.instrument()
        if not 0 < instrument <= len(LISTINGS):
            return self.command(m.COMMAND_MARK, instrument=0, price=self.random.randrange(950_000, TOKEN), time=0)
        jump = self.random.choice((5, 20, 20, 50, 300))
        price = self.prices[instrument - 1] * self.random.randrange(1000 - jump, 1001 + jump) // 1000
        self.prices[instrument - 1] = max(TOKEN, min(price, 10**10))
        fields = {"instrument": instrument, "price": price, "time": self.pool.time, "sources": 3}
        if self.random.random() < 0.05:
            fields["sources"] = 0
        if self.random.random() < 0.03:
            fields["price"] = 0
        fields["premium"] = self.random.randrange(-3 * PERCENT, 3 * PERCENT)
        return self.command(m.COMMAND_MARK, confidence=self.random.randrange(1, 1 + price // 100), **fields)

    def draw_tick(self) -> Step:
        return self.command(
            m.COMMAND_TICK, time=self.pool.time + self.random.choice((0, 1000, 60_000, 300_000, 900_000))
        )

    def draw_reserve(self) -> Step:
        instrument = self.instrument()
        fields = {"instrument": instrument, "lots": self.size(instrument), "price": self.price(instrument)}
        return self.command(m.COMMAND_RESERVE, account=self.account(), **fields)

    def ordered(self) -> tuple[int, int, int]:
        """(account, instrument, signed lots) of some open order, or of none."""
        found = [
            (number, instrument, held.bid_lots or -held.ask_lots)
            for number, account in enumerate(self.pool.accounts)
            for instrument, held in account.holdings.items()
            if held.bid_lots or held.ask_lots
        ]
        number, instrument, lots = self.random.choice(found or [(self.account(), 2, 1)])
        return number, instrument, self.random.choice((lots, lots, lots // 2, lots + 1))

    def draw_release(self) -> Step:
        account, instrument, lots = self.ordered()
        return self.command(m.COMMAND_RELEASE, account=account, instrument=instrument, lots=lots)

    def draw_replace(self) -> Step:
        account, instrument, lots = self.ordered()
        new = {"lots": self.random.choice((lots, self.size(instrument))), "price": self.price(instrument)}
        fields = {"account": account, "instrument": instrument, "reserved_lots": lots}
        return self.command(m.COMMAND_REPLACE, **fields, **new)

    def draw_deposit(self) -> Step:
        account = self.random.choice((self.account(), self.account(), 0, 3))
        flags = self.random.randrange(2)
        if self.random.random() < 0.6:
            amount = self.random.randrange(-1, 200) * TOKEN
            return self.command(m.COMMAND_DEPOSIT, account=account, amount=amount, flags=flags)
        owner = self.pool.accounts[account].owner if 0 <= account < len(self.pool.accounts) else 1
        fields = {"account": account, "counterparty": owner, "instrument": 1, "flags": flags}
        return self.command(m.COMMAND_DEPOSIT, lots=self.random.randrange(1, 1_000), **fields)

    def quantity(self) -> dict[str, int]:
        if self.random.random() < 0.6:
            return {"amount": self.random.randrange(1, 600 * TOKEN)}
        return {"instrument": 1, "lots": self.random.randrange(1, 500)}

    def draw_withdraw(self) -> Step:
        if self.random.random() < 0.3:
            return self.command(m.COMMAND_PAY_WITHDRAWAL, **self.quantity())
        return self.command(m.COMMAND_WITHDRAW, account=self.account(), **self.quantity())

    def draw_transfer(self) -> Step:
        payer, flags = self.random.choice(((self.account(), 0), (m.NAMED_SUSPENSE, m.FLAG_OPERATOR)))
        owner = self.pool.accounts[payer].owner if 0 <= payer < len(self.pool.accounts) else 0
        same = [number for number, account in enumerate(self.pool.accounts) if account.owner == owner and number > 7]
        receiver = self.random.choice([*same, self.account()])
        return self.command(m.COMMAND_TRANSFER, account=payer, counterparty=receiver, flags=flags, **self.quantity())

    def draw_realise(self) -> Step:
        return self.command(m.COMMAND_REALISE, account=self.account(), instrument=self.instrument())

    def draw_bid(self) -> Step:
        waiting = [n for n, account in enumerate(self.pool.accounts) if account.stage == m.STAGE_LIQUIDATING]
        if not waiting and self.random.random() < 0.8:
            return self.draw_fill()
        account, instrument = self.random.choice(waiting or [self.account()]), self.instrument()
        if waiting and self.random.random() < 0.9:
            from .waterfall import legs_in_order

            instrument = (legs_in_order(self.pool, self.pool.accounts[account]) or [instrument])[0]
        lots = self.random.choice((1, abs(self.size(instrument)), 10**6))
        fields = {"account": account, "counterparty": self.account(), "instrument": instrument}
        return self.command(m.COMMAND_BID, lots=lots, **fields)

    def draw_rest(self) -> Step:
        kind = self.random.choice(("limits", "limits", "write_down", "delist", "settle", "close", "open"))
        if kind == "limits":
            rate, trigger = self.random.randrange(0, 40 * PERCENT), self.random.randrange(0, 200 * PERCENT)
            return self.command(m.COMMAND_SET_LIMITS, account=self.account(), amount=rate, price=trigger)
        if kind == "write_down":
            return self.command(m.COMMAND_WRITE_DOWN, instrument=1, lots=self.random.randrange(1, 30))
        if kind == "delist":
            late = self.random.random() < 0.02
            time = self.pool.time + 2 * HOUR if late else 0
            return self.command(m.COMMAND_DELIST, instrument=2 if late else 0, time=time)
        if kind == "settle":
            return self.command(m.COMMAND_SETTLE, instrument=self.instrument())
        if kind == "close":
            return self.command(m.COMMAND_CLOSE_ACCOUNT, account=self.account())
        fields = {"account": len(self.pool.accounts), "counterparty": self.random.randrange(101, 108)}
        if len(self.pool.accounts) > 30:
            fields["account"] = self.account()
        return self.command(m.COMMAND_OPEN_ACCOUNT, flags=m.MODE_STANDARD, **fields)
