"""Runs a world against an engine and keeps what came of it."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from plimsoll.engine import Engine
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.world import World
from plimsoll.units import messages as m
from plimsoll.units.codes import sentence

QUIET = {
    "careless": 0.0,
    "events": (),
    "oracle": {},
    "delivery": {},
    "depeg": None,
    "dust_assets": 0,
}
"""A world in which nothing goes wrong but prices."""


@dataclass
class Life:
    """What a world sent and what was answered."""

    world: World
    engine: Engine
    sent: bytes = b""
    notes: list[str] = field(default_factory=list)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    mechanisms: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)

    def codes(self) -> set[str]:
        return {code for _, code in self.answers}

    def accept_rate(self, kind: str) -> float:
        total = sum(count for (name, _), count in self.answers.items() if name == kind)
        return self.answers[kind, "ok"] / total if total else 1.0


BUSY = {
    "slice_discount": 0,
    "curve_slice": 1,
    "cool_off": 6,
    "insolvent_after": 12,
    "curve_insolvent": 2,
    "batch_commit": 3,
    "batch_reveal": 3,
    "batch_bond": 1_000,
    "batch_bids_min": 1,
    "batch_discount_max": 500_000_000,
    "curve_collateral": 3,
    "collateral_tail": 30,
    "collateral_cusp": 100_000_000,
    "keeper_flat": 1_000,
    "keeper_rate": 10_000_000,
    "breaker": 0,
    "swap_slippage": 20_000_000,
    "endorsed_first": 0,
    "slice_whole": 0,
    "pauses": 0,
    "backstop_after": 12,
}
"""Every mechanism at work; durations in blocks."""
DURATIONS = ("cool_off", "insolvent_after", "batch_commit", "batch_reveal", "collateral_tail", "backstop_after")


def busy(seed: int, blocks: int = 100, **changes) -> WorldConfig:
    """The seed's world, cut short, in which every mechanism of the waterfall is at work."""
    config = small(seed, blocks)
    policy = {name: value * config.block_ms if name in DURATIONS else value for name, value in BUSY.items()}
    return replace(config, **{"policy": {**config.policy, **policy}, "fund": config.wealth // 2, **changes})


def small(seed: int, blocks: int = 60, **changes) -> WorldConfig:
    """The seed's world, cut short."""
    return replace(WorldConfig.draw(seed), **{"blocks": blocks, **changes})


def live(seed: int, config: WorldConfig | None = None, check: bool = False) -> Life:
    """From the opening to the last block."""
    world = World(seed, config)
    life = Life(world, Engine.create(world.policy))
    _apply(life, world.opening(), check)
    while not world.finished:
        _apply(life, world.step(life.engine), check)
    life.events = {m.name_of("EVENT", int(one)) for one in np.unique(life.engine.events()["kind"])}
    life.mechanisms = {m.name_of("MECHANISM", int(one)) for one in np.unique(life.engine.ledger()["mechanism"])}
    return life


def _apply(life: Life, batches, check: bool) -> None:
    for batch in batches:
        life.sent += batch.commands.tobytes() + batch.payload.tobytes()
        if batch.note:
            life.notes.append(batch.note)
        codes = life.engine.apply(batch.commands, batch.payload)
        for kind, code in zip(batch.commands["kind"].tolist(), codes.tolist(), strict=True):
            life.answers[m.name_of("COMMAND", kind), sentence(code)] += 1
        if check:
            life.broken += life.engine.identities()
