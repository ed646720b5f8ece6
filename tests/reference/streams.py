"""Seeded streams of commands: mostly plausible, some one step off, in worlds where prices move a lot.

A stream looks at the pool its commands will be applied to, so that most of them are accepted; one in twenty is then
spoilt in one field, sent again, or sent under an id that is not its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.units import messages as m
from plimsoll.units.limits import ID_WINDOW, INT64_MAX, INT64_MIN, MICROS_MAX, PPB

from .build import ASSET, CONTRACT, FUTURE, HOUR, PERCENT, TOKEN
from .margin import figures
from .model import POLICY_DEFAULT, ReferencePool
from .state import LISTING_FIELDS, POLICY_FIELDS, Account, Command, Instrument
from .waterfall import legs_in_order

Step = tuple[Command, tuple[int, ...]]
Parameters = dict[str, int]

MINUTE = 60_000
START = HOUR

COIN = {**ASSET, "scale": 3, "lots_max": 10**7, "open_lots_max": 10**8, "mark_max": 10**11}
STABLE = {
    **ASSET,
    "mark_max": 10**9,
    "rate_initial": 10 * PERCENT,
    "rate_maintenance": 4 * PERCENT,
    "fee_liquidation": 2 * PERCENT,
    "fee_backstop": 1 * PERCENT,
    "fee_taker": PERCENT // 10,
    "confidence_factor": 100 * PERCENT,
}
PERP = {
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
    "confidence_max": 5 * PERCENT,
    "settlement_window": HOUR // 4,
    "band": 5 * PERCENT,
    "tier": 1,
}
SKEWED_FUTURE = {
    **FUTURE,
    "segment_lots_1": 50,
    "segment_initial_1": 20 * PERCENT,
    "segment_maintenance_1": 8 * PERCENT,
    "segment_lots_2": 200,
    "segment_initial_2": 25 * PERCENT,
    "segment_maintenance_2": 8 * PERCENT,
    "slope_initial": PERCENT // 1000,
    "slope_maintenance": PERCENT // 2000,
    "fee_taker": PERCENT // 10,
    "fee_liquidation": 1 * PERCENT,
    "open_interest_lower": 10**9,
    "open_interest_upper": 10**11,
    "volatility_max": 60 * PERCENT,
    "volatility_window": HOUR,
    "expiry": 4 * HOUR,
    "tier": 2,
}
ROOT_PERP = {
    **CONTRACT,
    "root_base_initial": 5 * PERCENT,
    "root_base_maintenance": 2 * PERCENT,
    "root_factor_initial": 3 * 10**12 // 4,
    "root_factor_maintenance": 10**12 // 4,
    "notional_min": 50 * TOKEN,
    "sources_min": 1,
    "age_fill_max": HOUR // 4,
    "age_margin_max": HOUR,
}
LEVERED_PERP = {
    **CONTRACT,
    "scale": 1,
    "mark_max": 10**10,
    "lots_max": 10**5,
    "open_lots_max": 5_000,
    "rate_initial": 2 * PERCENT,
    "rate_maintenance": 1 * PERCENT,
    "backstop_lots_max": 300,
    "settlement_window": HOUR // 6,
    "tier": 3,
}
SHORT_FUTURE = {
    **LEVERED_PERP,
    "kind": m.KIND_FUTURE,
    "fee_liquidation": PERCENT // 2,
    "fee_backstop": PERCENT // 2,
    "expiry": 2 * HOUR,
    "rate_initial": 4 * PERCENT,
    "rate_maintenance": 2 * PERCENT,
}
LARGE_ASSET = {**ASSET, "mark_max": 10**15, "lots_max": 2, "open_lots_max": 1_000, "fee_taker": PERCENT}
LARGE_PERP = {
    **CONTRACT,
    "mark_max": 10**12,
    "lots_max": 2_000,
    "open_lots_max": 10**6,
    "backstop_lots_max": 100,
    "fee_taker": 10 * PERCENT,
    "fee_maker": -10 * PERCENT,
    "fee_liquidation": 4 * PERCENT,
    "funding_interval": HOUR // 4,
    "funding_rate_max": PPB,
    "funding_interest": 10 * PERCENT,
    "confidence_factor": 2 * PPB,
    "open_interest_lower": 10**15,
    "open_interest_upper": 10**16,
    "settlement_window": HOUR // 4,
}
LARGEST_PERP = {
    **LARGE_PERP,
    "mark_max": 10**15,
    "lots_max": 2,
    "open_lots_max": 1_000,
    "backstop_lots_max": 2,
    "rate_initial": 2 * PPB,
    "rate_maintenance": PPB,
    "settlement_window": 2_000,
}
LARGE_FUTURE = {
    **FUTURE,
    "scale": 12,
    "mark_max": 2 * 10**11,
    "lots_max": 10**16,
    "open_lots_max": 10**17,
    "backstop_lots_max": 10**15,
    "slope_initial": 170_000,
    "slope_maintenance": 170_000,
    "rate_maintenance": 10 * PERCENT,
    "fee_liquidation": 10 * PERCENT - 1,
    "expiry": 3 * HOUR,
}
SMALL_PERP = {**PERP, "scale": 12, "mark_max": 10**6, "lots_max": 10**16, "open_lots_max": 10**17, "notional_min": 2}
SMALL_PERP |= {"backstop_lots_max": 10**13, "fee_liquidation": 0, "fee_backstop": 0}
SMALL_ASSET = {**COIN, "scale": 6, "mark_max": 10**6, "lots_max": 10**10, "open_lots_max": 10**11}


@dataclass(frozen=True)
class World:
    """Listings with their first prices, and how much money is about."""

    listings: tuple[tuple[Parameters, int], ...]
    money: int = TOKEN


WORLDS = {
    "mixed": World(
        (
            (COIN, 2_000 * TOKEN),
            (PERP, 100 * TOKEN),
            (SKEWED_FUTURE, 50 * TOKEN),
            (ROOT_PERP, 400 * TOKEN),
            (STABLE, TOKEN),
            (LEVERED_PERP, 30 * TOKEN),
            (SHORT_FUTURE, 80 * TOKEN),
        )
    ),
    "series": World(
        (
            (SHORT_FUTURE, 80 * TOKEN),
            ({**SHORT_FUTURE, "expiry": 2 * HOUR + 10 * MINUTE}, 60 * TOKEN),
            (STABLE, TOKEN),
            ({**SHORT_FUTURE, "expiry": 2 * HOUR}, 90 * TOKEN),
            (PERP, 100 * TOKEN),
            (SKEWED_FUTURE, 50 * TOKEN),
        )
    ),
    "large": World(
        (
            (LARGE_PERP, 10**11),
            (LARGE_ASSET, 10**14),
            (LARGE_FUTURE, 10**11),
            ({**LARGE_PERP, "rate_initial": 2 * PERCENT, "rate_maintenance": PERCENT, "fee_liquidation": 0}, 10**11),
            (LARGEST_PERP, 4 * 10**14),
        ),
        money=10**12,
    ),
    "small": World(((SMALL_PERP, 40), (SMALL_ASSET, 7), ({**SMALL_PERP, "confidence_max": PPB}, 3)), money=10),
}

POLICIES: dict[str, tuple[int, ...]] = {
    "call_buffer": (0, 25 * PERCENT, PPB),
    "call_deadline": (0, MINUTE, 10 * MINUTE),
    "exit_buffer": (0, 5 * PERCENT, 50 * PERCENT),
    "backstop_after": (0, MINUTE // 2, HOUR),
    "backstop_ratio": (0, 50 * PERCENT, PPB),
    "fund_share": (0, 50 * PERCENT, PPB),
    "profit_haircut": (0, 10 * PERCENT),
    "depeg_threshold": (99 * PERCENT,),
    "depeg_factor": (0, PPB, 2 * PPB),
    "gap_max": (5 * MINUTE, HOUR),
    "grace": (0, MINUTE, 10 * MINUTE),
    "accounts_per_tick": (3, 10, 2_000_000),
    "steps_per_tick": (1, 20, 20_000),
    "settlements_per_tick": (1, 7, 10_000),
    "adl": (m.ADL_QUEUE, m.ADL_PRO_RATA),
    "deposit_notional_min": (0, 10),
    "class_offset": (0, 30 * PERCENT, 80 * PERCENT),
    "slice_discount": (0, 5 * PERCENT, 50 * PERCENT),
    "swap_slippage": (0, 2 * PERCENT, 20 * PERCENT, 95 * PERCENT),
    "premium_liquidation": (0, 30 * PERCENT, PPB),
    "premium_trading": (0, 25 * PERCENT),
    "quota_day": (MICROS_MAX, MICROS_MAX, MICROS_MAX, 10**8, 10**9),
    "quota_day_1": (MICROS_MAX, MICROS_MAX, MICROS_MAX, 10**8),
    "quota_day_2": (MICROS_MAX, MICROS_MAX, MICROS_MAX, 10**8),
    "quota_day_3": (MICROS_MAX, MICROS_MAX, MICROS_MAX, 10**7),
    "backstop_day_max": (MICROS_MAX, MICROS_MAX, MICROS_MAX, 10**8, 10**10),
    "backstop_interest_max": (PPB, PPB, PPB, 20 * PERCENT),
    "pauses": (*(0 for _ in range(16)), m.PAUSE_SWAP, m.PAUSE_BACKSTOP, m.PAUSE_RESOLVE, m.PAUSE_STAKE),
}
"""Parameters that are drawn; the others stay as they are."""

SPOILERS: tuple[Callable[[int], int], ...] = (
    lambda number: 0,
    lambda number: -1,
    lambda number: -number,
    lambda number: number + 1,
    lambda number: number - 1,
    lambda number: 1_000 * number + 7,
    lambda number: 2**62 + number % 1_000,
    lambda number: INT64_MIN,
)
"""What may become of one field of a command."""


def policy_of(random: Random) -> Parameters:
    """A policy drawn from the edges and the usual."""
    return {name: random.choice(POLICIES.get(name, (POLICY_DEFAULT[name],))) for name in POLICY_FIELDS}


class Stream:
    """Draws commands while looking at the pool they will be applied to."""

    start = START

    def __init__(self, seed: int, pool: ReferencePool, world: World = WORLDS["mixed"]):
        self.random, self.pool, self.world = Random(seed), pool, world
        self.id = 0
        self.sent: list[Step] = []
        self.waiting: list[Step] = []
        self.bids = 0
        draws: dict[Callable[[], Step], int] = {
            self.draw_fill: 34,
            self.draw_mark: 18,
            self.draw_squeeze: 4,
            self.draw_tick: 16,
            self.draw_reserve: 8,
            self.draw_release: 3,
            self.draw_replace: 3,
            self.draw_deposit: 6,
            self.draw_withdraw: 4,
            self.draw_pay_withdrawal: 1,
            self.draw_bid: 8,
            self.draw_transfer: 3,
            self.draw_realise: 3,
            self.draw_limits: 2,
            self.draw_account: 2,
            self.draw_write_down: 1,
            self.draw_series: 2,
            self.draw_cold: 5,
        }
        self.draws, self.weights = list(draws), list(draws.values())

    # What a run begins with.

    def opening(self) -> list[Step]:
        """Listings, first marks, a dozen accounts of seven owners with money."""
        steps = [self.command(m.COMMAND_TICK, time=self.start)]
        steps += self.listings()
        linear = (m.KIND_PERP, m.KIND_FUTURE)
        contracts = [i for i, (row, _) in enumerate(self.world.listings, start=1) if row["kind"] in linear]
        for account in range(m.NAMED_COUNT, m.NAMED_COUNT + 12):
            isolated = self.random.choice(contracts) if account % 6 == 5 else 0
            owner = 101 + account % 7
            opened = {"account": account, "counterparty": owner, "instrument": isolated, "flags": self.mode_of(account)}
            steps.append(self.command(m.COMMAND_OPEN_ACCOUNT, **opened))
            steps.append(self.command(m.COMMAND_DEPOSIT, account=account, amount=self.money(300, 2_000)))
        for account, least in ((m.NAMED_FUND, 50), (m.NAMED_BACKSTOP, 200)):
            steps.append(self.command(m.COMMAND_DEPOSIT, account=account, amount=self.money(least, 3 * least)))
        self.sent += steps
        return steps

    def listings(self) -> list[Step]:
        found = []
        for place, (listing, price) in enumerate(self.world.listings, start=1):
            found += self.listing(place, listing, price)
        return found

    def listing(self, place: int, listing: Parameters, price: int) -> list[Step]:
        """One instrument and, if it has one, its first mark."""
        later = self.start - START if listing["expiry"] > 0 else 0
        payload = tuple({**listing, "expiry": listing["expiry"] + later}[name] for name in LISTING_FIELDS)
        steps = [(self.command(m.COMMAND_LIST_INSTRUMENT, instrument=place)[0], payload)]
        if price > 0:
            steps.append(self.command(m.COMMAND_MARK, instrument=place, price=price, time=self.start, sources=3))
        return steps

    def policy(self) -> Parameters:
        """What the operator may come to think of."""
        return policy_of(self.random)

    def mode_of(self, account: int) -> int:
        """The margin mode an account begins with."""
        return m.MODE_STANDARD

    def next(self) -> Step:
        if self.waiting:
            return self.waiting.pop()
        chance = self.random.random()
        if chance < 0.02:
            return self.draw_again()
        if self.bids > 0:
            self.bids -= 1
            return self.draw_bid()
        command, payload = self.random.choices(self.draws, self.weights)[0]()
        if chance < 0.05:
            name = self.random.choice([name for name in command if name not in ("kind", "id")] or ["flags"])
            command = {**command, name: self.spoilt(command.get(name, 0))}
        if -(2**60) < command.get("time", 0) < 2**50:
            # Time that has come too far would leave nothing for the rest of the run.
            self.sent.append((command, payload))
        return command, payload

    def spoilt(self, number: int) -> int:
        return max(INT64_MIN, min(self.random.choice(SPOILERS)(number), INT64_MAX))

    def command(self, kind: int, **fields: int) -> Step:
        self.id = max(self.id, self.pool.id_highest) + 1
        return {"kind": kind, "id": self.id, **fields}, ()

    def draw_again(self) -> Step:
        """A command sent before, as it was, changed, or under an id from nowhere; or a kind nobody knows."""
        which = self.random.randrange(6)
        if which == 0:
            return self.command(self.random.choice((-1, 0, 22, 10**6)), account=self.account())
        command, payload = self.random.choice(self.sent[-200:])
        if which == 1:
            return {**command, "flags": command.get("flags", 0) + 1}, payload
        if which == 2:
            far = self.random.choice((0, -5, self.pool.id_highest + ID_WINDOW + 1, self.pool.id_highest - ID_WINDOW))
            return {**command, "id": far}, payload
        if which == 3 and self.random.random() < 0.2:
            return {**command, "id": self.pool.id_highest + ID_WINDOW}, payload
        return command, payload

    # Parts of commands.

    def money(self, least: int, most: int) -> int:
        return self.random.randrange(least * self.world.money, most * self.world.money)

    def account(self) -> int:
        """Somebody's, mostly one that may still trade."""
        if self.random.random() < 0.015:
            return self.random.randrange(-1, len(self.pool.accounts) + 2)
        found = [
            number
            for number, row in enumerate(self.pool.accounts)
            if number >= m.NAMED_COUNT and row.status == m.STATUS_OPEN and self.is_open(row.isolated)
            if row.mode != m.MODE_POT
        ]
        return self.random.choice(found)

    def is_open(self, instrument: int) -> bool:
        known = 0 <= instrument < len(self.pool.instruments)
        return known and self.pool.instruments[instrument].status in (m.STATUS_OPEN, m.STATUS_REDUCE_ONLY)

    def other_account(self, account: int, instrument: int) -> int:
        """Somebody else's that may hold the instrument, mostly."""
        if self.random.random() < 0.02:
            return self.account()
        found = [
            number
            for number, row in enumerate(self.pool.accounts)
            if number >= m.NAMED_COUNT and row.owner not in (0, self.owner(account)) and row.allows(instrument)
            if row.mode != m.MODE_POT
        ]
        if self.random.random() < 0.8:
            found = [number for number in found if self.free_equity(self.pool.accounts[number]) > 0] or found
        return self.random.choice(found or [self.account()])

    def owner(self, account: int) -> int:
        return self.pool.accounts[account].owner if 0 <= account < len(self.pool.accounts) else 0

    def instrument(self, contracts_only: bool = False) -> int:
        if self.random.random() < 0.015:
            return self.random.randrange(-1, len(self.pool.instruments) + 1)
        listed = [
            i
            for i, row in enumerate(self.pool.instruments)
            if i > 0 and self.is_open(i) and not (contracts_only and row.is_asset)
        ]
        return self.random.choice(listed or [0])

    def asset(self) -> int:
        """The settlement token or a custody asset."""
        return self.random.choice([i for i, row in enumerate(self.pool.instruments) if row.is_asset])

    def mark_of(self, instrument: int) -> int:
        known = 0 <= instrument < len(self.pool.instruments)
        return self.pool.instruments[instrument if known else 0].mark

    def size(self, instrument: int) -> int:
        """A signed size worth some hundreds of the world's money."""
        worth = self.random.choice((5, 50, 50, 200)) * self.money(1, 10)
        known = 0 <= instrument < len(self.pool.instruments)
        row = self.pool.instruments[instrument if known else 0]
        lots = worth * row.unit // max(1, self.mark_for_size(row))
        most = row.lots_max if self.random.random() < 0.95 else 10**17
        return max(1, min(lots, most)) * self.random.choice((-1, 1))

    def mark_for_size(self, row: Instrument) -> int:
        """What a position is sized by."""
        return row.mark

    def rate_for_size(self, row: Instrument) -> int:
        return row.rate_initial

    def affordable(self, owner: Account, instrument: int, lots: int) -> int:
        """The same side with about as many lots as there is margin for, mostly."""
        if self.random.random() < 0.3 or not 0 < instrument < len(self.pool.instruments):
            return lots
        row = self.pool.instruments[instrument]
        worth = max(0, self.free_equity(owner)) * PPB // max(1, self.rate_for_size(row))
        most = worth * row.unit // max(1, self.mark_for_size(row)) * self.random.randrange(5, 110) // 100
        return max(1, min(abs(lots), most)) * (1 if lots > 0 else -1)

    def free_equity(self, owner: Account) -> int:
        now = figures(self.pool, owner)
        return now.equity - now.im

    def price(self, instrument: int) -> int:
        now = max(1, self.mark_of(instrument))
        if self.random.random() < 0.5:
            return now
        return now * self.random.randrange(970, 1031) // 1000 + self.random.randrange(2)

    # Commands.

    def draw_fill(self) -> Step:
        taker, flags = self.account(), 0
        if self.random.random() < 0.03 and self.pool.accounts[m.NAMED_BACKSTOP].holdings:
            taker, flags = m.NAMED_BACKSTOP, m.FLAG_OPERATOR
        owner = self.pool.accounts[taker] if 0 <= taker < len(self.pool.accounts) else self.pool.fund
        instrument = owner.isolated or self.tradable(owner, taker)
        lots = self.affordable(owner, instrument, self.size(instrument))
        is_poor = self.free_equity(owner) <= 0 and self.random.random() < 0.8
        reduces = flags or is_poor or self.is_reduce_only(instrument) or self.random.random() < 0.2
        legs = [i for i in owner.legs() if self.is_open(i)]
        if is_poor and not legs:
            return self.draw_deposit(taker)
        if self.is_asset(instrument) and instrument not in legs:
            lots = abs(lots)
        if self.is_asset(instrument) and lots > 0 and self.random.random() < 0.9:
            row = self.pool.instruments[instrument]
            lots = max(1, min(lots, max(0, owner.cash) * row.unit // max(1, row.mark)))
        if reduces and legs:
            instrument = self.random.choice(legs)
            lots = -owner.holdings[instrument].lots // self.random.choice((1, 1, 2)) or 1
        maker = self.other_account(taker, instrument)
        opposite = self.holders(instrument, lots, taker)
        if opposite and (reduces or (self.is_asset(instrument) and lots > 0)) and self.random.random() < 0.95:
            maker = self.random.choice(opposite)
            there = abs(self.pool.accounts[maker].row(instrument).lots)
            lots = max(-there, min(lots, there))
        fields = {"account": taker, "counterparty": maker, "instrument": instrument, "lots": lots, "flags": flags}
        for name, number, side in (("reserved_lots", taker, lots), ("reserved_lots_counterparty", maker, -lots)):
            if 0 <= number < len(self.pool.accounts):
                open_lots = self.pool.accounts[number].row(instrument).open_lots(side)
                fields[name] = min(abs(lots), open_lots) + (self.random.random() < 0.01)
        return self.command(m.COMMAND_FILL, price=self.price(instrument), **fields)

    def is_asset(self, instrument: int) -> bool:
        return 0 <= instrument < len(self.pool.instruments) and self.pool.instruments[instrument].is_asset

    def is_reduce_only(self, instrument: int) -> bool:
        known = 0 <= instrument < len(self.pool.instruments)
        return known and self.pool.instruments[instrument].status == m.STATUS_REDUCE_ONLY

    def tradable(self, owner: Account, account: int) -> int:
        """An instrument whose mark allows a fill, mostly; an asset only if there is something to sell or buy."""
        found = [
            i
            for i, row in enumerate(self.pool.instruments)
            if i > 0 and row.status == m.STATUS_OPEN and row.blocks & (m.ACTION_FILL | m.ACTION_MARGIN) == 0
            if not row.is_asset or i in owner.holdings or (owner.cash > row.mark and self.holders(i, 1, account))
        ]
        return self.random.choice(found) if found and self.random.random() < 0.93 else self.instrument()

    def holders(self, instrument: int, lots: int, account: int) -> list[int]:
        """Other owners' accounts with lots opposite to a trade of `lots`; of an asset, those who can sell."""
        side = (1 if lots > 0 else 0) if self.is_asset(instrument) else lots
        found = [n for n, a in enumerate(self.pool.accounts) if n > 7 and a.row(instrument).lots * side > 0]
        return [n for n in found if self.owner(n) != self.owner(account)]

    def draw_mark(self) -> Step:
        instrument = self.instrument()
        aged = [(row.mark_time, i) for i, row in enumerate(self.pool.instruments) if i > 0 and self.is_open(i)]
        if aged and self.random.random() < 0.4:
            instrument = min(aged)[1]
        if self.random.random() < 0.04:
            price = self.random.choice((TOKEN, TOKEN, 985_000, 950_000, 300_000))
            return self.command(m.COMMAND_MARK, instrument=0, price=price, time=self.pool.time)
        known = 0 <= instrument < len(self.pool.instruments)
        row = self.pool.instruments[instrument if known else 0]
        first = self.world.listings[instrument - 1][1] if 0 < instrument <= len(self.world.listings) else 10 * TOKEN
        jump = self.random.choice((3, 10, 20, 50, 400))
        price = (row.mark or first) * self.random.randrange(1000 - jump, 1001 + jump) // 1000
        price = max(1 + first // 10, min(price, 5 * first, row.mark_max))
        time = self.pool.time - self.random.choice((0, 0, 0, 0, 0, 0, 1_000, 10 * MINUTE))
        fields = {"price": price, "time": max(row.mark_time, time), "sources": 3}
        if self.random.random() < 0.05:
            fields["sources"] = 0
        if self.random.random() < 0.02:
            fields["price"] = self.random.choice((0, -1))
        fields["premium"] = self.random.randrange(-3 * PERCENT, 3 * PERCENT)
        fields["confidence"] = self.random.randrange(1 + price // self.random.choice((10, 1_000, 1_000, 1_000)))
        return self.command(m.COMMAND_MARK, instrument=instrument, **fields)

    def draw_tick(self) -> Step:
        pause = self.random.choice((0, 1_000, 1_000, MINUTE, MINUTE, 5 * MINUTE, 15 * MINUTE))
        return self.command(m.COMMAND_TICK, time=self.pool.time + pause)

    def draw_squeeze(self) -> Step:
        """A mark that brings somebody near or below maintenance, then a tick and bids for what is left of it.

        A series about to expire goes straight to its expiry, so that its losers meet settlement first.
        """
        legs = [(n, i) for n, a in enumerate(self.pool.accounts) for i in a.legs() if self.is_open(i)]
        legs = [(n, i) for n, i in legs if n == m.NAMED_BACKSTOP or n >= m.NAMED_COUNT]
        if not legs:
            return self.draw_mark()
        account, instrument = self.random.choice(legs)
        row, owner = self.pool.instruments[instrument], self.pool.accounts[account]
        now, lots = figures(self.pool, owner), owner.holdings[instrument].lots
        aim = now.mm * self.random.randrange(-500, 1300) // 1000
        left = row.expiry - self.pool.time
        if 0 < left < HOUR // 2:
            aim = -now.mm * self.random.randrange(5)
            self.waiting.append(self.command(m.COMMAND_TICK, time=row.expiry))
        else:
            self.waiting.append(self.command(m.COMMAND_TICK, time=self.pool.time + self.random.choice((0, 1, 1_000))))
        price = max(1, min(row.mark + (aim - now.equity) * row.unit // lots, row.mark_max))
        self.bids = self.random.choice((0, 1, 1, 2, 4))
        fields = {"price": price, "time": self.pool.time, "sources": 3}
        return self.command(m.COMMAND_MARK, instrument=instrument, **fields)

    def draw_reserve(self) -> Step:
        account = self.account()
        isolated = self.pool.accounts[account].isolated if 0 <= account < len(self.pool.accounts) else 0
        instrument = isolated or self.instrument(contracts_only=True)
        owner = self.pool.accounts[account] if 0 <= account < len(self.pool.accounts) else self.pool.fund
        lots = self.affordable(owner, instrument, self.size(instrument))
        fields = {"instrument": instrument, "lots": lots, "price": self.price(instrument)}
        return self.command(m.COMMAND_RESERVE, account=account, **fields)

    def ordered(self) -> tuple[int, int, int]:
        """(account, instrument, signed lots) of some open order, or of none."""
        found = [
            (number, instrument, held.bid_lots or -held.ask_lots)
            for number, account in enumerate(self.pool.accounts)
            for instrument, held in account.holdings.items()
            if held.bid_lots or held.ask_lots
        ]
        number, instrument, lots = self.random.choice(found or [(self.account(), 2, 1)])
        return number, instrument, self.random.choice((lots, lots, lots // 2, lots, lots, lots + 1))

    def draw_release(self) -> Step:
        account, instrument, lots = self.ordered()
        return self.command(m.COMMAND_RELEASE, account=account, instrument=instrument, lots=lots)

    def draw_replace(self) -> Step:
        account, instrument, lots = self.ordered()
        new = {"lots": self.random.choice((lots, self.size(instrument))), "price": self.price(instrument)}
        fields = {"account": account, "instrument": instrument, "reserved_lots": lots}
        return self.command(m.COMMAND_REPLACE, **fields, **new)

    def quantity(self, instrument: int, most: int | None = None) -> Command:
        """Of an asset: all there is, or a part; or of the world's money, when nothing is said of what there is."""
        if most is None:
            most = self.money(1, 500) if instrument == 0 else abs(self.size(instrument))
        elif self.random.random() < 0.7:
            most = self.random.randrange(1, max(2, most))
        return {"instrument": instrument, "amount" if instrument == 0 else "lots": max(1, most)}

    def owned(self, account: int, instrument: int) -> int:
        if not 0 <= account < len(self.pool.accounts):
            return 1
        row = self.pool.accounts[account]
        return row.cash if instrument == 0 else row.row(instrument).lots

    def draw_deposit(self, account: int | None = None) -> Step:
        if account is None:
            account = self.random.choice((self.account(), self.account(), self.account(), self.random.randrange(8)))
        flags = self.random.random() < 0.3
        owner = self.owner(account) + (self.random.random() < 0.05)
        fields = {"account": account, "counterparty": owner, "flags": int(flags)}
        if self.random.random() < 0.01:
            fields["amount"] = self.random.choice((MICROS_MAX, MICROS_MAX + 1))
            return self.command(m.COMMAND_DEPOSIT, **fields)
        return self.command(m.COMMAND_DEPOSIT, **fields, **self.quantity(self.asset()))

    def holder(self) -> tuple[int, int]:
        """(account, asset) where there may be something of it."""
        held = [(n, i) for n, a in enumerate(self.pool.accounts) if n > 7 for i in a.holdings]
        assets = [(n, i) for n, i in held if self.pool.instruments[i].is_asset]
        return self.random.choice(assets) if assets and self.random.random() < 0.4 else (self.account(), 0)

    def draw_withdraw(self) -> Step:
        account, asset = self.holder()
        return self.command(m.COMMAND_WITHDRAW, account=account, **self.quantity(asset, self.owned(account, asset)))

    def draw_pay_withdrawal(self) -> Step:
        asset = self.asset()
        return self.command(m.COMMAND_PAY_WITHDRAWAL, **self.quantity(asset, self.owned(m.NAMED_PENDING, asset)))

    def draw_transfer(self) -> Step:
        payer, asset = self.holder()
        flags = 0
        if self.random.random() < 0.5:
            payer, flags = self.random.choice((1, 2, 3, 4, 4, 4)), m.FLAG_OPERATOR
            asset = self.random.choice([0, *self.pool.accounts[payer].holdings])
        same = [n for n, a in enumerate(self.pool.accounts) if n > 7 and a.owner == self.owner(payer) and n != payer]
        receiver = self.random.choice([*same, self.account()] if payer > 7 else [0, 3, self.account(), self.account()])
        fields = {"account": payer, "counterparty": receiver, "flags": flags}
        return self.command(m.COMMAND_TRANSFER, **fields, **self.quantity(asset, self.owned(payer, asset)))

    def draw_realise(self) -> Step:
        held = [(n, i) for n, a in enumerate(self.pool.accounts) if n > 7 for i in a.legs()]
        account, instrument = self.random.choice(held or [(self.account(), self.instrument())])
        return self.command(m.COMMAND_REALISE, account=account, instrument=instrument)

    def draw_bid(self) -> Step:
        waiting = [n for n, account in enumerate(self.pool.accounts) if account.stage == m.STAGE_LIQUIDATING]
        if not waiting and self.random.random() < 0.95:
            return self.draw_fill()
        account, instrument = self.random.choice(waiting or [self.account()]), self.instrument()
        if waiting and self.random.random() < 0.95:
            instrument = (legs_in_order(self.pool, self.pool.accounts[account]) or [instrument])[0]
        lots = self.random.choice((1, abs(self.size(instrument)), 10**16, 10**16))
        limit = self.random.choice((0, 0, 0, self.price(instrument)))
        bidder = self.other_account(account, instrument)
        fields = {"account": account, "counterparty": bidder, "instrument": instrument}
        return self.command(m.COMMAND_BID, lots=lots, price=limit, **fields)

    def draw_limits(self) -> Step:
        rate, trigger = self.random.randrange(0, 40 * PERCENT), self.random.randrange(0, 200 * PERCENT)
        return self.command(m.COMMAND_SET_LIMITS, account=self.account(), amount=rate, price=trigger)

    def draw_account(self) -> Step:
        free = [n for n, account in enumerate(self.pool.accounts) if n > 7 and account.status == m.STATUS_FREE]
        empty = [n for n, a in enumerate(self.pool.accounts) if n > 7 and not a.holdings and a.cash == 0]
        if self.random.random() < 0.5:
            return self.command(m.COMMAND_CLOSE_ACCOUNT, account=self.random.choice(empty or [self.account()]))
        number = len(self.pool.accounts) if len(self.pool.accounts) < 26 else self.account()
        fields = {"account": self.random.choice([*free, number]), "counterparty": self.random.randrange(101, 108)}
        isolated = self.instrument() if self.random.random() < 0.3 else 0
        return self.command(m.COMMAND_OPEN_ACCOUNT, instrument=isolated, flags=m.MODE_STANDARD, **fields)

    def draw_write_down(self) -> Step:
        asset = self.asset()
        vault = self.pool.vault if asset == 0 else self.pool.instruments[asset].vault
        return self.command(m.COMMAND_WRITE_DOWN, **self.quantity(asset, max(1, vault // 200)))

    def draw_series(self) -> Step:
        """Settlement steps where there is something to settle; sometimes a delisting."""
        settling = [i for i, row in enumerate(self.pool.instruments) if row.status == m.STATUS_SETTLING]
        chance = self.random.random()
        if chance < (0.9 if settling else 0.1):
            return self.command(m.COMMAND_SETTLE, instrument=self.random.choice(settling or [self.instrument()]))
        if chance < 0.8:
            return self.draw_mark()
        time = self.random.choice((0, self.pool.time + 20 * MINUTE))
        return self.command(m.COMMAND_DELIST, instrument=self.instrument(), time=time)

    def draw_cold(self) -> Step:
        kind = self.random.choice((m.COMMAND_LIST_INSTRUMENT, m.COMMAND_SET_INSTRUMENT, m.COMMAND_SET_POLICY))
        if kind == m.COMMAND_SET_POLICY:
            values = self.policy()
            values["adl"] = self.random.choice((self.pool.policy["adl"], values["adl"]))
            step = self.command(kind)
        elif kind == m.COMMAND_SET_INSTRUMENT:
            number = self.random.randrange(len(self.pool.instruments))
            values = self.pool.instruments[number].parameters()
            for name in ("rate_initial", "fee_taker", "open_lots_max", "confidence_factor", "funding_interest"):
                if self.random.random() < 0.3:
                    values[name] = values[name] * self.random.choice((2, 3, 1, 1)) // 2
            step = self.command(kind, instrument=number)
        else:
            values = dict(self.random.choice(self.world.listings)[0])
            if values["expiry"] > 0:
                values["expiry"] = self.pool.time + self.random.choice((10, 60)) * MINUTE
            number = len(self.pool.instruments) if len(self.pool.instruments) < 14 else 3
            step = self.command(kind, instrument=number)
        if self.random.random() < 0.5:
            name = self.random.choice(list(values))
            low, high = (POLICY_BOUNDS if kind == m.COMMAND_SET_POLICY else LISTING_BOUNDS)[name]
            wrong = (low - 1, high + 1)
            is_drawn = kind != m.COMMAND_SET_POLICY or name in POLICIES
            values[name] = self.random.choice((low, high, *wrong, self.spoilt(values[name])) if is_drawn else wrong)
        words = tuple(values.values())
        return step[0], words[:-1] if self.random.random() < 0.05 else words
