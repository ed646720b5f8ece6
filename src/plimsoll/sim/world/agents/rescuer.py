"""Owners who are called: some bring money while there is time, some too little, most none."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import COMMAND_DEPOSIT, STAGE_CALLED, STAGE_LIQUIDATING

CALLED_CHANCE = 0.12
LATE_CHANCE = 0.03


class Rescuer(Agent):
    """Has no account: it is everybody who is called."""

    name = "rescuer"

    def act(self, sight: Sight, out: Outbox) -> None:
        """Pay in about what is missing."""
        for account in sight.owned.tolist():
            called, late = (sight.stage[account] == stage for stage in (STAGE_CALLED, STAGE_LIQUIDATING))
            if not (called and chance(self.random, CALLED_CHANCE)) and not (late and chance(self.random, LATE_CHANCE)):
                continue
            missing = max(float(self.config.wealth) / 100, -float(sight.free[account]))
            amount = min(MICROS_MAX // 1_000, max(1, round(missing * between(self.random, 0.2, 1.5))))
            owner = int(sight.accounts["owner"][account])
            out.send(COMMAND_DEPOSIT, account=account, counterparty=owner, amount=amount)
