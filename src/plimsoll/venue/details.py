"""What a refusal adds to its rule: the parameter, option or number that broke it, and what to do next."""

from typing import Any, Final

from plimsoll.book.layout import Pool as Tables
from plimsoll.book.parameters import CLASS_BOUNDS, LISTING_BOUNDS, POLICY_BOUNDS, POT_BOUNDS
from plimsoll.book.rows import ClassRow, ListingRow, PolicyRow, PotTermsRow
from plimsoll.engine.capacity import product_bound
from plimsoll.units import codes as code
from plimsoll.units.limits import CLASSES_MAX, PORTFOLIO_MICROS_MAX, PORTFOLIO_SUM_MAX
from plimsoll.units.messages import (
    COMMAND_LIST_INSTRUMENT,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_PUBLISH_CLASS,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POLICY,
    COMMAND_SET_POT,
)
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue.classes import members_of
from plimsoll.venue.decimals import when
from plimsoll.venue.mechanism_rules import said_of_mechanism
from plimsoll.venue.table_rules import Instruments, said_of_table

PARAMETERS: Final = {
    COMMAND_LIST_INSTRUMENT: (ListingRow, LISTING_BOUNDS),
    COMMAND_SET_INSTRUMENT: (ListingRow, LISTING_BOUNDS),
    COMMAND_SET_POLICY: (PolicyRow, POLICY_BOUNDS),
    COMMAND_PUBLISH_CLASS: (ClassRow, CLASS_BOUNDS),
    COMMAND_SET_POT: (PotTermsRow, POT_BOUNDS),
}
"""Commands whose payload begins with parameters, and the bounds of those."""
LISTINGS: Final = (COMMAND_LIST_INSTRUMENT, COMMAND_SET_INSTRUMENT)
HINTS: Final = {
    code.MARK_MUST_COME_FROM_ARRAYS: "an option is priced by a table: publish_table",
    code.CLASS_MUST_BE_PUBLISHED: "publish_class first",
    code.CLASS_MUST_BE_WITHIN_LIMIT: f"classes are numbered from 1 to {CLASSES_MAX}",
    code.SKEW_MUST_BE_GROUPED: "give grouped=True too",
    code.TIME_SUM_MUST_FIT: "mark_max times settlement_window (or funding_interval) is too large: lower one",
    code.VALUE_MAX_MUST_FIT: "position_max or open_interest_max times mark_max is too large: lower one",
    code.PRECISION_MUST_STAY_UNDER_A_CENT: "position_max is too large for the scale: lower it, or raise scale",
    code.TAIL_MUST_BE_WITHIN_SCENARIOS: "tail counts the largest losses, from 1 to the number of scenarios",
}


def detail_of(pool: Tables, command: Any, refusal: int, payload: Ints, instruments: Instruments) -> str:
    """The detail of a command that changed nothing; empty where its rule says it all."""
    kind, words = int(command["kind"]), payload.tolist()
    if refusal == code.PARAMETER_MUST_BE_WITHIN_BOUNDS:
        return _out_of_bounds(kind, words) or said_of_mechanism(pool, command, refusal)
    if kind == COMMAND_PUBLISH_ARRAYS and refusal != code.CLASS_MUST_BE_PUBLISHED:
        return said_of_table(pool, int(command["instrument"]), int(command["time"]), refusal, words, instruments)
    if kind in LISTINGS:
        listing = dict(zip(ListingRow.__annotations__, words))
        return _said_of_listing(pool, listing, refusal, instruments) or HINTS.get(refusal, "")
    if refusal == code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE and kind == COMMAND_PUBLISH_CLASS:
        return "scale and shift are fixed while the class has members"
    return HINTS.get(refusal, "") or said_of_mechanism(pool, command, refusal)


def _out_of_bounds(kind: int, words: list[int]) -> str:
    """The first parameter outside its bounds, as the engine holds it."""
    if kind not in PARAMETERS:
        return ""
    row, bounds = PARAMETERS[kind]
    for name, number in zip(row.__annotations__, words):
        low, high = bounds.get(name, (number, number))
        if not low <= number <= high:
            return f"{name}={number} (from {low} to {high}, in the units of the engine)"
    return ""


def _said_of_listing(pool: Tables, listing: dict[str, int], refusal: int, instruments: Instruments) -> str:
    number = listing.get("risk_class", 0)
    if refusal == code.EXPIRY_MUST_BE_IN_FUTURE and listing["expiry"]:
        now = int(pool.totals[0]["time"])
        return f"expiry={when(listing['expiry'])}, the pool's time is {when(now)}"
    if refusal == code.CLASS_MUST_BE_PUBLISHED:
        return f"class {number} is not published: publish_class first"
    if refusal == code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE:
        return "kind, scale and expiry are fixed at listing, and what an option is: list another instrument instead"
    if refusal == code.MEMBER_MUST_FIT_CLASS:
        return _said_of_member(pool, listing, number, instruments)
    if refusal == code.PORTFOLIO_VALUE_MUST_FIT:
        return _said_of_capacity(pool, number, instruments)
    return ""


def _said_of_member(pool: Tables, listing: dict[str, int], number: int, instruments: Instruments) -> str:
    family = pool.classes[number]
    underlying = instruments(int(family["underlying"]))
    if listing["scale"] != family["scale"]:
        return f"scale={listing['scale']}, class {number} has scale={family['scale']}: list it with that"
    rows = array_of(pool.instruments)
    for other in members_of(pool, number):
        if all(rows[other][name] == listing[name] for name in ("risk_group", "expiry", "strike", "option_type")):
            return f"{instruments(other).name} is that option already"
    group = listing["risk_group"]
    if group and int(pool.groups[group]["risk_class"]) not in (0, number):
        return f"group={group} is one of class {pool.groups[group]['risk_class']}: leave group out"
    for other in members_of(pool, number):
        if group and rows[other]["risk_group"] == group and rows[other]["expiry"] != listing["expiry"]:
            return f"group={group} is that of {instruments(other).name}, another expiry: leave group out"
    return f"mark_max: a call needs at least that of {underlying.name} ({underlying.mark_max:f}), a put its strike"


def _said_of_capacity(pool: Tables, number: int, instruments: Instruments) -> str:
    """How much of a class its largest member takes: the one to make smaller."""
    family, rows = pool.classes[number], array_of(pool.instruments)
    shift = int(family["shift"])
    bounds = {
        one: product_bound(int(rows[one]["lots_max"]), int(rows[one]["mark_max"]), int(rows[one]["kind"]), shift)
        for one in members_of(pool, number)
    }
    least = min(PORTFOLIO_SUM_MAX, PORTFOLIO_MICROS_MAX * int(family["unit"]) >> shift)
    said = f"class {number} is full: list with a smaller position_max or mark_max"
    if not bounds:
        return said
    largest = max(bounds, key=lambda one: bounds[one])
    return f"{said}; the largest is {instruments(largest).name}, {100 * bounds[largest] // least} % of the class"
