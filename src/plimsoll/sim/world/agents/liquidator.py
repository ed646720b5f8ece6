"""Liquidators: they bid for what is in liquidation, once they have seen it, as far as their capital and nerve reach.

Each has a latency in blocks, a strategy and a share of its headroom it binds: *all* bids for whole legs, *nibble* for
a part of them, *late* only when a liquidation has lasted, *picky* only where the fee is good. What they took
they sell on.
"""

from typing import Final

import numpy as np

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import OVER, batch_phase, policy_of
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, between, chance, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_BID, KIND_ASSET, MODE_PORTFOLIO

STRATEGIES: Final = ("all", "nibble", "late", "picky")
PART_STEP: Final = 1_000_000


class Liquidator(Agent):
    """All of them, in the order of their latency."""

    name = "liquidator"
    money = (1.0, 15.0)

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        super().__init__(accounts, random, config)
        self.latency = sorted(whole(random, 0, 4) for _ in accounts)
        self.strategy = [STRATEGIES[whole(random, 0, len(STRATEGIES) - 1)] for _ in accounts]
        self.use = [between(random, 0.3, 0.9) for _ in accounts]

    def act(self, sight: Sight, out: Outbox) -> None:
        """Bid, each in turn, then sell on what was taken before."""
        accounts = sight.liquidating
        policy = sight.view.pool.policy[0]
        exits = sight.maintenance * (1 + int(policy["exit_buffer"]) / PPB)
        solvent = accounts[(sight.equity >= 0)[accounts] & (sight.equity < exits)[accounts]]
        legs = np.asarray(sight.view.next_legs(solvent)) if len(solvent) else solvent
        taken: set[int] = set()
        for place, bidder in enumerate(self.accounts):
            if bidder >= sight.count:
                continue
            for account, leg in zip(solvent.tolist(), legs.tolist(), strict=True):
                age = (sight.time_ms - int(sight.accounts["stage_since"][account])) / self.config.block_ms
                wait = self.latency[place] + (6 if self.strategy[place] == "late" else 0)
                # Two who want the same account both bid at times; mostly the second sees that he is late.
                free = account not in taken or chance(self.random, 0.2)
                offered = self._is_offered(sight, account, leg) or chance(self.random, 0.03)
                if account != bidder and free and offered and age >= wait and chance(self.random, 0.7):
                    self._bid(sight, out, place, account, leg)
                    taken.add(account)
            self._unwind(sight, out, bidder)

    def _is_offered(self, sight: Sight, account: int, leg: int) -> bool:
        """Not sealed bids alone may be made now, and the leg is not for auction."""
        if sight.accounts["mode"][account] == MODE_PORTFOLIO:
            return batch_phase(sight, account) == OVER
        is_auctioned = policy_of(sight)["curve_collateral"] and sight.rows["kind"][leg] == KIND_ASSET
        return not is_auctioned

    def _bid(self, sight: Sight, out: Outbox, place: int, account: int, leg: int) -> None:
        bidder = self.accounts[place]
        room = max(float(sight.free[bidder]), 0.0) * self.use[place]
        if sight.accounts["mode"][account] == MODE_PORTFOLIO:
            need = max(float(sight.equity[account] - sight.free[account]), 1.0)
            part = min(PPB, int(PPB * room / need)) // PART_STEP * PART_STEP
            part = part // 4 if self.strategy[place] == "nibble" else part
            if part >= PART_STEP:
                out.send(COMMAND_BID, account=account, counterparty=bidder, lots=part)
                sight.free[bidder] -= need * part / PPB
            return
        if leg < 1 or (self.strategy[place] == "picky" and int(sight.rows["fee_liquidation"][leg]) < PPB // 200):
            return
        lots = abs(int(sight.lots[account, leg]))
        lots = lots // 3 if self.strategy[place] == "nibble" else lots
        for _ in range(8):
            if lots == 0 or self._affordable(sight, bidder, account, leg, lots, room):
                break
            lots //= 2
        if lots > 0:
            limit = round(float(sight.marks[leg]) * between(self.random, 0.98, 1.02))
            buys = sight.lots[account, leg] > 0
            fields = {"price": limit * 2 if buys else max(1, limit // 2)} if chance(self.random, 0.2) else {}
            out.send(COMMAND_BID, account=account, counterparty=bidder, instrument=leg, lots=lots, **fields)
            sight.free[bidder] -= sight.required(leg, lots)

    def _affordable(self, sight: Sight, bidder: int, account: int, leg: int, lots: int, room: float) -> bool:
        if sight.rows["kind"][leg] == KIND_ASSET:
            return float(sight.cash[bidder]) * self.use[0] >= sight.worth(leg, lots)
        taken = lots if sight.lots[account, leg] > 0 else -lots
        before = int(sight.lots[bidder, leg])
        limit = int(sight.rows["lots_max"][leg])
        return (
            abs(before + taken) <= limit and sight.required(leg, before + taken) - sight.required(leg, before) <= room
        )

    def _unwind(self, sight: Sight, out: Outbox, bidder: int) -> None:
        if not sight.is_healthy(bidder):
            return
        for number in sight.contracts + sight.assets:
            lots = int(sight.lots[bidder, number])
            if lots and chance(self.random, 0.5):
                part = lots if abs(sight.worth(number, lots)) < self.config.wealth else lots // 3
                sight.deal(out, bidder, number, -part)
