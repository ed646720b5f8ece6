"""What an account saves by being margined as a whole: its requirement leg by leg, group by group, class by class.

Each figure is the engine's own, of small tables that hold only a part of the account, without its orders. What is no
member of a class is the same in all of them.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.margin.explain import explain
from plimsoll.units.messages import MODE_PORTFOLIO
from plimsoll.units.tables import array_of
from plimsoll.venue.decimals import tokens
from plimsoll.venue.whatif import apart, in_mode

Key = tuple[int, ...]


class Relief(NamedTuple):
    """Maintenance margin in portfolio mode, in tokens: of legs by themselves, then netted ever more widely."""

    legs: Decimal
    groups: Decimal
    classes: Decimal
    account: Decimal

    def __str__(self) -> str:
        """``legs 300, groups 180 (-40.0%), classes 120 (-33.3%), account 120 (-0.0%)``."""
        said = [f"legs {self.legs:f}"]
        for name, before, after in zip(self._fields[1:], self, self[1:]):
            share = (before - after) / before * 100 if before else Decimal(0)
            said.append(f"{name} {after:f} (-{share:.1f}%)")
        return ", ".join(said)


def relief_of(pool: Tables, account: int) -> Relief:
    """The relief of an account's positions, whatever its mode; a pool's tables are only read."""
    whole = in_mode(apart(pool, account), MODE_PORTFOLIO)
    rows = array_of(whole.holdings)
    rows["bid_lots"] = rows["ask_lots"] = rows["reserved"] = 0
    risks = array_of(whole.risks)

    def leg(number: int) -> Key:
        return (number,)

    def group(number: int) -> Key:
        risk = risks[number]
        return (int(risk["risk_class"]), int(risk["group"])) if risk["risk_class"] else (0, 0, number)

    def family(number: int) -> Key:
        return (int(risks[number]["risk_class"]),)

    return Relief(_sum(whole, leg), _sum(whole, group), _sum(whole, family), tokens(explain(whole, 0).maintenance))


def _sum(whole: Tables, key: Callable[[int], Key]) -> Decimal:
    """The sum of the requirements of the parts of an account that have the same key."""
    rows = array_of(whole.holdings)
    keys = [key(int(row["instrument"])) for row in rows]
    total = 0
    for one in dict.fromkeys(keys):
        part = rows[np.array([found == one for found in keys])]
        accounts = array_of(whole.accounts).copy()
        accounts[0]["count"] = part.size
        total += explain(whole._replace(accounts=accounts, holdings=part), 0).maintenance  # type: ignore[arg-type]
    return tokens(total)
