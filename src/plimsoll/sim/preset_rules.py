"""A preset as a replay runs it: its policy, its listings of the contracts the path prices, its risk classes.

Which path symbol prices a contract, and how popular it is, is the pool file's; every margin rule is the preset's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.book.rows import PolicyRow
from plimsoll.presets import PRESETS, Preset
from plimsoll.presets.preset import SYMBOL_OF_PERP
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.listings import ClassSetup, Listing, PoolSetup
from plimsoll.sim.tables import Make, members_of
from plimsoll.units.limits import HOLDING_VALUE_MAX, LOTS_MAX
from plimsoll.units.messages import KIND_ASSET, KIND_PERP, MODE_PORTFOLIO, MODE_STANDARD
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue import Instrument, Pool

if TYPE_CHECKING:
    from plimsoll.presets.compare.classes import ClassRules

INDEX: Final = "-INDEX"
MICROS_PER_CENT: Final = 10_000
"""A position of so many units is as large as one may be whose value a micro of the mark moves by less than a cent."""


@dataclass(frozen=True)
class PresetRules:
    """What a replay needs to run under a preset; ``make`` makes the tables of its classes, None where it has none."""

    name: str
    title: str
    setup: PoolSetup
    make: Make | None


def load_preset(name: str) -> Preset:
    """The preset with a name; SimulationError for none, or for one whose libraries are not installed."""
    try:
        return PRESETS[name]
    except KeyError:
        raise SimulationError(f"there is no preset {name!r:.60}; presets: {', '.join(PRESETS)}") from None
    except ImportError as error:
        raise SimulationError(f"preset {name}: {error}") from None


def preset_rules(name: str, base: PoolSetup, symbols: Sequence[str], marks: Ints) -> PresetRules:
    """The rules of a preset for the contracts of ``base``; ``marks`` are its marks at the start, by number.

    SimulationError where a symbol of the path has no contract in the preset.
    """
    preset = load_preset(name)
    _require_coins(preset, base, symbols)
    classes = _classes_of(preset)
    setup = _setup(preset, base, with_index=classes is not None)
    if classes is None:
        return PresetRules(name, preset.title, setup, None)
    make = _maker(classes)
    mode = MODE_PORTFOLIO if classes.portfolio else MODE_STANDARD
    prices = {one.name.removesuffix(SYMBOL_OF_PERP): one.price(int(marks[one.number])) for one in base.contracts()}
    try:
        published = tuple(_class_setup(setup, one, make, prices) for one in setup.assets())
    except ImportError as error:
        raise SimulationError(f"preset {name}: {error}") from None
    return PresetRules(name, preset.title, replace(setup, mode=mode, classes=published), make)


def _require_coins(preset: Preset, base: PoolSetup, symbols: Sequence[str]) -> None:
    has = f"it has: {', '.join(preset.instruments)}; choose symbols it has with --symbol"
    for listing in base.contracts():
        if listing.name not in preset.instruments:
            raise SimulationError(f"{preset.name} has no {listing.name}, which {listing.symbol} prices; {has}")
    used = {listing.symbol for listing in base.contracts()}
    for symbol in symbols:
        if symbol not in used:
            raise SimulationError(f"{preset.name} has no contract that {symbol} prices; {has}")


def _classes_of(preset: Preset) -> "ClassRules | None":
    from plimsoll.presets.compare.classes import RULES

    return RULES.get(preset.name)


def _setup(preset: Preset, base: PoolSetup, *, with_index: bool) -> PoolSetup:
    """The preset's integers, read back from a pool of it; an index per coin first, where classes need one."""
    contracts = base.contracts()
    with preset.open(symbols=[one.name for one in contracts]) as pool:
        policy = {field: int(array_of(pool.tables.policy[0])[field]) for field in PolicyRow.__annotations__}
        listings = []
        for place, own in enumerate(contracts, 1):
            one = pool.instrument(own.name)
            row: dict[str, Any] = one.parameters | {"risk_class": place if with_index else 0}
            row |= _sizes(own, row, 1 / Fraction(one.lot))
            listings.append(_listing(own.name, one, row, own, KIND_PERP))
        indices = [_index(pool, own) for own in contracts] if with_index else []
    numbered = tuple(replace(one, number=number) for number, one in enumerate([*indices, *listings], 1))
    return replace(
        base,
        name=preset.title,
        settlement=preset.settlement,
        source=f"preset {preset.name}",
        policy=policy,
        listings=numbered,
        notes=(*base.notes, *preset.differences),
        curves=(),
        pots=(),
    )


def _sizes(own: Listing, row: dict[str, int], lots_per_coin: Fraction) -> dict[str, int]:
    """What one account and the backstop may hold: the pool file's, as far as the engine's limits reach.

    Venues bound sizes by margin; a preset without sizes has defaults, which are nobody's rule.
    """
    ratio = lots_per_coin / own.lots_per_coin
    unit = 10 ** row["scale"]
    most = min(HOLDING_VALUE_MAX * unit // row["mark_max"], MICROS_PER_CENT * unit, LOTS_MAX, row["open_lots_max"])
    lots_max = min(int(own.row["lots_max"] * ratio), most)
    return {"lots_max": lots_max, "backstop_lots_max": min(int(own.row["backstop_lots_max"] * ratio), lots_max)}


def _index(pool: Pool, own: Listing) -> Listing:
    """What a class takes as spot: listed as an asset that counts for nothing, so that nobody keeps any."""
    perp = pool.instrument(own.name)
    name = own.name.removesuffix(SYMBOL_OF_PERP) + INDEX
    index = pool.list_asset(name, lot=perp.lot, mark_max=perp.mark_max, weight=0)
    return _listing(name, index, index.parameters, own, KIND_ASSET)


def _listing(name: str, one: Instrument, row: dict[str, int], own: Listing, kind: int) -> Listing:
    return Listing(
        0, name, kind, own.symbol, own.prices, own.popularity, 1 / Fraction(one.lot), 10 ** row["scale"], row
    )


def _maker(rules: "ClassRules") -> Make:
    """Perpetuals are linear: a table has shocks only, whatever the spot."""
    from plimsoll.presets.derive_classes import Market

    return lambda one, spot, time_ms, pool: rules.build(one.name, one.number, one.index, Market(spot=spot))


def _class_setup(setup: PoolSetup, index: Listing, make: Make, prices: dict[str, float]) -> ClassSetup:
    from plimsoll.risk import quantise

    coin = index.name.removesuffix(INDEX)
    # Indices come first, in the order of their classes.
    blank = ClassSetup(index.number, coin, index.number, 0, ())
    table = make(blank, prices[coin], 0, None)
    members = members_of(setup, blank.number)
    payload = quantise(table, 0, scale=int(index.row["scale"]), members=members)
    return replace(blank, shift=payload.shift, words=tuple(np.asarray(payload.class_words).tolist()))
