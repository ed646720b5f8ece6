"""Keepers: they start collateral auctions for the incentive, start them again when they are over, and buy in them."""

import numpy as np

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import auction_price, case_of, policy_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.messages import COMMAND_AUCTION, COMMAND_BID, KIND_ASSET, PAUSE_AUCTION

HOPE = 0.05


class Keeper(Agent):
    """What they bought they sell on."""

    name = "keeper"
    money = (5.0, 30.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Every account in liquidation whose next leg is an asset."""
        accounts = sight.liquidating
        legs = np.asarray(sight.view.next_legs(accounts)).tolist() if len(accounts) else []
        for account, leg in zip(accounts.tolist(), legs, strict=True):
            if leg < 1 or sight.rows["kind"][leg] != KIND_ASSET:
                continue
            for keeper in self.accounts:
                if keeper != account and keeper < sight.count and chance(self.random, 0.6):
                    self._keep(sight, out, keeper, account, leg)
        for keeper in self.accounts:
            for number in sight.assets:
                if sight.is_healthy(keeper) and sight.lots[keeper, number] > 0 and chance(self.random, 0.3):
                    sight.deal(out, keeper, number, -int(sight.lots[keeper, number]))

    def _keep(self, sight: Sight, out: Outbox, keeper: int, account: int, leg: int) -> None:
        price = auction_price(sight, account) if case_of(sight, account)["auction_instrument"] == leg else 0
        policy = policy_of(sight)
        if policy["curve_collateral"] and price < 1:
            rests = policy["pauses"] & PAUSE_AUCTION or policy["breaker"]
            if rests and not chance(self.random, HOPE):
                return
            out.send(COMMAND_AUCTION, account=account, counterparty=keeper, instrument=leg)
            return
        mark = float(sight.marks[leg])
        if price > mark * between(self.random, 0.9, 1.15):
            return
        unit = float(sight.units[leg])
        spare = min(float(sight.free[keeper]), float(sight.cash[keeper])) * between(self.random, 0.2, 0.9)
        lots = min(int(sight.lots[account, leg]), int(max(spare, 0.0) * unit / max(price, mark, 1.0)))
        if lots < 1:
            return
        limited = {"price": round(mark * 1.1)} if chance(self.random, 0.3) else {}
        expected = {"amount": sight.view.state_number(account)} if chance(self.random, 0.3) else {}
        out.send(COMMAND_BID, account=account, counterparty=keeper, instrument=leg, lots=lots, **limited, **expected)
        sight.cash[keeper] -= round(lots * max(price, mark) / unit)
        sight.free[keeper] -= lots * max(price, mark) / unit
