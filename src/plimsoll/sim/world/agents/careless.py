"""Careless people: they break a rule, or spoil in one field what somebody else just sent."""

from collections.abc import Callable
from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.mistakes import MISTAKES, OF_LIQUIDATIONS, Slip
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import chance, whole
from plimsoll.units.limits import INT64_MAX, INT64_MIN
from plimsoll.units.messages import COLD, COMMAND_TICK

SPOILERS: Final[tuple[Callable[[int], int], ...]] = (
    lambda number: 0,
    lambda number: -1,
    lambda number: -number,
    lambda number: number + 1,
    lambda number: number - 1,
    lambda number: 1_000 * number + 7,
    lambda number: 2**62,
    lambda number: INT64_MIN,
)
SPOIL_CHANCE: Final = 0.2
NOW_CHANCE: Final = 0.4
"""How often somebody errs about a liquidation while there is one."""


class Careless(Agent):
    """Has no account: it uses everybody's."""

    name = "careless"

    def act(self, sight: Sight, out: Outbox) -> None:
        """About as many mistakes a block as the world is careless."""
        if not len(sight.owned) or not sight.makers:
            return
        for _ in range(int(self.random.poisson(self.config.careless))):
            if chance(self.random, SPOIL_CHANCE):
                self._spoil(out)
            else:
                now = len(sight.liquidating) > 0 and chance(self.random, NOW_CHANCE)
                found = OF_LIQUIDATIONS if now else MISTAKES
                found[whole(self.random, 0, len(found) - 1)](Slip(sight, out, self.random))

    def _spoil(self, out: Outbox) -> None:
        """One field of a hot command changed. Ticks are left alone: a time that is far off would end the world."""
        hot = [letter for letter in out.letters if letter.kind not in (*COLD, COMMAND_TICK)]
        if not hot:
            return
        fields = dict(hot[whole(self.random, 0, len(hot) - 1)].fields)
        names = [name for name in fields if name not in ("kind", "id")]
        name = names[whole(self.random, 0, len(names) - 1)]
        spoilt = SPOILERS[whole(self.random, 0, len(SPOILERS) - 1)](fields[name])
        fields[name] = max(INT64_MIN, min(spoilt, INT64_MAX))
        del fields["id"]
        out.send(fields.pop("kind"), **fields)
