"""Answers for people: margin, its explanation, liquidation prices. Tokens, coins and prices as exact decimals."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import NamedTuple

from plimsoll.margin.explain import Explanation
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


class Explained(NamedTuple):
    """Why an account's margin is what it is. ``print`` it."""

    title: str
    margin: Margin
    cash: Decimal
    depeg: Decimal
    terms: tuple[ExplainedTerm, ...]

    def __str__(self) -> str:
        margin = self.margin
        rows = [
            ("cash", self.cash, ""),
            *((term.instrument, term.value - term.cost, _said_of_equity(term)) for term in self.terms),
            ("equity", margin.equity, f"headroom {money(margin.headroom)}, buffer {money(margin.buffer)}"),
            *((f"initial {term.instrument}", term.initial, _said_of_parts(term)) for term in self.terms),
            *([("initial depeg", self.depeg, "the settlement token is below its threshold")] if self.depeg else []),
            ("initial", margin.initial, "opening needs equity of at least this"),
            ("call level", margin.call_level, "below it the account is called"),
            *((f"maintenance {term.instrument}", term.maintenance, "") for term in self.terms),
            ("maintenance", margin.maintenance, "below it the account is liquidated"),
        ]
        wide = max(len(name) for name, _, _ in rows)
        long = max(len(money(amount)) for _, amount, _ in rows)
        lines = [f"  {name:<{wide}}  {money(amount):>{long}}  {text}".rstrip() for name, amount, text in rows]
        return "\n".join([self.title, *lines])


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
    return Explained(title, margin_of(found, instruments), tokens(found.cash), tokens(found.depeg), terms)


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


def _said_of_parts(term: ExplainedTerm) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {money(amount)}" for name, amount in term.parts)
