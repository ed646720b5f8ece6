"""Phrases of portfolio margin: classes, options, tables in a short readable form, modes, slices."""

from typing import Any

from tests.scenarios.phrases import phrase
from tests.scenarios.words import (
    LISTING_WORDS,
    TOKEN,
    WordError,
    chosen,
    exactly,
    micros,
    milliseconds,
    ppb,
    quiet_listing,
    read_values,
    whole,
)

from plimsoll.book.rows import ClassRow
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

CLASS_FIELDS = tuple(ClassRow.__annotations__)
MAX, VAR, ES = 1, 2, 3
TYPES = {"call": 1, "put": 2}
MODES = {"standard": m.MODE_STANDARD, "portfolio": m.MODE_PORTFOLIO}


def yes(text: str) -> int:
    return chosen(text, {"no": 0, "yes": 1})


# Word -> (parameter, how its text is read), as in a listing.
CLASS_WORDS = {
    "initial": [("factor_initial", ppb)],
    "maintenance": [("factor_maintenance", ppb)],
    "ramp": [("ramp", milliseconds)],
    "depeg": [("depeg_factor", ppb)],
    "rule": [("aggregation", lambda text: chosen(text, {"max": MAX, "var": VAR, "es": ES}))],
    "tail": [("tail", whole)],
    "grouped": [("grouped", yes)],
    "inside": [("addons_inside", yes)],
    "at_underlying": [("assets_at_underlying", yes)],
    "linear": [("linear_initial", ppb), ("linear_maintenance", ppb)],
    "option": [("option_initial", ppb), ("option_maintenance", ppb)],
    "delta_rate": [("delta_rate", ppb)],
    "gamma_rate": [("gamma_rate", ppb)],
    "vega_rate": [("vega_rate", ppb)],
    "floor": [("floor_option", ppb), ("floor_linear", ppb)],
    "uncertainty": [("confidence_threshold", ppb), ("confidence_factor", ppb)],
    "carry": [("carry_max", ppb)],
    "near": [("reference_max", ppb)],
    "jump": [("jump_max", ppb)],
    "age": [("age_max", milliseconds)],
    "short": [("short_spot_max", ppb), ("short_spot_min", ppb)],
    "short_call": [("short_call", ppb)],
    "short_put": [("short_put", ppb), ("short_put_value", ppb)],
    "short_scale": [("offset_scale", ppb)],
    "unpaired": [("unpaired_initial", ppb), ("unpaired_maintenance", ppb)],
}

QUIET_CLASS = {
    **dict.fromkeys(CLASS_FIELDS, 0),
    "aggregation": MAX,
    "tail": 1,
    "factor_initial": PPB,
    "factor_maintenance": PPB,
    "carry_max": PPB,
    "reference_max": PPB,
    "jump_max": PPB,
    "age_max": 366 * 86_400_000,
}
"""What a scenario does not name asks for nothing: the largest loss once, no add-ons, tables of any age."""

ROW_WORDS = {"damping": ppb, "skew": yes, "deductible": micros}
GROUP_WORDS = {"discount": 2, "basis_factor": 1, "confidence": 1, "forward": 1}
OPTION_WORDS = {"delta": 1, "gamma": 1, "vega": 1, "basis": 1}


def listed(text: str, read: Any) -> list[int]:
    return [read(part) for part in text.split(",")]


@phrase("class {number} on {underlying} lot {lot} scenarios {count} [{*parameters}]")
def publish_class(pool: Any, number: str, underlying: str, lot: str, count: str, parameters: str | None) -> None:
    """Rows are comma-separated, one entry a scenario; what is not named is undamped, unskewed, without deductible."""
    rows = {"damping": [PPB] * whole(count), "skew": [0] * whole(count), "deductible": [0] * whole(count)}
    values = {**QUIET_CLASS, "underlying": pool.instrument(underlying), "scale": len(lot.partition(".")[2])}
    values["scenarios"] = whole(count)
    words = (parameters or "").split()
    for word, read in ROW_WORDS.items():
        if word in words:
            place = words.index(word)
            rows[word] = listed(words[place + 1], read)
            del words[place : place + 2]
            if len(rows[word]) != whole(count):
                raise WordError(f"{word!r} needs {count} entries, one for each scenario")
    read_values(values, words, CLASS_WORDS, 1)
    payload = list(values.values())
    for row in zip(*rows.values()):
        payload += row
    pool.send(m.COMMAND_PUBLISH_CLASS, payload, instrument=whole(number))
    if pool.refused == codes.OK:
        pool.underlyings[whole(number)] = values["underlying"]


@phrase("{kind:call|put} {name} lot {lot} class {number} group {group} strike {strike} [{*parameters}]")
def list_option(
    pool: Any, kind: str, name: str, lot: str, number: str, group: str, strike: str, parameters: str | None
) -> None:
    scale = len(lot.partition(".")[2])
    values = quiet_listing(m.KIND_OPTION, scale)
    values |= {"risk_class": whole(number), "risk_group": whole(group), "strike": micros(strike)}
    values |= {"rate_initial": 0, "rate_maintenance": 0, "option_type": TYPES[kind]}
    read_values(values, (parameters or "").split(), LISTING_WORDS, 10**scale)
    values["expiry"] += pool.now
    place = len(pool.instruments)
    pool.send(m.COMMAND_LIST_INSTRUMENT, list(values.values()), instrument=place)
    if pool.refused == codes.OK:
        pool.instruments[name], pool.units[place] = place, 10**scale


@phrase("table {number} shocks {shocks} [reference {price}] [made {age} ago] [{*entries}]")
def publish_table(pool: Any, number: str, shocks: str, price: str | None, age: str | None, entries: str | None) -> None:
    """``C100 5:1,26 [delta 50%] …`` is worth 5 now, 1 and 26 in the scenarios; ``group 1 discount 95% 100%``."""
    words = (entries or "").split()
    groups: list[list[int]] = []
    options: list[list[int]] = []
    while words:
        name = words.pop(0)
        if name == "group":
            groups.append(group_words(words))
        else:
            options.append(option_words(pool, name, words))
    spot = int(pool.engine.pool.instruments[pool.underlyings.get(whole(number), 0)]["mark"])
    reference = micros(price) if price else spot
    payload = [reference, len(groups), len(options), *listed(shocks, ppb)]
    payload += [word for row in (*groups, *options) for word in row]
    time = pool.now - (milliseconds(age) if age else 0)
    pool.send(m.COMMAND_PUBLISH_ARRAYS, payload, instrument=whole(number), time=time)


def take_words(words: list[str], known: dict[str, int]) -> dict[str, list[str]]:
    """``word value …`` from the front of `words` while the words are known."""
    found = {}
    while words and words[0] in known:
        word = words.pop(0)
        found[word] = [words.pop(0) for _ in range(known[word])]
    return found


def group_words(words: list[str]) -> list[int]:
    number = whole(words.pop(0))
    said = take_words(words, GROUP_WORDS)
    plus, minus = (ppb(text) for text in said.get("discount", ["100%", "100%"]))
    basis = ppb(said.get("basis_factor", ["0%"])[0])
    confidence = ppb(said.get("confidence", ["100%"])[0])
    return [number, plus, minus, basis, confidence, micros(said.get("forward", ["0"])[0])]


def option_words(pool: Any, name: str, words: list[str]) -> list[int]:
    number = pool.instrument(name)
    start, _, scenarios = words.pop(0).partition(":")
    said = take_words(words, OPTION_WORDS)
    up, down = said["basis"][0].split(",") if "basis" in said else (start, start)
    delta = ppb(said.get("delta", ["0%"])[0])
    gamma, vega = (micros(said.get(word, ["0"])[0]) for word in ("gamma", "vega"))
    quanta = [in_quanta(text) for text in (start, up, down)]
    return [number, *quanta, delta, gamma, vega, *(in_quanta(text) for text in scenarios.split(","))]


def in_quanta(text: str) -> int:
    """Scenarios use quanta of a micro."""
    return exactly(text, TOKEN)


@phrase("mode {account} {mode:standard|portfolio}")
def set_mode(pool: Any, account: str, mode: str) -> None:
    pool.send(m.COMMAND_SET_MODE, account=pool.account(account), flags=MODES[mode])


@phrase("slice {bidder} takes {part} of {account}")
def bid_slice(pool: Any, bidder: str, part: str, account: str) -> None:
    parties = {"account": pool.account(account), "counterparty": pool.account(bidder)}
    pool.send(m.COMMAND_BID, instrument=0, lots=ppb(part), **parties)


@phrase("expect mode {account} {mode:standard|portfolio}")
def expect_mode(pool: Any, account: str, mode: str) -> None:
    found = int(pool.engine.pool.accounts[pool.account(account)]["mode"])
    pool.same_word(f"mode of {account}", mode, m.name_of("MODE", found))
