"""Listing and policy: rare, in plain Python on the same tables. What a listing proves here the hot path never tests."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from plimsoll.book.layout import LISTING, POLICY, Pool
from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS, Bounds
from plimsoll.book.rows import CommandRow
from plimsoll.engine.adopt import adopt_instrument, adopt_policy
from plimsoll.engine.capacity import require_capacity, scope_of
from plimsoll.engine.held import largest_held
from plimsoll.margin.terms import FLAT, ROOT, SEGMENTS
from plimsoll.units import codes as code
from plimsoll.units.limits import (
    CLASSES_MAX,
    HOLDING_VALUE_MAX,
    INSTRUMENTS_MAX,
    OPEN_VALUE_MAX,
    PARTS,
    PPB,
    RATE_MAX,
    TIME_SUM_MAX,
)
from plimsoll.units.messages import (
    EVENT_INSTRUMENT_SET,
    EVENT_LISTED,
    KIND_ASSET,
    KIND_FUTURE,
    KIND_OPTION,
    KIND_PERP,
    OPTION_CALL,
    ORACLE_UNPRICED,
    STATUS_CLOSED,
    STATUS_FREE,
    STATUS_OPEN,
    STATUS_SETTLING,
)

LISTING_FIELDS: tuple[str, ...] = tuple(LISTING.names or ())
POLICY_FIELDS: tuple[str, ...] = tuple(POLICY.names or ())
SEGMENT_NUMBERS = (1, 2, 3)
SERIES_TERMS = ("kind", "scale", "expiry")
OPTION_TERMS = (*SERIES_TERMS, "risk_class", "risk_group", "strike", "option_type")

Parameters = Mapping[str, int]


def read_parameters(fields: Sequence[str], payload: Sequence[int]) -> dict[str, int]:
    """The payload's words by name."""
    return {name: int(word) for name, word in zip(fields, payload)}


def require_bounds(parameters: Parameters, bounds: Mapping[str, Bounds]) -> int:
    """Every parameter within its own bounds."""
    for name, (low, high) in bounds.items():
        if not low <= parameters[name] <= high:
            return code.PARAMETER_MUST_BE_WITHIN_BOUNDS
    return code.OK


def require_precision(listing: Parameters) -> int:
    """The largest position fits its limits and rounds to less than a cent."""
    unit = 10 ** listing["scale"]
    if listing["lots_max"] * listing["mark_max"] > HOLDING_VALUE_MAX * unit:
        return code.VALUE_MAX_MUST_FIT
    if listing["open_lots_max"] * listing["mark_max"] > OPEN_VALUE_MAX * unit:
        return code.VALUE_MAX_MUST_FIT
    if listing["lots_max"] > 10_000 * unit:
        return code.PRECISION_MUST_STAY_UNDER_A_CENT
    if listing["mark_max"] * max(listing["settlement_window"], 1) > TIME_SUM_MAX:
        return code.TIME_SUM_MUST_FIT
    if PPB * listing["funding_interval"] > TIME_SUM_MAX:
        return code.TIME_SUM_MUST_FIT
    return code.OK


def require_ordered_rates(listing: Parameters) -> int:
    """Maintenance never above initial, in every form the requirement may take."""
    pairs = [("rate_initial", "rate_maintenance"), ("slope_initial", "slope_maintenance")]
    pairs += [("root_base_initial", "root_base_maintenance"), ("root_factor_initial", "root_factor_maintenance")]
    pairs += [(f"segment_initial_{k}", f"segment_maintenance_{k}") for k in SEGMENT_NUMBERS]
    if any(listing[initial] < listing[maintenance] for initial, maintenance in pairs):
        return code.RATES_MUST_BE_ORDERED
    if listing["kind"] in (KIND_PERP, KIND_FUTURE) and listing["rate_initial"] == 0:
        return code.RATES_MUST_BE_ORDERED
    return code.OK


def require_rising_segments(listing: Parameters) -> int:
    """Segments start further out and ask more, for both sides; after the first empty one all are empty."""
    lots, initial, maintenance = 0, listing["rate_initial"], listing["rate_maintenance"]
    ended = False
    for k in SEGMENT_NUMBERS:
        start = listing[f"segment_lots_{k}"]
        if start == 0:
            ended = True
            continue
        rates = listing[f"segment_initial_{k}"], listing[f"segment_maintenance_{k}"]
        if ended or start <= lots or rates[0] < initial or rates[1] < maintenance:
            return code.SEGMENTS_MUST_RISE
        lots, (initial, maintenance) = start, rates
    return code.OK


def require_fitting_penalty(listing: Parameters) -> int:
    """The rate of the largest position stays within the limit of rates, so that its requirement fits."""
    lots, unit = listing["lots_max"], 10 ** listing["scale"]
    highest = max(listing["rate_initial"], *(listing[f"segment_initial_{k}"] for k in SEGMENT_NUMBERS))
    sloped = highest + ceil_div(listing["slope_initial"] * lots, unit)
    rooted = listing["root_base_initial"] + ceil_div(listing["root_factor_initial"] * (math.isqrt(lots) + 1), PPB)
    return code.OK if max(sloped, rooted) <= RATE_MAX else code.SIZE_PENALTY_MUST_FIT


def ceil_div(number: int, divisor: int) -> int:
    """The quotient rounded up."""
    return -(-number // divisor)


def penalty_of(listing: Parameters) -> int:
    """Which form of size penalty the listing uses."""
    if listing["root_factor_initial"] > 0:
        return ROOT
    if listing["segment_lots_1"] > 0 or listing["slope_initial"] > 0:
        return SEGMENTS
    return FLAT


def require_fees(listing: Parameters) -> int:
    """A rebate is paid by the taker's fee; a liquidation fee leaves the account better off."""
    if -listing["fee_maker"] > listing["fee_taker"]:
        return code.REBATE_MUST_NOT_EXCEED_TAKER_FEE
    if listing["kind"] in (KIND_PERP, KIND_FUTURE):
        if max(listing["fee_liquidation"], listing["fee_backstop"]) >= listing["rate_maintenance"]:
            return code.LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE
    return code.OK


def require_expiry(listing: Parameters, time: int) -> int:
    """A future or an option expires later and has a window to average a price over; nothing else does when listed."""
    if listing["kind"] not in (KIND_FUTURE, KIND_OPTION):
        return code.OK if listing["expiry"] == 0 else code.EXPIRY_MUST_BE_IN_FUTURE
    if listing["expiry"] <= time or listing["settlement_window"] == 0:
        return code.EXPIRY_MUST_BE_IN_FUTURE
    return code.OK


def require_listing(listing: Parameters, time: int) -> int:
    """All rules of a listing, in their published order; ``time`` is the pool's, or -1 to keep the expiry unchecked."""
    refusal = require_bounds(listing, LISTING_BOUNDS)
    if refusal != code.OK:
        return refusal
    if listing["kind"] not in (KIND_ASSET, KIND_PERP, KIND_FUTURE, KIND_OPTION):
        return code.KIND_MUST_BE_KNOWN
    for rule in (require_precision, require_ordered_rates, require_rising_segments):
        refusal = rule(listing)
        if refusal != code.OK:
            return refusal
    if penalty_of(listing) == ROOT and (listing["segment_lots_1"] > 0 or listing["slope_initial"] > 0):
        return code.ONE_SIZE_PENALTY_MUST_BE_CHOSEN
    refusal = require_fitting_penalty(listing)
    if refusal == code.OK:
        refusal = require_fees(listing)
    if refusal != code.OK:
        return refusal
    if 0 < listing["open_interest_upper"] <= listing["open_interest_lower"]:
        return code.OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED
    if listing["age_fill_max"] > listing["age_margin_max"]:
        return code.AGES_MUST_BE_ORDERED
    return require_expiry(listing, time) if time >= 0 else code.OK


def write_parameters(row: Any, listing: Parameters) -> None:
    """Store a listing in its instrument's row with what follows from it."""
    for name in LISTING_FIELDS:
        row[name] = listing[name]
    row["unit"] = 10 ** listing["scale"]
    row["penalised"] = penalty_of(listing)


def is_listed(pool: Pool, number: int) -> bool:
    """Whether the number is an instrument that is not free or closed."""
    if not 1 <= number < pool.totals[0]["instruments"]:
        return False
    return int(pool.instruments[number]["status"]) not in (STATUS_FREE, STATUS_CLOSED)


def require_member(pool: Pool, number: int, listing: Parameters) -> int:
    """An option has its terms, nothing else has; a member fits its class."""
    terms = [listing[name] for name in ("strike", "option_type", "risk_group")]
    if listing["kind"] == KIND_OPTION:
        if not all(terms) or listing["risk_class"] == 0:
            return code.OPTION_MUST_HAVE_TERMS
    elif any(terms):
        return code.OPTION_MUST_HAVE_TERMS
    if listing["risk_class"] == 0:
        return code.OK
    family = pool.classes[listing["risk_class"]]
    if family["published"] == 0:
        return code.CLASS_MUST_BE_PUBLISHED
    if family["scale"] != listing["scale"] or not fits_group(pool, number, listing):
        return code.MEMBER_MUST_FIT_CLASS
    if listing["kind"] == KIND_OPTION:
        refusal = require_room(listing, int(pool.instruments[int(family["underlying"])]["mark_max"]))
        if refusal != code.OK:
            return refusal
    return require_capacity(pool, scope_of(pool, listing["risk_class"]), {number: listing})


def require_room(option: Mapping[str, int], spot_max: int) -> int:
    """An option's marks and its settlement sum have room for every mark of the underlying."""
    highest = spot_max if option["option_type"] == OPTION_CALL else int(option["strike"])
    if option["mark_max"] < highest:
        return code.MEMBER_MUST_FIT_CLASS
    if spot_max * int(option["settlement_window"]) > TIME_SUM_MAX:
        return code.TIME_SUM_MUST_FIT
    return code.OK


def require_classes_over(pool: Pool, number: int, listing: Parameters) -> int:
    """Classes over an instrument still fit with its new largest mark."""
    spot_max = listing["mark_max"]
    for family in range(1, CLASSES_MAX + 1):
        policy = pool.classes[family]
        if policy["published"] == 0 or policy["underlying"] != number:
            continue
        for member in range(1, int(pool.totals[0]["instruments"])):
            option: Any = pool.instruments[member]
            if option["risk_class"] == family and option["kind"] == KIND_OPTION and is_listed(pool, member):
                refusal = require_room(option, spot_max)
                if refusal != code.OK:
                    return refusal
        refusal = require_capacity(pool, scope_of(pool, family)._replace(spot_max=spot_max), {number: listing})
        if refusal != code.OK:
            return refusal
    return code.OK


def fits_group(pool: Pool, number: int, listing: Parameters) -> bool:
    """A netting group belongs to one class and one expiry, and has one option of a type at a strike."""
    group = listing["risk_group"]
    if group == 0:
        return True
    if pool.groups[group]["risk_class"] not in (0, listing["risk_class"]):
        return False
    for other in range(1, int(pool.totals[0]["instruments"])):
        row = pool.instruments[other]
        if other != number and row["risk_group"] == group and is_listed(pool, other):
            same = row["strike"] == listing["strike"] and row["option_type"] == listing["option_type"]
            if row["expiry"] != listing["expiry"] or same:
                return False
    return True


def join_class(pool: Pool, number: int, listing: Parameters) -> None:
    """Write what margin reads of a member, and pair an option with the other type at its strike."""
    risk = pool.risks[number]
    for name in ("risk_class", "option_type", "strike"):
        risk[name] = listing[name]
    group = listing["risk_group"]
    risk["group"] = group
    risk["slot"] = -1
    pool.classes[listing["risk_class"]]["members"] += 1
    if group > 0 and pool.groups[group]["risk_class"] == 0:
        row = pool.groups[group]
        row["risk_class"] = listing["risk_class"]
        row["discount_long"] = row["discount_short"] = PARTS
        row["confidence"] = PPB
    for other in range(1, number):
        twin = pool.risks[other]
        if group > 0 and twin["group"] == group and twin["strike"] == listing["strike"] and is_listed(pool, other):
            risk["pair"] = other
            twin["pair"] = number


def list_instrument(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Add the next instrument."""
    if len(payload) != len(LISTING_FIELDS):
        return code.PAYLOAD_MUST_FIT
    totals = pool.totals[0]
    number = int(totals["instruments"])
    if command["instrument"] != number or number >= INSTRUMENTS_MAX:
        return code.INSTRUMENT_MUST_BE_FREE
    listing = read_parameters(LISTING_FIELDS, payload)
    refusal = require_listing(listing, int(totals["time"]))
    if refusal == code.OK:
        refusal = require_member(pool, number, listing)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    row = pool.instruments[number]
    write_parameters(row, listing)
    row["lots_most"] = listing["lots_max"]
    totals["instruments"] = number + 1
    join_class(pool, number, listing)
    row["status"] = STATUS_OPEN
    row["oracle_state"] = ORACLE_UNPRICED
    row["funding_due"] = int(totals["time"]) + listing["funding_interval"]
    adopt_instrument(pool, number, EVENT_LISTED)
    return code.OK


def set_instrument(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Change the parameters of a listed instrument; kind, scale and expiry stay."""
    if len(payload) != len(LISTING_FIELDS):
        return code.PAYLOAD_MUST_FIT
    number = int(command["instrument"])
    totals = pool.totals[0]
    if not 0 < number < totals["instruments"]:
        return code.INSTRUMENT_MUST_BE_LISTED
    row = pool.instruments[number]
    if row["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    listing = read_parameters(LISTING_FIELDS, payload)
    # Where the limit is lowered, what is held may stay: sums are proven for that.
    lots_most = max(listing["lots_max"], int(largest_held(pool, number)))
    as_held = {**listing, "lots_max": lots_most}
    refusal = require_bounds(listing, LISTING_BOUNDS)
    if refusal == code.OK:
        refusal = require_listing(as_held, -1)
    if refusal != code.OK:
        return refusal
    fixed = OPTION_TERMS if listing["kind"] == KIND_OPTION else SERIES_TERMS
    if any(row[name] != listing[name] for name in fixed):  # type: ignore[literal-required]
        return code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
    if row["mark"] > listing["mark_max"]:
        return code.MARK_MUST_BE_WITHIN_LIMIT
    refusal = require_member(pool, number, as_held)
    if refusal == code.OK:
        refusal = require_classes_over(pool, number, as_held)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    if row["risk_class"] != listing["risk_class"]:
        pool.classes[int(row["risk_class"])]["members"] -= 1
        join_class(pool, number, listing)
    write_parameters(row, listing)
    row["lots_most"] = lots_most
    adopt_instrument(pool, number, EVENT_INSTRUMENT_SET)
    return code.OK


def set_policy(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Change the pool's own parameters."""
    if len(payload) != len(POLICY_FIELDS):
        return code.PAYLOAD_MUST_FIT
    policy = read_parameters(POLICY_FIELDS, payload)
    refusal = require_bounds(policy, POLICY_BOUNDS)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    row = pool.policy[0]
    for name in POLICY_FIELDS:
        row[name] = policy[name]  # type: ignore[literal-required]
    adopt_policy(pool)
    return code.OK
