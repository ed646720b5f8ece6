"""Vectors of lending protocols: ``{"system": ..., "cases": [{"case", "function", "inputs", "expected"}]}``.

Every input and figure is ``{"value", "unit"}``; whole numbers are text. What may enter: names and units. What never
does: a formula. One module a system; ``ADAPTERS`` gathers them by formula, that is by system and function:
``maker_liquidations2.clip_take`` and so on.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, number_of, read_each
from plimsoll.conform.lending import maker
from plimsoll.conform.lending.amounts import PLACES

ADAPTERS: Final[dict[str, Adapter]] = {**maker.ADAPTERS}
REVERTS: Final = ("error", "revert", "reverts")
"""Names under which a file says that the protocol refuses."""


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of a file with a system and functions; None for another kind of file."""
    if not isinstance(document, dict) or not isinstance(document.get("system"), str):
        return None
    rows = document.get("cases")
    if not isinstance(rows, list) or not any(isinstance(one, dict) and "function" in one for one in rows):
        return None
    system = document["system"]
    return read_each({f"{name}[{place}]": one for place, one in enumerate(rows)}, lambda _, one: [_case(one, system)])


def _case(row: Mapping[str, Any], system: str) -> Case:
    wanted = {name: one["value"] for name, one in row["expected"].items()}
    if wanted and all(name in REVERTS and one for name, one in wanted.items()):
        wanted = {"error": True}
    # What follows a colon in a text explains it.
    wanted = {name: one.split(":")[0] if isinstance(one, str) else one for name, one in wanted.items()}
    formula = f"{system}.{row['function']}"
    return Case(str(row["case"]), formula, row["inputs"], wanted, _tolerances(row.get("tolerance") or {}, wanted))


def _tolerances(said: Mapping[str, str], names: Iterable[str]) -> Mapping[str, Tolerance]:
    """The tolerance of every figure that has one; the file names them by pattern."""
    return {name: _tolerance(text) for name in names for pattern, text in said.items() if fnmatchcase(name, pattern)}


def _tolerance(text: str) -> Tolerance:
    """``exact``, ``absolute NUMBER``, ``absolute NUMBER RAY`` or ``relative NUMBER``, with or without a remark."""
    words = text.split()
    size = number_of(words[1]) if len(words) > 1 else None
    if words[0] == "exact":
        return Tolerance()
    if words[0] == "relative" and size is not None:
        return Tolerance(relative=size)
    if words[0] == "absolute" and size is not None:
        return Tolerance(absolute=size * 10 ** PLACES.get(words[2].lower(), 0) if len(words) > 2 else size)
    raise NotCovered(f"the tolerance {text!r} has another form")
