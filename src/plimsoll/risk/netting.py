"""How much an account saves by netting: every holding alone, then groups, classes and all classes together.

Each level keeps what the levels before it net and adds its own. A level may cost more than the one before (a floor or
add-on that appears only together): then its relief is negative, and is shown so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from plimsoll.risk.evaluate import Book, ClassBook, requirement
from plimsoll.risk.table import RiskTable


@dataclass(frozen=True)
class NettingRelief:
    """Initial requirement in tokens at each level of netting."""

    alone: float
    groups: float
    classes: float
    account: float

    @property
    def within_groups(self) -> float:
        """Saved by options of one expiry standing against each other."""
        return self.alone - self.groups

    @property
    def within_classes(self) -> float:
        """Saved by expiries and contracts of one underlying standing against each other."""
        return self.groups - self.classes

    @property
    def across_classes(self) -> float:
        """Saved by underlyings standing against each other, as far as the class offset allows."""
        return self.classes - self.account

    @property
    def share(self) -> float:
        """Saved altogether, as a share of all holdings alone; 0 for nothing held."""
        return 1.0 - self.account / self.alone if self.alone > 0 else 0.0


def netting_relief(table: RiskTable, book: Book, class_offset: float) -> NettingRelief:
    """The relief of a book at the class offset λ of its pool. RiskError as in ``requirement``."""
    return NettingRelief(
        alone=sum(requirement(table, {name: part}).initial for name, part in _holdings(book)),
        groups=sum(requirement(table, {name: part}).initial for name, part in _groups(table, book)),
        classes=requirement(table, book).initial,
        account=requirement(table, book, class_offset).initial,
    )


def _holdings(book: Book) -> Iterator[tuple[str, ClassBook]]:
    for name, held in book.items():
        for at in np.flatnonzero(held.linear).tolist():
            yield name, ClassBook(linear=held.linear[at : at + 1])
        for at in np.flatnonzero(held.options).tolist():
            yield name, ClassBook(options=np.where(np.arange(held.options.size) == at, held.options, 0.0))


def _groups(table: RiskTable, book: Book) -> Iterator[tuple[str, ClassBook]]:
    """The linear holdings of a class are one group beside those of its options."""
    for name, held in book.items():
        if held.linear.size:
            yield name, ClassBook(linear=held.linear)
        if held.options.size:
            groups = table.of(name).arrays.options.groups
            for number in np.unique(groups).tolist():
                yield name, ClassBook(options=np.where(groups == number, held.options, 0.0))
