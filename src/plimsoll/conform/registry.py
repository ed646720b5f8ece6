"""The kinds of vector files that are understood, each with its reader and its adapters by formula."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from plimsoll.conform import derive_formats, lending, perps
from plimsoll.conform.cases import Adapter, Case


class Format(NamedTuple):
    """A kind of file: ``read(document, name)`` gives its cases, or None for a file of another kind."""

    kind: str
    read: Callable[[Any, str], list[Case] | None]
    adapters: Mapping[str, Adapter]


FORMATS: Final[tuple[Format, ...]] = (
    Format("perps", perps.read, perps.ADAPTERS),
    Format("lending", lending.read, lending.ADAPTERS),
    Format("derive", derive_formats.ADAPTERS.read, derive_formats.ADAPTERS),
    Format("risk", derive_formats.RISK_ADAPTERS.read, derive_formats.RISK_ADAPTERS),
)
"""Asked in this order; the first that reads a file has it."""
