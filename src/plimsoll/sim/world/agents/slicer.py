"""Slice bidders: a part of a whole portfolio, with a limit, for what they saw; below zero, for what is paid on top."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import OVER, batch_phase, case_of, curve_at, policy_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_BID, MODE_PORTFOLIO

STEP = 1_000_000


class Slicer(Agent):
    """Rich enough for other people's portfolios; below zero some ask for next to nothing first."""

    name = "slicer"
    money = (5.0, 30.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Look at every portfolio account in liquidation whose batch is not open."""
        for account in sight.liquidating.tolist():
            if sight.accounts["mode"][account] != MODE_PORTFOLIO:
                continue
            for bidder in self.accounts:
                if bidder == account or bidder >= sight.count or not chance(self.random, 0.6):
                    continue
                waits = case_of(sight, account)["insolvent_since"] > 0
                if batch_phase(sight, account) == OVER and (sight.equity[account] >= 0 or waits):
                    self._bid(sight, out, bidder, account)

    def _bid(self, sight: Sight, out: Outbox, bidder: int, account: int) -> None:
        need = max(float(sight.equity[account] - sight.free[account]), 1.0)
        room = max(float(sight.free[bidder]), 0.0) * between(self.random, 0.3, 0.9)
        part = min(PPB, int(PPB * room / need))
        if self._whole(sight, account):
            part = PPB if part == PPB or chance(self.random, 0.1) else 0
        elif chance(self.random, 0.4):
            part = int(part * between(self.random, 0.05, 0.5))
        insolvent = sight.equity[account] < 0
        if insolvent and chance(self.random, 0.1):
            part = 1
        elif part < STEP:
            return
        fields = {"lots": part}
        if chance(self.random, 0.5):
            fields["price"] = max(1, round(self._offered(sight, account) * between(self.random, 0.5, 1.1)))
        if chance(self.random, 0.5):
            fields["amount"] = sight.view.state_number(account)
        out.send(COMMAND_BID, account=account, counterparty=bidder, **fields)
        sight.free[bidder] -= need * part / PPB

    def _whole(self, sight: Sight, account: int) -> bool:
        least = int(policy_of(sight)["slice_whole"])
        return bool(least > 0 and sight.maintenance[account] <= least)

    def _offered(self, sight: Sight, account: int) -> float:
        """About what the whole account would pay a bidder now, in micros."""
        policy, case = policy_of(sight), case_of(sight, account)
        if sight.equity[account] < 0:
            curve, since = int(policy["curve_insolvent"]), int(case["insolvent_since"])
            return float(sight.maintenance[account]) * curve_at(sight, curve, sight.time_ms - since) / PPB
        discount = int(policy["slice_discount"])
        if policy["curve_slice"]:
            discount = curve_at(sight, int(policy["curve_slice"]), sight.time_ms - int(case["slice_since"]))
        left = max(0.0, float(sight.equity[account]) - float(case["reserved_cash"]))
        return left * discount / PPB * (1 - int(policy["fund_share"]) / PPB)
