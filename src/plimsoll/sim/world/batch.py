"""What passes between a world and whoever runs it: batches of commands one way, a pool to look at the other."""

from typing import Any, NamedTuple, Protocol

from plimsoll.book.layout import Array
from plimsoll.units.tables import Ints


class Batch(NamedTuple):
    """Commands as they arrive at the engine, with ids; ``note`` is a short phrase for the story, "" for nothing."""

    commands: Array
    payload: Ints
    note: str


class PoolView(Protocol):
    """What a world may see of a pool: its tables, to be read only, and the figures anybody can ask for."""

    @property
    def pool(self) -> Any:
        """The tables: ``accounts``, ``holdings``, ``instruments``, ``policy``, ``totals`` as structured arrays."""

    def sweep(self) -> tuple[Any, Any, Any]:
        """Equity, maintenance and initial margin of every account row, in micros."""

    def state_number(self, account: int, /) -> int:
        """What a bid on the account names to be refused unless it still holds what it holds now."""

    def next_legs(self, accounts: Any, /) -> Any:
        """The instrument a bid on each account must name; -1 for none."""
