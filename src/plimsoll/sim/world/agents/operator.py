"""The venue itself: pays withdrawals out, empties suspense, moves fees to the fund, unwinds the backstop, settles.

It also publishes the tables options are priced by, and falls asleep over that now and then.
"""

from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.chain import Chain, table_words
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, chance, pick, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    COMMAND_PAY_WITHDRAWAL,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_SETTLE,
    COMMAND_TRANSFER,
    FLAG_OPERATOR,
    KIND_ASSET,
    KIND_OPTION,
    NAMED_BACKSTOP,
    NAMED_FEES,
    NAMED_FUND,
    NAMED_PENDING,
    NAMED_SUSPENSE,
    STATUS_OPEN,
    STATUS_SETTLING,
)

SLEEP_CHANCE: Final = 0.01
SLEEP_BLOCKS: Final = (5, 70)


class Operator(Agent):
    """Has no account of its own."""

    name = "operator"

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        super().__init__(accounts, random, config)
        self.asleep = 0

    def act(self, sight: Sight, out: Outbox) -> None:
        """What has to be done, not every block."""
        chain = self.config.chain
        if self.asleep > 0:
            self.asleep -= 1
        elif chance(self.random, SLEEP_CHANCE):
            self.asleep = whole(self.random, *SLEEP_BLOCKS)
        elif chain is not None and chance(self.random, 0.6):
            publish(sight, out, chain, round(pick(self.random, (1.0, 1.0, 1.0, 0.75)) * PPB))
        if chance(self.random, 0.3):
            self._pay(sight, out)
        if chance(self.random, 0.1):
            self._suspense(sight, out)
        if chance(self.random, 0.05) and sight.cash[NAMED_FEES] > 0:
            fields = {"amount": int(sight.cash[NAMED_FEES]), "flags": FLAG_OPERATOR}
            out.send(COMMAND_TRANSFER, account=NAMED_FEES, counterparty=NAMED_FUND, **fields)
        if chance(self.random, 0.3):
            self._unwind(sight, out)
        for number in range(1, sight.instruments):
            if sight.rows["status"][number] == STATUS_SETTLING and chance(self.random, 0.3):
                out.send(COMMAND_SETTLE, instrument=number)

    def _pay(self, sight: Sight, out: Outbox) -> None:
        if sight.cash[NAMED_PENDING] > 0:
            out.send(COMMAND_PAY_WITHDRAWAL, amount=int(sight.cash[NAMED_PENDING]))
        for number in range(1, sight.instruments):
            lots = int(sight.held[NAMED_PENDING, number])
            if sight.rows["kind"][number] == KIND_ASSET and lots > 0:
                out.send(COMMAND_PAY_WITHDRAWAL, instrument=number, lots=lots)

    def _suspense(self, sight: Sight, out: Outbox) -> None:
        """What waits in suspense goes to the first account that may have it."""
        if not len(sight.owned):
            return
        receiver = int(sight.owned[int(self.random.integers(0, len(sight.owned)))])
        if sight.cash[NAMED_SUSPENSE] > 0:
            fields = {"amount": int(sight.cash[NAMED_SUSPENSE]), "flags": FLAG_OPERATOR}
            out.send(COMMAND_TRANSFER, account=NAMED_SUSPENSE, counterparty=receiver, **fields)
        for number in range(1, sight.instruments):
            lots = int(sight.held[NAMED_SUSPENSE, number])
            if lots > 0:
                fields = {"instrument": number, "lots": lots, "flags": FLAG_OPERATOR}
                out.send(COMMAND_TRANSFER, account=NAMED_SUSPENSE, counterparty=receiver, **fields)

    def _unwind(self, sight: Sight, out: Outbox) -> None:
        for number in sight.contracts:
            lots = int(sight.held[NAMED_BACKSTOP, number])
            if lots:
                sight.deal(out, NAMED_BACKSTOP, number, -lots if abs(lots) < 10 else -lots // 2, FLAG_OPERATOR)


def publish(sight: Sight, out: Outbox, chain: Chain, confidence: int) -> None:
    """A table of every option that still trades, at the spot as it is reported."""
    spot = int(sight.marks[chain.underlying])
    options = [
        number
        for number in range(1, sight.instruments)
        if sight.rows["kind"][number] == KIND_OPTION and sight.rows["status"][number] == STATUS_OPEN
    ]
    if spot < 1 or not options:
        return
    left = {}
    for number in options:
        row = sight.listings[number - 1].row
        left[row["risk_group"]] = (row["expiry"] - sight.time_ms) / sight.config.block_ms
    words = table_words(chain, sight.listings, options, spot, left, confidence)
    out.post(COMMAND_PUBLISH_ARRAYS, words, instrument=chain.number, time=sight.time_ms)
