"""The comparison itself: the book put to every preset, explained by the engine, moved along the main coin's price."""

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Final

from plimsoll.margin.explain import Explanation, explain
from plimsoll.presets import PRESETS, Preset
from plimsoll.presets.compare.book import Book, NotCovered
from plimsoll.presets.compare.ground import Ground
from plimsoll.presets.compare.placed import put, put_explained
from plimsoll.presets.compare.result import Comparison, Figures, Outcome, Point, Side
from plimsoll.presets.compare.search import Found, nearest_breach, prices_above, prices_below, shown
from plimsoll.venue import InputRefused
from plimsoll.venue.answers import state_of_margin
from plimsoll.venue.decimals import TOKENS, tokens, whole

Advance = Callable[[int, int, str], None]
"""Called with (presets done, all of them, the next one's name)."""
CENT: Final = Decimal("0.01")


def compare(
    book: Book, presets: Sequence[str] = (), coin: str | None = None, advance: Advance | None = None
) -> Comparison:
    """The book under every preset, or those named, in that order; ``coin`` is whose price moves, the largest if None.

    InputRefused for an empty book, a preset or a coin that is not known.
    """
    names = list(dict.fromkeys(presets)) or list(PRESETS)
    for name in names:
        if name not in PRESETS:
            raise InputRefused(f"no preset {name!r:.60}; known: {', '.join(PRESETS)}")
    if not book.coins:
        raise InputRefused("nothing is held: give positions, orders, options or collateral")
    main = coin or book.main_coin() or book.coins[0]
    if main not in book.coins:
        raise InputRefused(f"no {main!r:.60} is held; coins: {', '.join(book.coins)}")
    outcomes = []
    for done, name in enumerate(names):
        if advance is not None:
            advance(done, len(names), name)
        outcomes.append(_outcome(PRESETS[name], book, main))
    return Comparison(
        coin=main,
        instrument=book.main_instrument(main),
        price=book.main_price(main),
        gross_notional=book.gross_notional(),
        outcomes=tuple(outcomes),
    )


def _outcome(preset: Preset, book: Book, coin: str) -> Outcome:
    figures, reason = None, None
    try:
        figures = _Scale(Ground(preset), book, coin).figures()
    except NotCovered as error:
        reason = str(error)
    return Outcome(
        preset=preset.name,
        title=preset.title,
        source=preset.source,
        differences=preset.differences,
        figures=figures,
        reason=reason,
    )


class _Scale:
    """One preset's answers along the main coin's price, each price asked once."""

    def __init__(self, ground: Ground, book: Book, coin: str) -> None:
        self.ground, self.book, self.coin = ground, book, coin
        self.present = whole(book.main_price(coin), TOKENS, "price")
        self.known: dict[int, Explanation | None] = {}

    def figures(self) -> Figures:
        now, told = put_explained(self.ground, self.book)
        self.known[self.present] = now
        below, above = (grid(self.book, self.coin, self.present) for grid in (prices_below, prices_above))
        found = [nearest_breach(self._buffer, self.present, prices) for prices in (below, above)]
        breaches = [one.breach for one in found if one.breach is not None]
        notional = self.book.gross_notional()
        return Figures(
            equity=tokens(now.equity),
            initial=tokens(now.initial),
            maintenance=tokens(now.maintenance),
            state=state_of_margin(now),
            leverage=_times(notional, now.equity),
            leverage_max=_times(notional, now.initial),
            below=_side(found[0]),
            above=_side(found[1]),
            explained=told,
            curve=self._curve(shown([*below, self.present, *above, *breaches], self.present)),
        )

    def _at(self, price: int) -> Explanation | None:
        """The account with the main coin at another price; None where the venue cannot have it."""
        if price not in self.known:
            moved = self.book.moved(self.coin, Fraction(price, self.present))
            try:
                self.known[price] = explain(put(self.ground, moved), 0)
            except NotCovered:
                self.known[price] = None
        return self.known[price]

    def _buffer(self, price: int) -> int | None:
        found = self._at(price)
        return None if found is None else _left(found)

    def _curve(self, prices: Sequence[int]) -> tuple[Point, ...]:
        found = [(price, self._at(price)) for price in sorted(set(prices))]
        return tuple(_point(price, one) for price, one in found if one is not None)


def _left(found: Explanation) -> int:
    """The risk buffer."""
    return found.equity - found.maintenance


def _point(price: int, found: Explanation) -> Point:
    return Point(tokens(price), tokens(found.equity), tokens(found.maintenance), tokens(_left(found)))


def _side(found: Found) -> Side:
    return Side(price=None if found.breach is None else tokens(found.breach), searched=tokens(found.reached))


def _times(notional: Decimal, micros: int) -> Decimal | None:
    """So many times an amount, cut to two places; None for an amount that is not above 0."""
    return (notional / tokens(micros)).quantize(CENT, ROUND_DOWN) if micros > 0 else None
