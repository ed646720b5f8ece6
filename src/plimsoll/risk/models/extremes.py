"""Largest sensitivities of an option while its forward and vol move: the maxima a Taylor bound needs.

Symbols as in ``pricing.black``: v = σ·√τ, d = ln(F/K)/v + v/2, φ the normal density, D the discount. At a fixed vol

    Γ = D·φ(d)/(F·v)    ∂Γ/∂F = −D·φ(d)·(d + v)/(F·v)²    vanna = −D·φ(d)·(d − v)/σ    volga = D·F·√τ·φ(d)·d·(d − v)/σ

are largest in size where d = −v, d² + 3vd + 2v² = 1, d² − vd = 1 and d³ − vd² − 2d + v = 0. Between two forwards the
largest is there or at an end, so no grid can step over it, however narrow the peak. Between two vols, vanna and volga
are bounded cell by cell: d anywhere in the cell's range, |d − v| at the worse end, σ at the lower one.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from plimsoll.risk.checks import Floats

ROOT_TWO_PI: Final = 2.5066282746310002
CELLS: Final = 16
"""Cells between two vols: more make the bound tighter, none less true."""


class Move(NamedTuple):
    """Options and where they go; arrays of one shape, broadcast by the caller.

    Forwards and vols from ``forward`` to ``forward_to`` and ``vol`` to ``vol_to``; ``root`` is √τ.
    """

    strike: Floats
    root: Floats
    discount: Floats
    forward: Floats
    forward_to: Floats
    vol: Floats
    vol_to: Floats


def largest_gamma(move: Move) -> Floats:
    """The largest Γ between the two forwards, at the first vol; infinite at the strike with no time or vol left."""
    v = move.vol * move.root

    def gamma(forward: Floats, d: Floats) -> Floats:
        return move.discount * _density(d) / (forward * v)

    return _between_forwards(move, v, gamma, (-v,))


def largest_speed(move: Move) -> Floats:
    """The largest |∂Γ/∂F| between the two forwards, at the first vol; infinite as ``largest_gamma``."""
    v = move.vol * move.root
    spread = np.sqrt(v * v + 4.0)

    def speed(forward: Floats, d: Floats) -> Floats:
        return move.discount * _density(d) * np.abs(d + v) / (forward * v) ** 2

    return _between_forwards(move, v, speed, ((spread - 3.0 * v) / 2.0, (-spread - 3.0 * v) / 2.0))


def largest_vanna(move: Move) -> Floats:
    """A bound on |vanna| while the forward and the vol are anywhere between theirs; infinite where a vol is 0."""
    ends = np.minimum(move.forward, move.forward_to), np.maximum(move.forward, move.forward_to)

    def peaks(v: Floats) -> tuple[Floats, ...]:
        spread = np.sqrt(v * v + 4.0)
        return (v + spread) / 2.0, (v - spread) / 2.0

    return move.discount * _between_vols(move, ends, lambda d, v: np.abs(d - v), peaks)


def largest_volga(move: Move) -> Floats:
    """A bound on |volga| at the first forward while the vol is anywhere between its two; infinite where a vol is 0."""
    sup = _between_vols(move, (move.forward, move.forward), lambda d, v: np.abs(d * (d - v)), _cubic_roots)
    return move.discount * move.forward * move.root * sup


def _between_forwards(
    move: Move, v: Floats, of: Callable[[Floats, Floats], Floats], peaks: tuple[Floats, ...]
) -> Floats:
    """The largest of a function of F and d at both ends and at its peaks, where these lie between the ends."""
    low, high = np.minimum(move.forward, move.forward_to), np.maximum(move.forward, move.forward_to)
    result = np.zeros(np.broadcast_shapes(low.shape, v.shape))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        inside = [np.clip(move.strike * np.exp(v * d - v * v / 2.0), low, high) for d in peaks]
        for forward in (low, high, *inside):
            found = of(forward, _d1(np.log(forward / move.strike), v))
            # A forward of zero has no gamma left: its density vanishes faster than any power of it.
            result = np.fmax(result, np.where(forward > 0, found, 0.0))
    # With neither time nor vol left all of gamma is at the strike; elsewhere there is none.
    crossed = (low <= move.strike) & (move.strike <= high)
    return np.where(v > 0, result, np.where(crossed, np.inf, 0.0))


def _between_vols(
    move: Move,
    forwards: tuple[Floats, Floats],
    shape: Callable[[Floats, Floats], Floats],
    peaks: Callable[[Floats], tuple[Floats, ...]],
) -> Floats:
    """A bound on φ(d)·shape(d, v)/σ over forwards and vols, the largest over the cells between the vols."""
    low, high = np.minimum(move.vol, move.vol_to), np.maximum(move.vol, move.vol_to)
    result = np.zeros(np.broadcast_shapes(low.shape, forwards[0].shape))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        near, far = (np.log(forward / move.strike) for forward in forwards)
        for first, second in pairwise(np.linspace(0.0, 1.0, CELLS + 1).tolist()):
            least = low + first * (high - low)
            ends = least * move.root, (low + second * (high - low)) * move.root
            # d grows with ln(F/K); over v it has one valley, at √(2·ln(F/K)), and no hill between the ends.
            bottom = _d1(near, np.clip(np.sqrt(2.0 * np.maximum(near, 0.0)), *ends))
            top = np.maximum(*(_d1(far, v) for v in ends))
            for v in ends:
                for d in (bottom, top, *(np.clip(peak, bottom, top) for peak in peaks(v))):
                    found = np.where(np.isfinite(d), _density(d) * shape(d, v), 0.0)
                    result = np.fmax(result, np.where(least > 0, found / least, np.inf))
    return result


def _d1(log_ratio: Floats, v: Floats) -> Floats:
    """ln(F/K)/v + v/2; at the money it is v/2 however small v is."""
    return np.where(log_ratio == 0.0, v / 2.0, log_ratio / v + v / 2.0)


def _density(d: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * d * d) / ROOT_TWO_PI
    return density


def _cubic_roots(v: Floats) -> tuple[Floats, ...]:
    """The three roots of d³ − vd² − 2d + v, all real: it is above 0 at 0 and below it at v."""
    size = np.sqrt(v * v / 9.0 + 2.0 / 3.0)
    angle = np.arccos(np.clip((v**3 / 27.0 - v / 6.0) / size**3, -1.0, 1.0)) / 3.0
    return tuple(v / 3.0 + 2.0 * size * np.cos(angle - 2.0 * math.pi * turn / 3.0) for turn in range(3))
