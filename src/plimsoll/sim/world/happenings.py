"""What happens to a world once in its life: each has its block in the config.

*halt* the venue is down, and comes back to other prices; *spike*, *zero*, *frozen* are the oracle's; *hack* an asset
loses part of its vault and price; *tighten* governance asks for more at once; *dust* tiny positions nobody wants;
*unsolicited* deposits somebody else sends; *new_listing*, *delist* the market's own; *wash* numbers at the edge.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from plimsoll.book.parameters import POLICY_BOUNDS
from plimsoll.book.rows import PolicyRow
from plimsoll.sim.world.config import SYMBOLS, WorldConfig
from plimsoll.sim.world.listing import Listed, Terms, draw_row
from plimsoll.sim.world.market import Market
from plimsoll.sim.world.oracle import SOURCES, Oracle
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.policy import draw_policy
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, stream, whole
from plimsoll.sim.world.wash import wash
from plimsoll.units.limits import RATE_MAX
from plimsoll.units.messages import (
    COMMAND_DELIST,
    COMMAND_DEPOSIT,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POLICY,
    COMMAND_WRITE_DOWN,
    FLAG_FROM_CHAIN,
    KIND_ASSET,
    KIND_FUTURE,
    KIND_OPTION,
    KIND_PERP,
)

HALT_BLOCKS: Final = (3, 25)
FROZEN_BLOCKS: Final = (5, 30)
HORIZON: Final = 60
"""Blocks in which a new listing with a date ends at the latest."""
TIGHTER: Final = ("rate_", "segment_initial", "segment_maintenance")


class Happenings:
    """Looks up what is due in a block and does it."""

    def __init__(self, seed: int, config: WorldConfig, market: Market, oracle: Oracle, faults: Counter[str]) -> None:
        self.config, self.market, self.oracle, self.faults = config, market, oracle, faults
        self.random = stream(seed, "happenings")
        self.down_until = -1
        self.was_down = False
        self.done = 0
        self.due: list[str] = []
        self.does: dict[str, Callable[[Sight, Outbox], None]] = {
            "tighten": self._tighten,
            "hack": self._hack,
            "dust": self._dust,
            "unsolicited": self._unsolicited,
            "new_listing": self._new_listing,
            "delist": self._delist,
            "wash": self._wash,
        }

    def is_down(self, block: int) -> bool:
        """Whether the venue is down in this block; a halt begins in its own."""
        if (block, "halt") in self.config.events:
            self.down_until = block + whole(self.random, *HALT_BLOCKS)
            self.faults["halt"] += 1
        down = block < self.down_until
        self.was_down = self.was_down or down
        return down

    def before(self, sight: Sight, out: Outbox, block: int) -> None:
        """Prepare what the oracle is to do in this block, and note what people will do after it."""
        if self.was_down:
            out.say("the venue is back after a halt")
            self.was_down = False
        # What falls into a halt happens when it is over.
        events = [event for at, event in self.config.events if self.done < at <= block]
        self.due = [event for event in events if event in self.does]
        self.done = block
        priced = [n for n in range(1, sight.instruments) if sight.rows["kind"][n] != KIND_OPTION and sight.fair[n] > 0]
        number = priced[whole(self.random, 0, len(priced) - 1)] if priced else 0
        if number and "spike" in events:
            self.oracle.spikes.append((number, between(self.random, 0.5, 0.85) if whole(self.random, 0, 1) else 1.4))
            out.say(f"a spike in the price of {sight.listings[number - 1].name}")
        if number and "zero" in events:
            self.oracle.zeros.append(number)
            out.say(f"a price of {sight.listings[number - 1].name} that is none")
        if "frozen" in events:
            self.oracle.frozen_until = block + whole(self.random, *FROZEN_BLOCKS)
            self.faults["frozen"] += 1
            out.say("the oracle falls silent while trading goes on")
        if self.config.depeg is not None and block == self.config.depeg[0]:
            self.faults["depeg"] += 1
            out.say("the settlement token loses its peg")

    def after(self, sight: Sight, out: Outbox) -> None:
        """Do what is due, after everybody acted."""
        for event in self.due if len(sight.owned) else ():
            self.does[event](sight, out)

    def _tighten(self, sight: Sight, out: Outbox) -> None:
        """Other parameters for the pool, or more margin for one instrument, from one block to the next."""
        self.faults["tighten"] += 1
        if chance(self.random, 0.4):
            policy = draw_policy(self.random, self.config.block_ms)
            names = PolicyRow.__annotations__
            words = [policy.get(name, max(POLICY_BOUNDS[name][0], 0)) for name in names]
            out.post(COMMAND_SET_POLICY, words)
            out.say("governance changes the policy")
            return
        linear = [n for n in range(1, sight.instruments) if sight.rows["kind"][n] in (KIND_PERP, KIND_FUTURE)]
        if not linear:
            return
        number = linear[whole(self.random, 0, len(linear) - 1)]
        one = sight.listings[number - 1]
        factor = between(self.random, 1.1, 2.5)
        row = {
            name: min(round(value * factor), RATE_MAX // 2) if name.startswith(TIGHTER) else value
            for name, value in one.row.items()
        }
        row["lots_max"] = max(1, row["lots_max"] // whole(self.random, 1, 5))
        row["backstop_lots_max"] = min(row["backstop_lots_max"], row["lots_max"])
        tightened = replace(one, row=row)
        out.post(COMMAND_SET_INSTRUMENT, tightened.words(), instrument=number)
        sight.listings[number - 1] = tightened
        out.say(f"governance asks {factor:.1f} times the margin for {one.name}")

    def _hack(self, sight: Sight, out: Outbox) -> None:
        """Part of an asset is gone: holders are cut, and what is left is worth less."""
        self.faults["hack"] += 1
        share = between(self.random, 0.05, 0.9)
        assets = [n for n in range(1, sight.instruments) if sight.rows["kind"][n] == KIND_ASSET]
        assets = [n for n in assets if sight.rows["vault"][n] > 0]
        if not assets or chance(self.random, 0.2):
            vault = int(sight.view.pool.totals[0]["vault"])
            out.send(COMMAND_WRITE_DOWN, amount=max(1, round(vault * share * 0.1)))
            out.say("a part of the settlement token is gone")
            return
        number = assets[whole(self.random, 0, len(assets) - 1)]
        out.send(COMMAND_WRITE_DOWN, instrument=number, lots=max(1, round(int(sight.rows["vault"][number]) * share)))
        self.market.fall(sight.listings[number - 1].coin, share * 0.5)
        out.say(f"{sight.listings[number - 1].name} is hacked")

    def _dust(self, sight: Sight, out: Outbox) -> None:
        """The smallest positions a listing takes, in many accounts."""
        self.faults["dust"] += 1
        for account in sight.owned[:20].tolist():
            for number in sight.contracts:
                least = int(sight.rows["notional_min"][number])
                lots = max(1, sight.lots_worth(number, least * 1.03) + 1 if least else 1)
                if sight.is_healthy(account):
                    sight.deal(out, account, number, lots if account % 2 else -lots)
        out.say("dust is traded")

    def _unsolicited(self, sight: Sight, out: Outbox) -> None:
        """Somebody sends everything there is to somebody else; the chain has taken it, so it must go somewhere."""
        self.faults["unsolicited"] += 1
        victim = int(sight.owned[whole(self.random, 0, len(sight.owned) - 1)])
        for number in range(1, sight.instruments):
            if sight.rows["kind"][number] == KIND_ASSET:
                from_chain = FLAG_FROM_CHAIN * whole(self.random, 0, 1)
                fields = {"counterparty": 7, "instrument": number, "lots": 1, "flags": from_chain}
                out.send(COMMAND_DEPOSIT, account=victim, **fields)
        out.send(COMMAND_DEPOSIT, account=victim, counterparty=7, amount=1)
        out.say("unsolicited deposits")

    def _new_listing(self, sight: Sight, out: Outbox) -> None:
        """One more perp, on any coin, with a price in the same block."""
        coin = whole(self.random, 0, len(SYMBOLS) - 1)
        price = float(self.market.coins()[coin])
        terms = Terms(price, float(self.config.wealth), self.config.block_ms, HORIZON, sight.time_ms)
        kind = KIND_PERP if chance(self.random, 0.7) else KIND_FUTURE
        one = Listed(f"{SYMBOLS[coin]}-NEW-{sight.instruments}", coin, draw_row(self.random, kind, terms))
        number = sight.instruments
        out.post(COMMAND_LIST_INSTRUMENT, one.words(), instrument=number)
        fields = {"time": sight.time_ms, "price": max(1, round(price)), "sources": SOURCES}
        out.send(COMMAND_MARK, instrument=number, **fields)
        self.market.expected.append(one)
        out.say(f"{one.name} is listed")

    def _wash(self, sight: Sight, out: Outbox) -> None:
        """Billions go to and fro."""
        self.faults["wash"] += 1
        wash(sight, out)
        out.say("wash trading at the edge of what numbers may be")

    def _delist(self, sight: Sight, out: Outbox) -> None:
        """The last contract goes, at a date or without one; never the only one."""
        contracts = sight.contracts
        if len(contracts) < 2:
            return
        number = contracts[-1]
        date = sight.time_ms + self.config.block_ms * whole(self.random, 2, 20) if chance(self.random, 0.7) else 0
        out.send(COMMAND_DELIST, instrument=number, time=date)
        out.say(f"{sight.listings[number - 1].name} is delisted")
