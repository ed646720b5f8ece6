"""A pool file: TOML in human units, turned into integers here.

Decimals end in this module. A value that is no whole number of its unit (0.0000005 of a lot, half a micro) is refused
by key; whether the numbers make a sound listing is the engine's to decide. Keys are the engine's names; their units are
those of the venue's face.
"""

import tomllib
from collections.abc import Mapping
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any, Final

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.bars import time_ms_of
from plimsoll.sim.errors import PoolFileError
from plimsoll.sim.insurers import curves_of, pots_of
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.pool_values import decimal, integer, known, within, word
from plimsoll.units.limits import MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import KIND_ASSET, KIND_FUTURE, KIND_PERP
from plimsoll.venue.decimals import SHARE, TOKENS
from plimsoll.venue.parameters import LISTING_UNITS
from plimsoll.venue.policy import ADL_WORDS, PAUSE_WORDS, POLICY_UNITS

DEFAULT_POOL: Final = "default_pool.toml"
SECTIONS: Final = {"name", "settlement", "fund", "backstop", "policy", "instrument", "curve", "pot"}
KINDS: Final = {"asset": KIND_ASSET, "perp": KIND_PERP, "future": KIND_FUTURE}
SIZES: Final = ("lots_max", "open_lots_max", "backstop_lots_max")
"""Asked for in coins."""
OPTIONAL: Final = frozenset(list(PolicyRow.__annotations__)[list(PolicyRow.__annotations__).index("recall_after") :])
"""Everything of docs/commands.md, §10 and §11."""
UNITS: Final = {
    "rate_initial": SHARE,
    "rate_maintenance": SHARE,
    # A pool file has no risk classes.
    **{name: unit for name, unit in LISTING_UNITS.items() if name != "risk_class"},
}


def load_pool(path: Path | None = None) -> PoolSetup:
    """The pool of a TOML file, or the one that ships with the package. PoolFileError in one line."""
    source = DEFAULT_POOL if path is None else Path(path).name
    try:
        if path is None:
            text = (resources.files("plimsoll.sim") / "data" / DEFAULT_POOL).read_text(encoding="utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8")
        return read_pool(tomllib.loads(text), source)
    except OSError as error:
        raise PoolFileError(f"{path}: {(error.strerror or 'unreadable').lower()}") from None
    except UnicodeDecodeError:
        raise PoolFileError(f"{source}: not a text file") from None
    except tomllib.TOMLDecodeError as error:
        raise PoolFileError(f"{source}: {error}") from None


def read_pool(document: Mapping[str, Any], source: str) -> PoolSetup:
    """The pool of a parsed document."""
    known(document, SECTIONS, source, "the pool")
    policy = _policy(dict(document.get("policy", {})), source)
    tables = document.get("instrument", [])
    if not isinstance(tables, list) or not tables:
        raise PoolFileError(f"{source}: no [[instrument]]")
    listings = tuple(_listing(number, dict(table), source) for number, table in enumerate(tables, 1))
    names = [listing.name for listing in listings]
    for name in names:
        if names.count(name) > 1:
            raise PoolFileError(f"{source}: {name} is listed twice")
    return PoolSetup(
        str(document.get("name", source)),
        str(document.get("settlement", "USDC")),
        source,
        policy,
        listings,
        integer(document.get("fund", 0), MICROS_PER_TOKEN, f"{source}: fund"),
        integer(document.get("backstop", 0), MICROS_PER_TOKEN, f"{source}: backstop"),
        curves=curves_of(document.get("curve", []), source),
        pots=pots_of(document.get("pot", []), [one.name for one in listings if one.kind == KIND_ASSET], source),
    )


def _policy(table: dict[str, Any], source: str) -> dict[str, int]:
    where = f"{source}: policy"
    known(table, {*POLICY_UNITS, "adl", "pauses"}, source, "policy")
    row = {}
    for name in PolicyRow.__annotations__:
        if name not in table:
            # What a pool file need not say: without it the mechanism is not there.
            if name not in OPTIONAL:
                raise PoolFileError(f"{where}.{name} is missing")
            row[name] = DEFAULT_POLICY[name]
        elif name == "adl":
            row[name] = word(table[name], ADL_WORDS, f"{where}.adl")
        elif name == "pauses":
            row[name] = sum({word(one, PAUSE_WORDS, f"{where}.pauses") for one in table[name]})
        else:
            row[name] = integer(table[name], POLICY_UNITS[name], f"{where}.{name}")
        within(row[name], POLICY_BOUNDS[name], f"{where}.{name}")
    return row


def _listing(number: int, table: dict[str, Any], source: str) -> Listing:
    where = f"{source}: {table.get('name', f'instrument {number}')}"
    own = {"name", "kind", "prices", "popularity", "lot", "scale", "segments", "expiry"}
    weights = {"weight_initial", "weight_maintenance"}
    known(table, {*own, *weights, "mark_max", *SIZES, *UNITS}, source, str(table.get("name", f"instrument {number}")))
    for name in ("name", "kind", "prices", "lot", "scale", "mark_max", "lots_max", "open_lots_max"):
        if name not in table:
            raise PoolFileError(f"{where}: {name} is missing")
    kind = word(table["kind"], KINDS, f"{where}: kind")
    lot = decimal(table["lot"], f"{where}: lot")
    if lot <= 0:
        raise PoolFileError(f"{where}: lot must be above 0")
    scale = integer(table["scale"], 1, f"{where}: scale")
    if not 0 <= scale <= 12:
        raise PoolFileError(f"{where}: scale must be from 0 to 12")
    lots_per_coin = 1 / Fraction(lot)
    coins_per_unit = 10**scale / lots_per_coin
    units = {"mark_max": coins_per_unit * TOKENS, **dict.fromkeys(SIZES, lots_per_coin), **UNITS}
    row = dict.fromkeys(ListingRow.__annotations__, 0)
    row["kind"], row["scale"] = kind, scale
    for name, unit in units.items():
        if name in table:
            row[name] = integer(table[name], unit, f"{where}: {name}")
    for name in sorted(weights & set(table)):
        if kind != KIND_ASSET:
            raise PoolFileError(f"{where}: {name} is for an asset; a contract has a rate")
        # The requirement of an asset is what its weight leaves out.
        row[name.replace("weight", "rate")] = PPB - integer(table[name], PPB, f"{where}: {name}")
    if "expiry" in table:
        try:
            row["expiry"] = time_ms_of(str(table["expiry"]))
        except ValueError:
            raise PoolFileError(f"{where}: expiry is not an ISO time") from None
    segments = table.get("segments", [])
    if len(segments) > 3:
        raise PoolFileError(f"{where}: at most 3 segments beside the first")
    for place, segment in enumerate(segments, 1):
        known(segment, {"from", "initial", "maintenance"}, source, f"{where}: segment {place}")
        for name, column, multiplier in (
            ("from", f"segment_lots_{place}", lots_per_coin),
            ("initial", f"segment_initial_{place}", PPB),
            ("maintenance", f"segment_maintenance_{place}", PPB),
        ):
            row[column] = integer(segment.get(name), multiplier, f"{where}: segment {place}: {name}")
    for name, value in row.items():
        within(value, LISTING_BOUNDS[name], f"{where}: {name}")
    prices = tuple(str(symbol) for symbol in table["prices"])
    if not prices:
        raise PoolFileError(f"{where}: prices names no symbol")
    popularity = float(decimal(table.get("popularity", 1), f"{where}: popularity"))
    if not popularity >= 0:
        raise PoolFileError(f"{where}: popularity must not be negative")
    return Listing(number, str(table["name"]), kind, prices[0], prices, popularity, lots_per_coin, 10**scale, row)
