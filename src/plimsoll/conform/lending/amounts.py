"""Amounts of a case, ``{"value", "unit"}``, in the unit a rule wants them in."""

from collections.abc import Mapping
from typing import Any, Final

from plimsoll.conform.cases import NotCovered, integer, table

PLACES: Final = {"wad": 18, "ray": 27, "rad": 45}

Inputs = Mapping[str, Any]


def amount(inputs: Inputs, name: str, unit: str, default: int | None = None) -> int:
    """An input in wads, rays or rads, whichever of these the case has it in; NotCovered where that has more places."""
    if default is not None and name not in inputs:
        return default
    given = table(inputs, name)
    theirs = PLACES.get(str(given.get("unit")))
    if theirs is None or theirs > PLACES[unit]:
        raise NotCovered(f"the input {name!r} is in {given.get('unit')!r}, not in {unit}")
    return integer(given, "value") * int(10 ** (PLACES[unit] - theirs))


def seconds(inputs: Inputs, name: str) -> int:
    """An input in whole seconds."""
    given = table(inputs, name)
    if given.get("unit") != "s":
        raise NotCovered(f"the input {name!r} is in {given.get('unit')!r}, not in s")
    return integer(given, "value")
