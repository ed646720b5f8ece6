"""Answers for people: margin, its explanation, liquidation prices. Tokens, coins and prices as exact decimals."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.margin.explain import Explanation
from plimsoll.margin.explain_classes import ClassTerm, Side
from plimsoll.units.limits import PPB
from plimsoll.venue.decimals import plain, tokens
from plimsoll.venue.instrument import Instrument

CENT = Decimal("0.01")


class Margin(NamedTuple):
    """What an account has and must have, in tokens; ``notional`` is the value of its contracts at the mark."""

    equity: Decimal
    maintenance: Decimal
    initial: Decimal
    call_level: Decimal
    exit_level: Decimal
    notional: Decimal

    @property
    def headroom(self) -> Decimal:
        """Equity above initial margin: what may still be used."""
        return self.equity - self.initial

    @property
    def buffer(self) -> Decimal:
        """Equity above maintenance: what may be lost before liquidation."""
        return self.equity - self.maintenance

    @property
    def leverage(self) -> Decimal | None:
        """Notional over equity, cut to two places; None without equity."""
        return (self.notional / self.equity).quantize(CENT, ROUND_DOWN) if self.equity > 0 else None

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {amount:f}" for name, amount in self._asdict().items())


class LiquidationPrice(NamedTuple):
    """The nearest prices in breach of maintenance below and above the mark, other prices fixed; None for none."""

    below: Decimal | None
    above: Decimal | None

    def __str__(self) -> str:
        below, above = ("none" if price is None else f"{price:f}" for price in self)
        return f"below {below}, above {above}"


class ExplainedTerm(NamedTuple):
    """One holding's part: equity holds ``value - cost``; ``parts`` sum to ``initial`` and name each rule."""

    instrument: str
    quantity: Decimal
    mark: Decimal
    value: Decimal
    cost: Decimal
    maintenance: Decimal
    initial: Decimal
    parts: tuple[tuple[str, Decimal], ...]


class ExplainedSide(NamedTuple):
    """What a class asks for on one side; ``parts`` sum to ``required``.

    ``scenario`` counts from 1 (0: none, -1: the basis); ``shock`` is the move of the underlying in it, as a fraction.
    """

    loss: Decimal
    scenario: int
    shock: Decimal
    parts: tuple[tuple[str, Decimal], ...]
    required: Decimal


class ExplainedClass(NamedTuple):
    """One risk class of the account; ``losses``: what each leg loses in maintenance's scenario (negative: wins)."""

    risk_class: int
    underlying: str
    maintenance: ExplainedSide
    initial: ExplainedSide
    losses: tuple[tuple[str, Decimal], ...]


class Explained(NamedTuple):
    """Why an account's margin is what it is. ``print`` it.

    Maintenance and initial are the sums over ``terms``, ``classes`` and ``beside`` (name, maintenance, initial).
    """

    title: str
    margin: Margin
    cash: Decimal
    depeg: Decimal
    terms: tuple[ExplainedTerm, ...]
    classes: tuple[ExplainedClass, ...]
    beside: tuple[tuple[str, Decimal, Decimal], ...]

    def __str__(self) -> str:
        margin = self.margin
        rows = [
            ("cash", self.cash, ""),
            *((term.instrument, term.value - term.cost, _said_of_equity(term)) for term in self.terms),
            ("equity", margin.equity, f"headroom {money(margin.headroom)}, buffer {money(margin.buffer)}"),
            *((f"initial {term.instrument}", term.initial, said_of(term.parts)) for term in self.terms if term.initial),
            *(
                (f"initial class {one.underlying}", one.initial.required, said_of_side(one.initial))
                for one in self.classes
            ),
            *((f"initial {_plain(name)}", part, BESIDE[name]) for name, _, part in self.beside if part),
            ("initial", margin.initial, "opening needs equity of at least this"),
            ("call level", margin.call_level, "below it the account is called"),
            *((f"maintenance {term.instrument}", term.maintenance, "") for term in self.terms if term.maintenance),
            *(
                (f"maintenance class {one.underlying}", one.maintenance.required, said_of_side(one.maintenance))
                for one in self.classes
            ),
            *((f"maintenance {_plain(name)}", part, BESIDE[name]) for name, part, _ in self.beside if part),
            ("maintenance", margin.maintenance, "below it the account is liquidated"),
            *(
                (f"{name} in scenario {one.maintenance.scenario}", -loss, "")
                for one in self.classes
                for name, loss in one.losses
                if one.maintenance.scenario > 0
            ),
        ]
        wide = max(len(name) for name, _, _ in rows)
        long = max(len(money(amount)) for _, amount, _ in rows)
        lines = [f"  {name:<{wide}}  {money(amount):>{long}}  {text}".rstrip() for name, amount, text in rows]
        return "\n".join([self.title, *lines])


BESIDE: Final = {
    "joint_loss": "what all classes lose together, as far as they offset each other",
    "reserved": "losses and fees of open orders in classes",
    "depeg": "the settlement token is below its threshold",
    "leverage_cap": "the account's own cap asks for more",
    "at_least_maintenance": "initial is never below maintenance",
    "not_below_nothing": "a hedge marked too dear is no credit",
}
"""What stands beside holdings and classes."""


def margin_of(found: Explanation, instruments: Callable[[int], Instrument]) -> Margin:
    """The margin of an explanation in tokens."""
    contracts = [term for term in found.terms if instruments(term.instrument).kind != "asset"]
    notional = sum((abs(_notional(instruments(term.instrument), term.lots)) for term in contracts), Decimal(0))
    return Margin(
        tokens(found.equity),
        tokens(found.maintenance),
        tokens(found.initial),
        tokens(found.call_level),
        tokens(found.exit_level),
        notional,
    )


def state_of_margin(found: Explanation) -> str:
    """The name of what the rules would do with the account (docs/command-line.md, margin)."""
    if found.equity < 0:
        return "insolvent"
    if found.equity < found.maintenance:
        return "liquidating"
    if found.equity < found.call_level:
        return "called"
    return "restricted" if found.equity < found.initial else "healthy"


def explained(title: str, found: Explanation, instruments: Callable[[int], Instrument]) -> Explained:
    """An explanation in tokens, coins and prices."""
    terms = tuple(
        ExplainedTerm(
            instruments(term.instrument).name,
            instruments(term.instrument).quantity_of(term.lots),
            instruments(term.instrument).mark,
            tokens(term.value),
            tokens(term.cost),
            tokens(term.maintenance),
            tokens(term.initial),
            tuple((name, tokens(micros)) for name, micros in term.parts),
        )
        for term in found.terms
    )
    expiries = {
        one.parameters["risk_group"]: one.expiry for one in (instruments(term.instrument) for term in found.terms)
    }
    return Explained(
        title,
        margin_of(found, instruments),
        tokens(found.cash),
        tokens(found.depeg),
        terms,
        tuple(_class(one, instruments, expiries) for one in found.classes),
        tuple((name, tokens(maintenance), tokens(initial)) for name, maintenance, initial in found.beside),
    )


def _class(
    one: ClassTerm, instruments: Callable[[int], Instrument], expiries: Mapping[int, datetime | None]
) -> ExplainedClass:
    return ExplainedClass(
        one.risk_class,
        instruments(one.underlying).name,
        _side(one.maintenance, expiries),
        _side(one.initial, expiries),
        tuple((instruments(number).name, tokens(loss)) for number, loss in one.losses),
    )


def _side(side: Side, expiries: Mapping[int, datetime | None]) -> ExplainedSide:
    parts = tuple((_part(name, expiries), tokens(micros)) for name, micros in side.parts)
    shock = plain(Fraction(side.shock, PPB))
    return ExplainedSide(tokens(side.loss), side.scenario, shock, parts, tokens(side.required))


def _part(name: str, expiries: Mapping[int, datetime | None]) -> str:
    """``group_3_largest_loss`` by the day of the group's expiry: ``2026-03-27_largest_loss``."""
    if not name.startswith("group_"):
        return name
    _, group, rule = name.split("_", 2)
    expiry = expiries.get(int(group))
    return f"{expiry:%Y-%m-%d}_{rule}" if expiry is not None else name


def money(amount: Decimal) -> str:
    """Tokens for people: thousands apart, at least two places, every micro there is."""
    places = max(2, -int(amount.as_tuple().exponent))
    return f"{amount:,.{places}f}"


def _notional(instrument: Instrument, lots: int) -> Decimal:
    return plain(Fraction(instrument.quantity_of(lots)) * Fraction(instrument.mark))


def _said_of_equity(term: ExplainedTerm) -> str:
    if term.quantity == 0:
        return "orders only"
    return f"{term.quantity:+f} at {term.mark:f}: value {money(term.value)} less cost {money(term.cost)}"


def said_of(parts: Iterable[tuple[str, Decimal]]) -> str:
    """``size 500.00, reserved 3.00``."""
    return ", ".join(f"{_plain(name)} {money(amount)}" for name, amount in parts)


def said_of_side(side: ExplainedSide) -> str:
    """The parts of a class, and which scenario decides."""
    why = {0: "", -1: "; the basis decides"}.get(side.scenario, f"; scenario {side.scenario} at {side.shock:+.2%}")
    return said_of(side.parts) + why


def _plain(name: str) -> str:
    return name.replace("_", " ")
