"""Borrowers: coins as collateral, and a debt in the settlement token as large as the coins allow.

A debt is made by trading a contract to and fro with a lender at two prices: the contract goes, what was lost is owed.
"""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_REALISE, KIND_ASSET, MODE_PORTFOLIO, MODE_STANDARD


class Borrower(Agent):
    """Next to no cash, an asset each; every third is a portfolio where there can be one."""

    name = "borrower"
    money = (0.01, 0.1)

    def open(self, out: Outbox) -> None:
        """Little cash, and one of the assets."""
        assets = [number for number, one in enumerate(self.config.listings, start=1) if one.kind == KIND_ASSET]
        for place, account in enumerate(self.accounts):
            is_portfolio = self.config.chain is not None and place % 3 == 0
            mode = MODE_PORTFOLIO if is_portfolio else MODE_STANDARD
            self.open_account(out, account, owner_of(account), mode=mode)
            if assets:
                number = assets[place % len(assets)]
                one = self.config.listings[number - 1]
                units = self.config.wealth * between(self.random, 0.5, 2.0) / self.config.prices[one.coin]
                lots = min(round(units * one.unit), one.row["lots_max"], one.row["open_lots_max"] // 40)
                fields = {"counterparty": owner_of(account), "instrument": number, "lots": max(1, lots)}
                out.send(COMMAND_DEPOSIT, account=account, **fields)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Borrow more while there is room; take a view besides; book what was lost."""
        contracts = sight.contracts
        for account in self.accounts:
            if not contracts or not chance(self.random, 1.5 * self.config.activity) or not sight.is_healthy(account):
                continue
            number = contracts[whole(self.random, 0, len(contracts) - 1)]
            held = int(sight.lots[account, number])
            if held and chance(self.random, 0.3):
                sight.deal(out, account, number, -held)
            elif held:
                out.send(COMMAND_REALISE, account=account, instrument=number)
            elif chance(self.random, 0.7):
                self._borrow(sight, out, account, number)
            else:
                micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * between(self.random, 0.3, 0.9)
                side = 1 if chance(self.random, 0.5) else -1
                sight.deal(out, account, number, side * sight.lots_worth(number, micros))

    def _borrow(self, sight: Sight, out: Outbox, account: int, number: int) -> None:
        lenders = [one for one in sight.makers if one < sight.count and sight.is_healthy(one)]
        if not lenders or sight.free[account] <= 0:
            return
        lender = lenders[whole(self.random, 0, len(lenders) - 1)]
        mark = float(sight.marks[number])
        band = mark * int(sight.rows["band"][number]) / PPB
        room = float(sight.free[account]) * between(self.random, 0.3, 0.95)
        gap = min(0.95 * band, 0.5 * mark)
        lots = sight.lots_worth(number, room / (gap / mark + 1.2 / sight.leverage(number)))
        lots = min(lots, int(sight.rows["lots_max"][number]) // 2)
        price = max(1, min(round(mark + gap), int(sight.rows["mark_max"][number])))
        bought = sight.trade(out, account, lender, number, lots, price=price)
        if bought > 0:
            sight.trade(out, account, lender, number, -bought, price=max(1, round(mark)))
