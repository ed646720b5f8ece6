"""Portfolio margin, §3 and §6: profit and loss under scenarios, and their aggregation.

One set of formulas serves both sides: every leg has two ends, l − ask and l + bid; for maintenance both are l.
Products are lots × quanta; micros↑(p) = ceil(p * 2^shift / u).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .classes import NOTHING, RiskClass, Values, parts, times
from .numbers import ceil, floor
from .state import Account, Instrument, State

MAX, VAR, ES = 1, 2, 3


@dataclass(frozen=True)
class Leg:
    """One instrument of a class in an account: the lots held, and both ends of its open orders."""

    number: int
    row: Instrument
    lots: int
    low: int
    high: int

    def worst_lots(self) -> int:
        return max(abs(self.low), abs(self.high))

    def short_lots(self) -> int:
        return max(0, -self.low)


def legs_of(state: State, account: Account, side: str) -> dict[int, list[Leg]]:
    """The legs of each class an account has lots (or, initially, orders) in, by number of the class."""
    found: dict[int, list[Leg]] = {}
    for number in sorted(account.holdings):
        held, row = account.holdings[number], state.instruments[number]
        bids, asks = (held.bid_lots, held.ask_lots) if side == "initial" else (0, 0)
        if row.risk_class > 0 and (held.lots, bids, asks) != (0, 0, 0):
            leg = Leg(number, row, held.lots, held.lots - asks, held.lots + bids)
            found.setdefault(row.risk_class, []).append(leg)
    return dict(sorted(found.items()))


def linear(legs: Iterable[Leg]) -> list[Leg]:
    """What moves with its mark: not a series whose price is settled."""
    return [leg for leg in legs if not leg.row.is_option and leg.row.status != m.STATUS_SETTLING]


def options(legs: Iterable[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.row.is_option]


def contracts(legs: Iterable[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.row.kind in (m.KIND_PERP, m.KIND_FUTURE)]


def by_group(legs: Iterable[Leg]) -> dict[int, list[Leg]]:
    found: dict[int, list[Leg]] = {}
    for leg in options(legs):
        found.setdefault(leg.row.risk_group, []).append(leg)
    return found


def values(leg: Leg) -> Values:
    return leg.row.values or NOTHING


def shocked(legs: Iterable[Leg]) -> list[Leg]:
    """The options that have a value in every scenario."""
    return [leg for leg in options(legs) if values(leg).scenarios]


# Profit and loss, in products.


def linear_profit(cls: RiskClass, legs: list[Leg], s: int) -> int:
    """Λ ⊗ (shock ⊗ d), at the worse end of all orders."""
    held = floor(parts(cls.shocks[s]) * parts(cls.damping[s]), 2**30)
    low = sum(floor(leg.low * leg.row.mark, cls.quantum) for leg in linear(legs))
    high = sum(floor(leg.high * leg.row.mark, cls.quantum) for leg in linear(legs))
    return min(times(low, held), times(high, held))


def end_by(leg: Leg, per_lot: int, choose: Callable[[int, int], int]) -> int:
    """The end of a leg with the smaller (or larger) lots * per_lot; the held lots on a tie."""
    low, high = leg.low * per_lot, leg.high * per_lot
    if low == high:
        return leg.lots
    return leg.low if choose(low, high) == low else leg.high


def as_held(legs: list[Leg]) -> list[Leg]:
    """The legs without their open orders."""
    return [replace(leg, low=leg.lots, high=leg.lots) for leg in legs]


def option_profit(cls: RiskClass, leg: Leg, s: int) -> int:
    """Of one option in a class without groups."""
    worth = values(leg)
    change = times(worth.scenarios[s] - worth.now, parts(cls.damping[s]))
    return min(leg.low * change, leg.high * change)


def group_profit(cls: RiskClass, number: int, legs: list[Leg], s: int) -> int:
    """Of one netting group: discounted by the sign of its shocked value, damped, against the account if skewed."""

    def profit(choose: Callable[[int, int], int]) -> int:
        later = base = 0
        for leg in shocked(legs):
            worth = values(leg)
            lots = end_by(leg, worth.scenarios[s] - worth.now, choose)
            later += lots * worth.scenarios[s]
            base += lots * worth.now
        group = cls.group(number)
        discount = group.plus if later >= 0 else group.minus
        return times(times(later, parts(discount)) - base, parts(cls.damping[s]))

    if cls.skew[s]:
        return -max(abs(profit(min)), abs(profit(max)))
    return profit(min)


def profits(cls: RiskClass, legs: list[Leg]) -> list[int]:
    """pnl_s for every scenario."""
    found = []
    for s in range(cls.scenarios):
        if cls.grouped:
            of_options = sum(group_profit(cls, g, members, s) for g, members in by_group(legs).items())
        else:
            of_options = sum(option_profit(cls, leg, s) for leg in shocked(legs))
        found.append(of_options + linear_profit(cls, legs, s))
    return found


def basis(cls: RiskClass, legs: list[Leg]) -> int:
    """What a move of the forwards against the spot may cost, group by group."""
    total = 0
    for number, members in by_group(legs).items():
        base = up = down = 0
        for leg in members:
            worth = values(leg)
            lots = end_by(leg, min(worth.up, worth.down) - worth.now, min)
            base, up, down = base + lots * worth.now, up + lots * worth.up, down + lots * worth.down
        total += ceil(max(0, base - up, base - down) * cls.group(number).basis_factor, PPB)
    return total


def aggregate(losses: list[int], rule: int, tail: int) -> int:
    """The largest loss, the `tail`-th largest, or the mean of the `tail` largest."""
    ranked = sorted(losses, reverse=True)
    if rule == MAX:
        return ranked[0]
    if rule == VAR:
        return ranked[tail - 1]
    return ceil(sum(ranked[:tail]), tail)


def deciding(losses: list[int], rule: int, tail: int) -> int:
    """The scenario that decides, counted from 1: of equal losses the earlier ranks higher."""
    ranked = sorted(range(len(losses)), key=lambda s: (-losses[s], s))
    return 1 + ranked[tail - 1 if rule == VAR else 0]


@dataclass(frozen=True)
class Scan:
    """The loss of a class in products; `worst` counts from 1 and is 0 where no scenario decides."""

    profits: list[int]
    losses: list[int]
    basis: int
    loss: int
    worst: int


def scan(cls: RiskClass, legs: list[Leg]) -> Scan:
    pnl = profits(cls, legs)
    free = [floor(deductible * cls.unit, cls.quantum) for deductible in cls.deductible]
    losses = [max(0, -profit - part) for profit, part in zip(pnl, free)]
    of_scenarios, of_basis = aggregate(losses, cls.aggregation, cls.tail), basis(cls, legs)
    loss = max(of_scenarios, of_basis)
    decides = loss > 0 and of_scenarios >= of_basis
    worst = deciding(losses, cls.aggregation, cls.tail) if decides else 0
    return Scan(pnl, losses, of_basis, loss, worst)


def to_micros_up(cls: RiskClass, product: int) -> int:
    return ceil(product * cls.quantum, cls.unit)
