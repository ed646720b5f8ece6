"""Streams for pools with risk classes: tables that age, jump and are refused, modes, crashes, bids for slices."""

from collections.abc import Callable

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import PERCENT
from .chains import ChainWorld
from .classes import CALL, CLASS_FIELDS, PUT, RiskClass
from .model import ReferencePool
from .state import Instrument
from .streams import MINUTE, Parameters, Step, Stream
from .values import members


def worth(option: Instrument, spot: int, level: int) -> int:
    """A value a model might give: intrinsic, and a time value that falls away from the strike."""
    kind, strike = option.option_type, option.strike
    inside = max(0, spot - strike if kind == CALL else strike - spot)
    return inside + max(0, level - abs(spot - strike) // 4)


class ChainStream(Stream):
    """A stream that also publishes, changes modes, trades options and bids for slices."""

    def __init__(self, seed: int, pool: ReferencePool, world: ChainWorld):
        super().__init__(seed, pool, world)
        self.plans = {plan.number: plan for plan in world.classes}
        self.first_tables = list(self.plans)
        draws: dict[Callable[[], Step], int] = {
            self.draw_arrays: 9,
            self.draw_class: 2,
            self.draw_mode: 5,
            self.draw_crash: 5,
        }
        self.draws += list(draws)
        self.weights += list(draws.values())

    # What a run begins with.

    def listings(self) -> list[Step]:
        """Classes are published as soon as their underlying is listed, before their members."""
        steps: list[Step] = []
        for place, (listing, price) in enumerate(self.world.listings, start=1):
            steps += self.listing(place, listing, price)
            for plan in self.plans.values():
                if plan.parameters["underlying"] == place:
                    steps.append(self.publication(plan.number, plan.parameters))
        return steps

    def publication(self, number: int, parameters: Parameters) -> Step:
        plan = self.plans[number]
        values = {**parameters, "scenarios": len(plan.rows)}
        words = [values[name] for name in CLASS_FIELDS] + [word for row in plan.rows for word in row]
        return self.command(m.COMMAND_PUBLISH_CLASS, instrument=number)[0], tuple(words)

    def mode_of(self, account: int) -> int:
        return m.MODE_PORTFOLIO if account % 2 == 0 else m.MODE_STANDARD

    def next(self) -> Step:
        """Every class gets a first table; then as in any stream."""
        if self.first_tables:
            return self.draw_arrays(self.first_tables.pop(), careful=True)
        return super().next()

    # Tables.

    def draw_arrays(self, number: int | None = None, careful: bool = False) -> Step:
        number = number or self.random.choice(list(self.plans))
        cls, plan = self.pool.classes[number], self.plans[number]
        spot = self.pool.instruments[cls.underlying].mark
        options = [
            i for i, row in enumerate(self.pool.instruments) if row.is_option and row in members(self.pool, number)
        ]
        if not careful and self.random.random() < 0.2:
            options = self.random.sample(options, len(options) // 2)
        groups = sorted({self.pool.instruments[i].risk_group for i in options})
        level = spot * self.random.randrange(1, 9) // 100
        age = 0 if careful else self.random.choice((0, 0, 0, 1_000, 10 * MINUTE, 50 * MINUTE))
        reference = spot if careful else spot * self.random.choice((1000, 1000, 1000, 990, 1020, 1160)) // 1000
        words = [reference, len(groups), len(options), *plan.shocks]
        for group in groups:
            weights = [self.random.choice((PPB, PPB, 95 * PERCENT, 90 * PERCENT)) for _ in range(2)]
            if not cls.grouped and self.random.random() < 0.95:
                weights = [PPB, PPB]
            confidence = self.random.choice((PPB, 90 * PERCENT, 70 * PERCENT))
            words += [group, *weights, self.random.choice((0, 50 * PERCENT)), confidence, spot * 101 // 100]
        for option in options:
            words += [option, *self.array(self.pool.instruments[option], cls, reference, level, plan.shocks)]
        if not careful and self.random.random() < 0.12:
            place = self.random.randrange(len(words))
            words[place] = self.spoilt(words[place])
        if not careful and self.random.random() < 0.02:
            words = words[:-1]
        step = self.command(m.COMMAND_PUBLISH_ARRAYS, instrument=number, time=self.pool.time - age)
        return step[0], tuple(words)

    def array(self, row: Instrument, cls: RiskClass, reference: int, level: int, shocks: tuple[int, ...]) -> list[int]:
        """v0, up, down, delta, gamma, vega and a value for each shock, in quanta."""
        level = level * (1 + row.risk_group) // 2
        quantum = 2**cls.shift

        def quanta(spot: int, vol: int = 100) -> int:
            return worth(row, spot, level * vol // 100) // quantum

        delta = (worth(row, reference * 101 // 100, level) - worth(row, reference * 99 // 100, level)) * 50 * PPB
        found = [quanta(reference), quanta(reference * 101 // 100), quanta(reference * 99 // 100)]
        if row.option_type == PUT:
            found[1:] = found[:0:-1]
        found += [max(-PPB, min(delta // max(1, reference), PPB)), level // 10, level // 5]
        for place, shock in enumerate(shocks):
            found.append(quanta(reference * (PPB + shock) // PPB, (70, 130)[place % 2]))
        return found

    def draw_class(self) -> Step:
        """The class as it was first planned, with a rate or a factor moved."""
        number = self.random.choice(list(self.plans))
        values = {**self.plans[number].parameters}
        for name in (
            "factor_initial",
            "factor_maintenance",
            "linear_initial",
            "option_initial",
            "vega_rate",
            "jump_max",
        ):
            if self.random.random() < 0.4:
                values[name] = values[name] * self.random.choice((8, 9, 10, 12, 15)) // 10
        if self.random.random() < 0.3:
            name = self.random.choice(list(values))
            values[name] = self.spoilt(values[name])
        step, words = self.publication(number, values)
        if self.random.random() < 0.05:
            words = words[:-1]
        if self.random.random() < 0.05:
            step = {**step, "instrument": self.random.choice((0, -1, 4, 256))}
        return step, words

    def draw_mode(self) -> Step:
        return self.command(m.COMMAND_SET_MODE, account=self.account(), flags=self.random.choice((1, 2, 2, 3)))

    # Prices.

    def draw_mark(self) -> Step:
        """Options have no price of their own to report; once in a while somebody tries."""
        step = super().draw_mark()
        instrument = step[0]["instrument"]
        known = 0 <= instrument < len(self.pool.instruments)
        if known and self.pool.instruments[instrument].is_option and self.random.random() < 0.95:
            cls = self.pool.classes[self.pool.instruments[instrument].risk_class]
            return self.mark_at(cls.underlying, self.random.randrange(960, 1041))
        return step

    def draw_squeeze(self) -> Step:
        """A squeeze by the price of an option is a crash of its class."""
        step = super().draw_squeeze()
        instrument = step[0].get("instrument", 0)
        if step[0]["kind"] == m.COMMAND_MARK and self.pool.instruments[instrument].is_option:
            self.waiting.clear()
            return self.draw_crash()
        return step

    def mark_at(self, instrument: int, per_mille: int) -> Step:
        row = self.pool.instruments[instrument]
        price = max(1, min(row.mark * per_mille // 1000, row.mark_max))
        return self.command(m.COMMAND_MARK, instrument=instrument, price=price, time=self.pool.time, sources=3)

    def draw_crash(self) -> Step:
        """Every linear member of a class moves together; a tick and bids follow, and later a new table."""
        number = self.random.choice(list(self.plans))
        per_mille = self.random.choice((700, 850, 900, 950, 1050, 1100, 1150, 1300))
        linear = [i for i, row in enumerate(self.pool.instruments) if row.risk_class == number and not row.is_option]
        linear = [i for i in {*linear, self.pool.classes[number].underlying} if self.is_open(i)]
        self.waiting.append(self.command(m.COMMAND_TICK, time=self.pool.time + self.random.choice((0, 1, 1_000))))
        self.waiting += [self.mark_at(i, per_mille) for i in linear]
        self.bids = self.random.choice((0, 1, 2, 4))
        return self.waiting.pop() if self.waiting else self.draw_mark()

    # Trades.

    def mark_for_size(self, row: Instrument) -> int:
        """Options are sized by their underlying."""
        if row.is_option:
            return self.pool.instruments[self.pool.classes[row.risk_class].underlying].mark
        return row.mark

    def rate_for_size(self, row: Instrument) -> int:
        return 25 * PERCENT if row.is_option else super().rate_for_size(row)

    def draw_bid(self) -> Step:
        waiting = [
            number
            for number, account in enumerate(self.pool.accounts)
            if account.stage == m.STAGE_LIQUIDATING and account.mode == m.MODE_PORTFOLIO
        ]
        if not waiting or self.random.random() < 0.3:
            return super().draw_bid()
        account = self.random.choice(waiting)
        part = self.random.choice((0, 1, 10**6, 123_456_789, PPB // 4, PPB, PPB, PPB, 3 * PPB))
        bidder = self.richest(account) if self.random.random() < 0.7 else self.other_account(account, 0)
        instrument = 0 if self.random.random() < 0.97 else self.instrument()
        return self.command(m.COMMAND_BID, account=account, counterparty=bidder, instrument=instrument, lots=part)

    def richest(self, account: int) -> int:
        owner = self.owner(account)
        found = [
            n for n, row in enumerate(self.pool.accounts) if n > 7 and row.owner not in (0, owner) and not row.isolated
        ]
        return max(found, key=lambda n: self.free_equity(self.pool.accounts[n]), default=self.account())
