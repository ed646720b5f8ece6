"""Chain streams whose classes are themselves changed: other models, other members, underlyings that end."""

from collections.abc import Callable
from dataclasses import replace

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import HOUR, PERCENT
from .chain_streams import ChainStream
from .chains import LISTED_OPTION, ChainWorld, ClassPlan, RowOfScenario
from .classes import CALL, PUT
from .model import ReferencePool
from .state import LISTING_FIELDS
from .streams import MINUTE, Step

MOST_INSTRUMENTS = 30
SHOCKS = (-50 * PERCENT, -20 * PERCENT, -5 * PERCENT, 0, 5 * PERCENT, 20 * PERCENT, 50 * PERCENT)


class ShiftingStream(ChainStream):
    """Publishes classes with other numbers of scenarios, moves members in and out, lists options after the tables."""

    def __init__(self, seed: int, pool: ReferencePool, world: ChainWorld):
        super().__init__(seed, pool, world)
        draws: dict[Callable[[], Step], int] = {
            self.draw_model: 3,
            self.draw_member: 4,
            self.draw_option: 3,
            self.draw_end: 1,
        }
        self.draws += list(draws)
        self.weights += list(draws.values())

    def rows(self, count: int, grouped: bool) -> tuple[RowOfScenario, ...]:
        """Scenarios at random: damping, skew where it may be, deductible."""
        choose = self.random.choice
        return tuple(
            (choose((PPB, PPB, 40 * PERCENT)), choose((0, 0, 1)) if grouped else 0, choose((0, 0, 2_000_000)))
            for _ in range(count)
        )

    def draw_model(self) -> Step:
        """Another model of a class; its table comes at once, later, or not at all."""
        number = self.random.choice(list(self.plans))
        plan = self.plans[number]
        grouped = self.random.choice((0, 1))
        count = self.random.randrange(1, 12)
        rule, tail = self.random.choice((1, 2, 3)), self.random.randrange(1, count + 1)
        parameters = {**plan.parameters, "grouped": grouped, "aggregation": rule, "tail": tail}
        if self.random.random() < 0.1:
            parameters["underlying"] = self.instrument()
        shocks = tuple(self.random.choice(SHOCKS) for _ in range(count))
        renewed: ClassPlan = replace(plan, parameters=parameters, rows=self.rows(count, bool(grouped)), shocks=shocks)
        self.plans[number] = renewed
        step = self.publication(number, parameters)
        self.plans[number] = replace(renewed, parameters={**parameters, "underlying": plan.parameters["underlying"]})
        if self.random.random() < 0.7:
            self.first_tables.append(number)
        return step

    def draw_arrays(self, number: int | None = None, careful: bool = False) -> Step:
        """Of a class as it is now, whatever was planned: a publication may have been refused."""
        number = number or self.random.choice(list(self.plans))
        cls, plan = self.pool.classes[number], self.plans[number]
        shocks = (plan.shocks * cls.scenarios)[: cls.scenarios]
        self.plans[number] = replace(plan, shocks=shocks)
        return super().draw_arrays(number, careful)

    def draw_member(self) -> Step:
        """A linear instrument joins or leaves a class, or a member's limits move."""
        number = self.random.randrange(1, len(self.pool.instruments))
        row = self.pool.instruments[number]
        values = row.parameters()
        if row.is_option or self.random.random() < 0.5:
            for name in ("mark_max", "lots_max", "backstop_lots_max"):
                values[name] = values[name] * self.random.choice((1, 1, 3, 10, 30)) // self.random.choice((1, 3, 10))
            if row.is_option and self.random.random() < 0.5:
                values["mark_max"] = max(row.mark, row.strike, 1)
        else:
            values["risk_class"] = self.random.choice((0, *self.plans))
        step = self.command(m.COMMAND_SET_INSTRUMENT, instrument=number)
        return step[0], tuple(values[name] for name in LISTING_FIELDS)

    def draw_option(self) -> Step:
        """One more option, without arrays until the next table; group and expiry may or may not be known."""
        number = self.random.choice(list(self.plans))
        cls = self.pool.classes[number]
        spot = max(self.pool.instruments[cls.underlying].mark, 1)
        known = [row for row in self.pool.instruments if row.is_option and row.risk_class == number and row.is_listed]
        group, expiry = 100 + self.random.randrange(5), self.pool.time + self.random.choice((20, 40, 200)) * MINUTE
        if known and self.random.random() < 0.6:
            group, expiry = (getattr(self.random.choice(known), name) for name in ("risk_group", "expiry"))
        values = {
            **LISTED_OPTION,
            "scale": cls.scale,
            "risk_class": number,
            "risk_group": group,
            "strike": spot * self.random.choice((80, 95, 100, 105, 130)) // 100 + 1,
            "option_type": self.random.choice((CALL, PUT)),
            "expiry": expiry,
            "settlement_window": self.random.choice((HOUR // 6, MINUTE, 1)),
        }
        place = len(self.pool.instruments) if len(self.pool.instruments) < MOST_INSTRUMENTS else 3
        step = self.command(m.COMMAND_LIST_INSTRUMENT, instrument=place)
        return step[0], tuple(values[name] for name in LISTING_FIELDS)

    def draw_end(self) -> Step:
        """What a class is priced from is delisted, at once or at a date."""
        number = self.random.choice(list(self.plans))
        time = self.random.choice((0, self.pool.time + 20 * MINUTE))
        return self.command(m.COMMAND_DELIST, instrument=self.pool.classes[number].underlying, time=time)
