"""What a table makes of a book, in floats: the form of docs/portfolio-margin.md §3–5 without its roundings.

The engine has the exact form; this one tells a model's author what a table costs, and lets a backtest look at years.
Not here: the delta, gamma and vega rates, confidence, depeg and open orders, which the engine adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from plimsoll.risk.checks import Floats, float_array, of_length, within
from plimsoll.risk.table import Aggregation, ClassTable, RiskPolicy, RiskTable


@dataclass(frozen=True)
class ClassBook:
    """Holdings in one class: contracts and assets as signed values at their marks, options in units.

    ``linear``: token value of each linear holding. ``options``: units of each option of the table, in its order.
    """

    linear: Floats = field(default_factory=lambda: np.zeros(0))
    options: Floats = field(default_factory=lambda: np.zeros(0))


Book = Mapping[str, ClassBook]
"""Holdings by the name of their class."""


@dataclass(frozen=True)
class ClassMargin:
    """The parts of a class's requirement, in tokens."""

    loss: float
    basis: float
    scan: float
    maintenance: float
    initial: float
    pnl: Floats


@dataclass(frozen=True)
class Requirement:
    """What the book must hold, in tokens; ``joint`` the loss of all classes netted (0 without an offset)."""

    maintenance: float
    initial: float
    joint: float
    classes: Mapping[str, ClassMargin]


def scenario_pnl(table: ClassTable, book: ClassBook) -> Floats:
    """Profit and loss of a class's book in every scenario, [S], tokens."""
    arrays, policy = table.arrays, table.policy
    damping = policy.damping_of(arrays.scenarios)
    pnl = float(np.sum(book.linear)) * arrays.shocks * damping
    if book.options.size == 0:
        return pnl
    options = arrays.options
    of_length("options of the book", book.options, options.instruments.size, "options of the table")
    if not policy.grouped:
        return pnl + (book.options @ (options.values - options.v0[:, None])) * damping
    skew = policy.skew_of(arrays.scenarios)
    for place, number in enumerate(arrays.groups.numbers.tolist()):
        mine = options.groups == number
        shocked = book.options[mine] @ options.values[mine]
        now = float(book.options[mine] @ options.v0[mine])
        positive, negative = arrays.groups.weight_positive[place], arrays.groups.weight_negative[place]
        moved = (shocked * np.where(shocked >= 0, positive, negative) - now) * damping
        pnl = pnl + np.where(skew, -np.abs(moved), moved)
    return pnl


def basis_loss(table: ClassTable, book: ClassBook) -> float:
    """Σ over groups of the worse basis move's loss times the group's factor; groups do not net."""
    if book.options.size == 0:
        return 0.0
    options, total = table.arrays.options, 0.0
    for place, number in enumerate(table.arrays.groups.numbers.tolist()):
        mine = options.groups == number
        held, now = book.options[mine], float(book.options[mine] @ options.v0[mine])
        worse = min(float(held @ options.up[mine]), float(held @ options.down[mine]))
        total += max(0.0, now - worse) * float(table.arrays.groups.basis_factor[place])
    return total


def aggregate(losses: Floats, aggregation: Aggregation, tail: int) -> float:
    """One loss from those of all scenarios: the largest, the tail-th largest, or the mean of the tail largest."""
    if aggregation is Aggregation.MAX:
        return float(losses.max())
    largest = np.partition(losses, losses.size - tail)[losses.size - tail :]
    return float(largest.min() if aggregation is Aggregation.VAR else largest.mean())


def class_margin(table: ClassTable, book: ClassBook) -> ClassMargin:
    """The requirement of one class alone."""
    policy = table.policy
    float_array("values of linear holdings", book.linear)
    float_array("units of options", book.options)
    pnl = scenario_pnl(table, book)
    counted = np.maximum(0.0, -pnl - policy.deductible_of(table.arrays.scenarios))
    basis = basis_loss(table, book)
    loss = max(aggregate(counted, policy.aggregation, policy.tail), basis)
    scan = max(loss, _floor(table, book))
    return ClassMargin(loss, basis, scan, *_with_addons(policy, scan, _addons(table, book)), pnl)


def requirement(table: RiskTable, book: Book, class_offset: float = 0.0) -> Requirement:
    """What the whole book must hold. ``class_offset`` λ: the share of losses that nets across classes, 0 … 1."""
    within("class_offset", class_offset, 0.0, 1.0)
    tables = {one.name: one for one in table.classes}
    held = {name: one for name, one in book.items() if np.any(one.linear) or np.any(one.options)}
    parts = {name: class_margin(table.of(name), one) for name, one in held.items()}
    if class_offset == 0.0 or len(held) < 2:
        maintenance = sum(part.maintenance for part in parts.values())
        return Requirement(maintenance, max(maintenance, sum(part.initial for part in parts.values())), 0.0, parts)
    first = tables[min(held, key=lambda name: tables[name].number)].policy
    total = np.sum([part.pnl for part in parts.values()], axis=0)
    joint = max(
        aggregate(np.maximum(0.0, -total), first.aggregation, first.tail), sum(part.basis for part in parts.values())
    )
    maintenance = joint * class_offset * max(tables[name].policy.factor_maintenance for name in held)
    initial = joint * class_offset * max(tables[name].policy.factor_initial for name in held)
    for name, part in parts.items():
        kept = max(part.loss * (1.0 - class_offset), _floor(tables[name], held[name]))
        mm, im = _with_addons(tables[name].policy, kept, _addons(tables[name], held[name]))
        maintenance, initial = maintenance + mm, initial + im
    return Requirement(maintenance, max(maintenance, initial), joint, parts)


def _addons(table: ClassTable, book: ClassBook) -> tuple[float, float]:
    """Add-ons for contracts and naked options, (maintenance, initial)."""
    policy = table.policy
    contracts = float(np.abs(book.linear).sum())
    naked = naked_units(table, book) * table.arrays.reference
    return (
        contracts * policy.linear_maintenance + naked * policy.option_maintenance,
        contracts * policy.linear_initial + naked * policy.option_initial,
    )


def _with_addons(policy: RiskPolicy, scan: float, addons: tuple[float, float]) -> tuple[float, float]:
    maintenance, initial = addons
    if policy.addons_inside:
        return (scan + maintenance) * policy.factor_maintenance, (scan + initial) * policy.factor_initial
    return scan * policy.factor_maintenance + maintenance, scan * policy.factor_initial + initial


def naked_units(table: ClassTable, book: ClassBook) -> float:
    """Short units no long of the other type covers at the same strike and expiry."""
    if not (book.options < 0).any():
        return 0.0
    options, naked = table.arrays.options, 0.0
    for at in np.flatnonzero(book.options < 0).tolist():
        same = (options.groups == options.groups[at]) & (options.strikes == options.strikes[at])
        pair = float(book.options[same & (options.is_call != options.is_call[at])].sum())
        naked += max(0.0, -float(book.options[at]) - max(pair, 0.0))
    return naked


def _floor(table: ClassTable, book: ClassBook) -> float:
    """The least a class with short options or net contracts needs."""
    policy = table.policy
    short = float(np.maximum(0.0, -book.options).sum()) * table.arrays.reference
    return short * policy.floor_option + abs(float(book.linear.sum())) * policy.floor_linear
