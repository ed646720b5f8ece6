"""A preset: a venue's published rules as parameters of this engine, with what the engine expresses differently."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from typing import Any, Final

from plimsoll.presets.rounding import ppb_up
from plimsoll.units.limits import PPB
from plimsoll.venue import InputRefused, Pool
from plimsoll.venue.parameters import PolicyParameters

Terms = Mapping[str, Any]
"""What ``Pool.list_perp`` or ``Pool.list_asset`` takes beside the name."""

SYMBOL_OF_PERP: Final = "-PERP"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One venue's rules. ``instruments`` are perpetuals by symbol, ``collateral`` assets by symbol."""

    name: str
    title: str
    source: str
    policy: PolicyParameters
    instruments: Mapping[str, Terms]
    settlement: str = "USDC"
    collateral: Mapping[str, Terms] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def open(self, path: str | PathLike[str] | None = None, *, symbols: Iterable[str] | None = None) -> Pool:
        """A new pool (in memory without ``path``) under this preset with its instruments listed, or those named.

        InputRefused for a symbol the preset does not have.
        """
        known = [*self.instruments, *self.collateral]
        chosen = known if symbols is None else list(symbols)
        for symbol in chosen:
            if symbol not in known:
                raise InputRefused(f"{self.name} has no {symbol!r:.60}; it has: {', '.join(known)}")
        pool = Pool.open(path, settlement=self.settlement, policy=self.policy)
        for symbol in chosen:
            if symbol in self.instruments:
                pool.list_perp(symbol, **self.instruments[symbol])
            else:
                pool.list_asset(symbol, **self.collateral[symbol])
        return pool


def share_up(share: Fraction) -> Decimal:
    """A share as a decimal the engine can hold: whole ppb, rounded up, as requirements are."""
    return Decimal(int(ppb_up(share) * PPB)) / PPB
