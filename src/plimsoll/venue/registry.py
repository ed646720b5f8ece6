"""Names: what people call the instruments, kept beside the manifest. Nothing the engine decides depends on it.

``names.json`` holds the settlement token's name and, by number, name and lot of every instrument. A number without an
entry (listed by records alone) is called after its number and counted in units.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from plimsoll.journal.files import write_file
from plimsoll.venue.errors import InputRefused, VenueError

FILE_NAME: Final = "names.json"
NAME_LENGTH_MAX: Final = 64


@dataclass
class Registry:
    """Names and lots by number. Without a directory it is kept in memory."""

    directory: Path | None
    settlement: str = "USDC"
    entries: dict[int, tuple[str, Decimal]] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path) -> "Registry":
        """The names of a directory; an empty registry where there is no file."""
        path = directory / FILE_NAME
        try:
            contents = json.loads(path.read_bytes())
            found = cls(directory, str(contents["settlement"]))
            for number, entry in contents["instruments"].items():
                found.entries[int(number)] = (str(entry["name"]), Decimal(entry["lot"]))
        except FileNotFoundError:
            return cls(directory)
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError, AttributeError) as error:
            raise VenueError(f"{path} cannot be read ({error!r}): mend it, or remove it to go by numbers") from error
        return found

    def name(self, number: int) -> str:
        """The name of an instrument."""
        if number == 0:
            return self.settlement
        return self.entries[number][0] if number in self.entries else f"#{number}"

    def number_of(self, name: str, count: int) -> int | None:
        """The instrument of a name among the first ``count``; None where no name here is the same."""
        for number, (own, _) in self.entries.items():
            if own == name and number < count:
                return number
        return None

    def lot(self, number: int, scale: int) -> Decimal:
        """The size of one lot in coins."""
        return self.entries[number][1] if number in self.entries else Decimal(1).scaleb(-scale)

    def require_new(self, *names: str) -> None:
        """InputRefused for a name that is empty, too long, taken, or there twice."""
        taken = {self.settlement, *(name for name, _ in self.entries.values())}
        for name in names:
            if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
                raise InputRefused(f"a name must be 1 to {NAME_LENGTH_MAX} printable characters, not {name!r:.80}")
            if name in taken:
                raise InputRefused(f"{name} is listed already, or named twice")
            taken.add(name)

    def keep_first(self, count: int) -> None:
        """Forget names of instruments that were never listed: a process may have ended between name and listing."""
        if any(number >= count for number in self.entries):
            self.remove_all([number for number in self.entries if number >= count])

    def write_all(self, entries: Mapping[int, tuple[str, Decimal]]) -> None:
        """Note instruments before they are listed: a name too many is harmless, a missing lot would mislead."""
        self.entries.update(entries)
        self.save()

    def remove_all(self, numbers: Iterable[int]) -> None:
        """Forget instruments whose listing was refused."""
        for number in numbers:
            self.entries.pop(number, None)
        self.save()

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self.directory is None:
            return
        rows: dict[str, Any] = {
            str(number): {"name": name, "lot": format(lot, "f")} for number, (name, lot) in sorted(self.entries.items())
        }
        text = json.dumps({"settlement": self.settlement, "instruments": rows}, indent=2)
        try:
            write_file(self.directory / FILE_NAME, [text.encode() + b"\n"])
        except OSError as error:
            raise VenueError(f"{self.directory / FILE_NAME} was not written: {error}") from error
