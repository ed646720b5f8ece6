"""Vectors of perpetual venues: ``{"meta": {"encoding": ...}, "cases": [...]}``, one file a system.

What may enter: a case's inputs under their own names. What never does: a formula; each adapter is a mapping of names.
One module a system; ``ADAPTERS`` gathers them by formula, ``dydx.margin`` and so on.
"""

from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, Tolerance, number_of
from plimsoll.conform.perps import drift, dydx, gmx, hyperliquid, paradex, perpetual, synthetix, vertex

ENCODINGS: Final = ("int", "decimal")
ADAPTERS: Final[dict[str, Adapter]] = {
    **dydx.ADAPTERS,
    **drift.ADAPTERS,
    **hyperliquid.ADAPTERS,
    **synthetix.ADAPTERS,
    **paradex.ADAPTERS,
    **gmx.ADAPTERS,
    **perpetual.ADAPTERS,
    **vertex.ADAPTERS,
}


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of a file with an encoding in its ``meta``; None for another kind of file."""
    if not isinstance(document, dict) or not isinstance(document.get("meta"), dict):
        return None
    if document["meta"].get("encoding") not in ENCODINGS or not isinstance(document.get("cases"), list):
        return None
    return [_case(row, f"{name}[{place}]") for place, row in enumerate(document["cases"])]


def _case(row: Any, place: str) -> Case:
    """A case; one without a formula, inputs or expectations becomes a case nobody covers."""
    parts = row if isinstance(row, dict) else {}
    inputs, expected = parts.get("inputs"), parts.get("expected")
    named = str(parts.get("id", place))
    if not isinstance(inputs, dict) or not isinstance(expected, dict) or not expected:
        return Case(named, "(no inputs or expectations)", {}, {})
    tolerance = number_of(parts.get("tolerance"))
    return Case(
        named,
        str(parts.get("formula")),
        inputs,
        expected,
        None if tolerance is None else Tolerance(absolute=tolerance),
    )
