"""What a risk model may look at: the market at one moment, and nothing later.

A model says what it ``needs``: SPOT (prices), SURFACE (option chains with vols and forwards), RETURNS (a panel of
past returns). ``MarketSnapshot`` refuses returns dated after itself, so a model cannot be shown the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from plimsoll.risk.checks import Flags, Floats, float_array, of_length, within
from plimsoll.risk.errors import RiskError
from plimsoll.units.limits import CLASSES_MAX, GROUPS_MAX
from plimsoll.units.tables import Ints

SPOT: Final = "spot"
SURFACE: Final = "surface"
RETURNS: Final = "returns"


@dataclass(frozen=True)
class OptionChain:
    """The European options of one underlying; every array has one element for each option.

    instruments  ids in the pool                     groups     netting group (class × expiry), > 0
    years        to expiry, of 365 days              strikes    quote currency
    is_call      True for a call                     vols       per root year, a fraction
    forwards     of the expiry, quote currency       discounts  exp(−rate·years)
    fixed        the part of the forward that no longer moves (a settling option's average so far)
    confidence   of forward and vol, 0 … 1
    """

    instruments: Ints
    groups: Ints
    years: Floats
    strikes: Floats
    is_call: Flags
    vols: Floats
    forwards: Floats
    discounts: Floats
    fixed: Floats
    confidence: Floats

    def __post_init__(self) -> None:
        """RiskError names the first array and option that cannot be."""
        count = self.instruments.size
        for name in ("years", "strikes", "vols", "forwards", "discounts", "fixed", "confidence"):
            array = float_array(name, getattr(self, name), dimensions=1)
            of_length(name, array, count, "options")
            if (array < 0).any():
                at = int(np.argmax(array < 0))
                raise RiskError(f"{name} of option {self.instruments[at]} is {array[at]}; it must not be negative")
        for name in ("groups", "is_call"):
            of_length(name, getattr(self, name), count, "options")
        if np.unique(self.instruments).size != count:
            raise RiskError("an option appears twice in its chain; give each instrument once")
        if count and not 1 <= int(self.groups.min()) <= int(self.groups.max()) <= GROUPS_MAX:
            raise RiskError(f"groups are numbered from 1 to {GROUPS_MAX}, one for each expiry of each underlying")
        if (self.fixed > self.forwards).any():
            raise RiskError("the fixed part of a forward is larger than the forward; give both in quote currency")
        for group in np.unique(self.groups).tolist():
            if np.unique(self.years[self.groups == group]).size != 1:
                raise RiskError(f"group {group} has options of several expiries; number one group for each expiry")

    @classmethod
    def of(
        cls,
        instruments: Ints,
        groups: Ints,
        years: Floats,
        strikes: Floats,
        is_call: Flags,
        vols: Floats,
        forwards: Floats,
        discounts: Floats | None = None,
        fixed: Floats | None = None,
        confidence: Floats | None = None,
    ) -> "OptionChain":
        """A chain from lists or arrays: no discount, nothing fixed and full confidence unless given."""
        count = len(np.asarray(instruments))
        return cls(
            instruments=np.asarray(instruments, np.int64),
            groups=np.asarray(groups, np.int64),
            years=np.asarray(years, np.float64),
            strikes=np.asarray(strikes, np.float64),
            is_call=np.asarray(is_call, np.bool_),
            vols=np.asarray(vols, np.float64),
            forwards=np.asarray(forwards, np.float64),
            discounts=np.ones(count) if discounts is None else np.asarray(discounts, np.float64),
            fixed=np.zeros(count) if fixed is None else np.asarray(fixed, np.float64),
            confidence=np.ones(count) if confidence is None else np.asarray(confidence, np.float64),
        )

    def forwards_at(self, moves: Floats) -> Floats:
        """Forwards [options, moves] when the underlying moves by these fractions: only what is not fixed moves."""
        return (self.forwards - self.fixed)[:, None] * (1.0 + moves)[None, :] + self.fixed[:, None]


@dataclass(frozen=True)
class Underlying:
    """One risk class: its number, the instrument whose mark is its spot, the spot, its options.

    ``column`` is its name in the panel of returns (its own name unless said); ``vol_column`` names the column with
    the log changes of its vol level, if there is one.
    """

    name: str
    number: int
    instrument: int
    spot: float
    chain: OptionChain | None = None
    column: str = ""
    vol_column: str = ""

    def __post_init__(self) -> None:
        """RiskError for a class number or a spot that cannot be."""
        if not 1 <= self.number <= CLASSES_MAX:
            raise RiskError(f"{self.name}: class number {self.number}; it must be from 1 to {CLASSES_MAX}")
        if not (np.isfinite(self.spot) and self.spot > 0):
            raise RiskError(f"{self.name}: spot {self.spot}; it must be finite and above zero")

    @property
    def returns_column(self) -> str:
        """Where its returns are in the panel."""
        return self.column or self.name


@dataclass(frozen=True)
class ReturnsPanel:
    """Log returns of several names over steps of equal length: ``values`` [steps, names], NaN where not available.

    ``times_ms`` is when each step ended, rising.
    """

    names: tuple[str, ...]
    times_ms: Ints
    values: Floats

    def __post_init__(self) -> None:
        """RiskError for shapes that do not go together, infinite returns or times that do not rise."""
        float_array("returns", self.values, dimensions=2, missing=True)
        of_length("returns", self.values, self.times_ms.size, "steps")
        if self.values.shape[1] != len(self.names) or len(set(self.names)) != len(self.names):
            raise RiskError(f"returns have {self.values.shape[1]} columns for the names {', '.join(self.names)}")
        if (np.diff(self.times_ms) <= 0).any():
            raise RiskError("times of the returns must rise; sort the panel and remove what is there twice")

    def column(self, name: str) -> Floats:
        """The returns of one name; RiskError lists the names there are."""
        if name not in self.names:
            raise RiskError(f"no returns of {name}; the panel has: {', '.join(self.names)}")
        return self.values[:, self.names.index(name)]


@dataclass(frozen=True)
class MarketSnapshot:
    """The market at ``time_ms``; returns and indices as far as they are known."""

    time_ms: int
    underlyings: tuple[Underlying, ...]
    returns: ReturnsPanel | None = None
    indices: Mapping[str, float] = field(default_factory=dict)
    """Named levels such as a DVOL, in the units of their source."""

    def __post_init__(self) -> None:
        """RiskError for no underlyings, a class twice, or returns from the future."""
        if not self.underlyings:
            raise RiskError("a snapshot without underlyings; give at least one")
        if len({one.number for one in self.underlyings}) != len(self.underlyings):
            raise RiskError("two underlyings have the same class number; number each its own")
        if self.returns is not None and self.returns.times_ms.size and self.returns.times_ms[-1] > self.time_ms:
            raise RiskError("returns end after the time of the snapshot; cut the panel at that time")
        for name, value in self.indices.items():
            within(f"index {name}", value, -1e18, 1e18)

    def require(self, needs: frozenset[str]) -> None:
        """RiskError if something a model needs is not here."""
        if RETURNS in needs and (self.returns is None or self.returns.times_ms.size == 0):
            raise RiskError("this model needs past returns; give the snapshot a ReturnsPanel")
        if SURFACE in needs and all(one.chain is None for one in self.underlyings):
            raise RiskError("this model needs a surface; give at least one underlying an OptionChain")

    def panel(self) -> ReturnsPanel:
        """The returns, which ``require`` has asked for."""
        if self.returns is None:
            raise RiskError("this snapshot has no returns; give it a ReturnsPanel")
        return self.returns
