"""What the loops of ``lanes`` compute, in plain Python: the twin the compiled vectors must equal."""

from typing import Any

from plimsoll.units.parts import LOW_WORD, times, times_shock

HALF_SIGN = 1 << 31
UNWRITTEN = -(1 << 61) - 1
"""What scratch holds before it is written: compiled, it is whatever the stack held, so whoever reads it must fail."""


def scratch(row: type[Any], rows: int) -> Any:
    """A maker of scratch tables: ``rows`` rows of uninitialised memory that lives as long as its caller's call."""
    names = list(row.__annotations__)
    return lambda: [dict.fromkeys(names, UNWRITTEN) for _ in range(rows)]


def copier(row: type[Any], into: str, source: type[Any], first: str, words: int) -> Any:
    """A function (table, place, other, line): copy so many columns of other[line], from ``first`` on, to table[place].

    ``row`` and ``source`` are the rows of the two tables; the first column written is ``into``.
    """
    names, others = list(row.__annotations__), list(source.__annotations__)
    pairs = list(zip(names[names.index(into) :], others[others.index(first) :]))[:words]

    def copy(table: Any, place: int, other: Any, line: int) -> None:
        for name, column in pairs:
            table[place][name] = other[line][column]

    return copy


def lane_of(source: Any, slot: int, lane: int, narrow: int) -> int:
    """One lane of the row at a slot; ``narrow``: 1 where two lanes share a word, the even one in its lower half."""
    if narrow == 0:
        return source[slot + lane]["word"]  # type: ignore[no-any-return]
    word = source[slot + lane // 2]["word"]
    if lane % 2 == 1:
        return word >> 32  # type: ignore[no-any-return]
    return ((word & LOW_WORD) ^ HALF_SIGN) - HALF_SIGN  # type: ignore[no-any-return]


def narrow_lanes(table: Any, slot: int, width: int) -> None:
    """Put the lanes of a row, each of 32 bits, two to a word into its first half; the rest stays as it was."""
    for place in range(width // 2):
        low, high = (table[slot + 2 * place + half]["word"] for half in (0, 1))
        table[slot + place]["word"] = (low & LOW_WORD) | (high << 32)


def _sum(column: str, target: Any, legs: Any, first: int, last: int, source: Any, width: int, narrow: int) -> None:
    held = [leg for leg in (legs[place] for place in range(first, last)) if leg["slot"] >= 0]
    for lane in range(width):
        target[lane]["word"] = sum(leg[column] * lane_of(source, leg["slot"], lane, narrow) for leg in held)


def sum_lots(target: Any, legs: Any, first: int, last: int, source: Any, width: int, narrow: int) -> None:
    """target[s] = sum over legs first .. last - 1 with a slot of lots * lane s of the row at it, for s < width."""
    _sum("lots", target, legs, first, last, source, width, narrow)


def sum_scaled(target: Any, legs: Any, first: int, last: int, source: Any, width: int, narrow: int) -> None:
    """As ``sum_lots``, with the column ``scaled`` in place of the lots."""
    _sum("scaled", target, legs, first, last, source, width, narrow)


def add_linear_lanes(pnl: Any, weights: Any, start: int, width: int, low: int, high: int) -> None:
    """pnl[s] += (low where the shock weights[start + s] >= 0, else high) times that shock."""
    for lane in range(width):
        shock = weights[start + lane]["word"]
        pnl[lane]["word"] += times_shock(low if shock >= 0 else high, shock)


def add_group_lanes(
    pnl: Any, values: Any, weights: Any, damping: int, skew: int, width: int, base: int, long: int, short: int
) -> None:
    """pnl[s] += p, or -|p| where weights[skew + s] is not 0: p = (value discounted by its sign - base) damped."""
    for lane in range(width):
        value = values[lane]["word"]
        profit = times(times(value, long if value >= 0 else short) - base, weights[damping + lane]["word"])
        pnl[lane]["word"] += profit if weights[skew + lane]["word"] == 0 else -abs(profit)


def _sums(pnl: Any, weights: Any, start: int, width: int) -> list[int]:
    return [pnl[lane]["word"] + weights[start + lane]["word"] for lane in range(width)]


def smallest_sum(pnl: Any, weights: Any, start: int, width: int) -> int:
    """The smallest of pnl[s] + weights[start + s]."""
    return min(_sums(pnl, weights, start, width))


def smallest_lane(pnl: Any, weights: Any, start: int, width: int) -> int:
    """The lowest s whose pnl[s] + weights[start + s] is the smallest."""
    sums = _sums(pnl, weights, start, width)
    return sums.index(min(sums))


def lane_above(pnl: Any, weights: Any, start: int, lane: int, width: int, limit: int) -> int:
    """The lowest s >= lane with -(pnl[s] + weights[start + s]) > limit; width where there is none."""
    for place in range(lane, width):
        if -(pnl[place]["word"] + weights[start + place]["word"]) > limit:
            return place
    return width


def clamp_lanes(target: Any, source: Any, slot: int, width: int, move: int, tops: Any, most: int) -> None:
    """target[slot + s] = source[slot + s] + move, not below 0, not above tops[s] or ``most``."""
    for lane in range(width):
        value = max(source[slot + lane]["word"] + move, 0)
        target[slot + lane]["word"] = min(value, tops[lane]["word"], most)


def damp_lanes(target: Any, slot: int, width: int, value: int, weights: Any, start: int) -> None:
    """target[slot + s] = (target[slot + s] - value) damped by weights[start + s]."""
    for lane in range(width):
        target[slot + lane]["word"] = times(target[slot + lane]["word"] - value, weights[start + lane]["word"])


def rank_words(ranks: Any, words: Any, count: int) -> None:
    """ranks[i] = how many of the first ``count`` words are smaller than words[i]; whole vectors are written."""
    for place in range(count):
        ranks[place]["word"] = sum(words[other]["word"] < words[place]["word"] for other in range(count))
