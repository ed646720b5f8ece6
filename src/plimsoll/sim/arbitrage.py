"""Who keeps an AMM's price at the market's: buys from it when it is cheap, sells to it when it is dear.

What it sells it brings from outside, coins or cash, as the market outside is where the mark comes from. It trades where
the mark, after the AMM's fee, leaves something, and at the mark at worst.
"""

from math import sqrt
from typing import Final

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.insurers import PotSetup
from plimsoll.sim.view import View
from plimsoll.units.limits import PPB

WORTH_MICROS_MIN: Final = 20_000_000
"""Trades of less than so much are not worth it."""


class Arbitrage:
    """One account that trades with one AMM."""

    def __init__(self, pot: PotSetup, account: int, instrument: int, home: int) -> None:
        self.pot, self.account, self.instrument, self.home = pot, account, instrument, home

    def act(self, view: View) -> list[Commands]:
        """The trade of this step, with the deposit it needs; nothing where the price is right."""
        mark, unit = int(view.marks[self.instrument]), int(view.units[self.instrument])
        accounts = view.pool.accounts
        cash, lots = int(accounts[self.home]["cash"]), self._lots(view)
        if cash < 1 or lots < 1 or mark < 1:
            return []
        price, left = mark / unit, 1 - self.pot.terms["fee"] / PPB
        if cash / lots < price * left:
            bought = int(lots - sqrt(lots * cash / (price * left)))
            return self._buy(view, min(bought, lots - 1), mark, unit)
        if cash / lots * left > price:
            sold = int((sqrt(lots * cash * left / price) - lots) / left)
            return self._sell(sold, mark, unit)
        return []

    def _lots(self, view: View) -> int:
        row = view.pool.accounts[self.home]
        if not int(row["count"]):
            return 0
        return int(view.pool.holdings[int(row["start"])]["lots"])

    def _buy(self, view: View, lots: int, mark: int, unit: int) -> list[Commands]:
        worth = lots * mark // unit
        if worth < WORTH_MICROS_MIN:
            return []
        missing = worth - max(0, int(view.pool.accounts[self.account]["cash"]))
        brought = [commands.deposits(self.account, self.account, missing)] if missing > 0 else []
        return [*brought, commands.swaps(self.account, self.pot.number, lots, worth)]

    def _sell(self, lots: int, mark: int, unit: int) -> list[Commands]:
        worth = lots * mark // unit
        if worth < WORTH_MICROS_MIN:
            return []
        brought = commands.asset_deposits(self.account, self.account, self.instrument, lots)
        return [brought, commands.swaps(self.account, self.pot.number, -lots, worth)]
