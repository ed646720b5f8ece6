"""One crash and one population under each mechanism of the waterfall alone, and under the default chain.

Everything but the waterfall is the same: path, accounts, positions, margin rules, fees, seed. Who has neither coins as
collateral nor an isolated account is in portfolio mode, so that slices and sealed bids have something to sell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from plimsoll.sim.bars import iso
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.mechanism_variants import VARIANTS, Variant
from plimsoll.sim.population import Population
from plimsoll.sim.replay import Progress, run_world, silent
from plimsoll.sim.replay_world import ReplayConfig, World, path_of, population_of, setup_of
from plimsoll.sim.result import ReplayResult, decimal_of
from plimsoll.sim.session import EngineLike
from plimsoll.units.messages import MODE_PORTFOLIO, MODE_STANDARD

SCHEMA: Final = 1
GROUPS: Final = (
    "verdict",
    "liquidations",
    "calls",
    "fund",
    "stakes",
    "backstop",
    "liquidators",
    "losses",
    "identities",
)
NOTES: Final = (
    "The same path, accounts, positions, margin rules and seed throughout. What the public does later depends on what "
    "became of it.",
    "A mechanism alone has no fund, no tranches and no backstop behind it, but where these are what is shown; what it "
    "leaves goes to deleveraging by queue. Without bids, coins left behind go to auction.",
    "Accounts without coins as collateral that are not isolated are in portfolio mode: they go in slices, the others "
    "leg by leg.",
    "Excess loss: what others lost to deleveraging and socialisation beyond the deficits they had to cover.",
    "Excess deleveraging: notional closed though liquidators and backstop together had the initial margin for it at "
    "that moment, less what they would still hold of earlier closings, sold on at the liquidators’ pace.",
    "Hedges broken: accounts whose smaller side, at least a fifth of the larger before, lost more than half of that "
    "share in one step of the waterfall.",
    "Liquidators’ profit: their equity at the last marks, less half a spread on what they still had to sell, less what "
    "they began with.",
)


@dataclass(frozen=True)
class MechanismRun:
    """What a replay found under one variant."""

    variant: Variant
    result: ReplayResult

    def as_dict(self) -> dict[str, Any]:
        """One column as plain data: amounts as decimal text."""
        whole = self.result.as_dict()
        return {
            "mechanism": self.variant.name,
            "title": self.variant.title,
            "settlement": self.result.settlement,
            **{name: whole[name] for name in GROUPS},
            "commands": {name: whole["commands"][name] for name in ("total", "engine_seconds", "total_seconds")},
            "root": self.result.root_hex,
        }


class MechanismReplays:
    """The path and the population, once for all variants; SimulationError where they cannot be set up."""

    def __init__(self, config: ReplayConfig, names: Sequence[str] = tuple(VARIANTS)) -> None:
        unknown = [name for name in names if name not in VARIANTS]
        if unknown or not names or len(set(names)) < len(names):
            raise SimulationError(f"give each mechanism once; there are: {', '.join(VARIANTS)}")
        self.config = replace(config, desk=None)
        self.names = tuple(names)
        self.path = path_of(config)
        self.base = setup_of(config, self.path)
        self.population = with_portfolios(population_of(self.config, self.path, self.base))

    def world(self, name: str) -> World:
        """The population in the pool of one variant."""
        setup = VARIANTS[name].of(self.base).for_step(self.path.step_ms)
        return World(self.path, setup, self.population)

    def run(self, name: str, engine: EngineLike, progress: Progress = silent) -> MechanismRun:
        """Walk the path under one variant."""
        return MechanismRun(VARIANTS[name], run_world(self.config, self.world(name), engine, progress))


def with_portfolios(population: Population) -> Population:
    """The population with everybody in portfolio mode who has cash alone and may hold what it likes."""
    own = (population.trader_isolated == 0) & ~(population.asset_lots > 0).any(axis=1)
    return replace(population, trader_mode=np.where(own, MODE_PORTFOLIO, MODE_STANDARD))


def mechanism_replays_as_dict(results: Sequence[MechanismRun]) -> dict[str, Any]:
    """All columns side by side, with the series the plots show."""
    first = results[0].result
    whole = [one.result.as_dict() for one in results]
    series = [one["series"] for one in whole]
    return {
        "schema": SCHEMA,
        "path": whole[0]["path"],
        "accounts": {name: whole[0]["accounts"][name] for name in ("total", "makers", "liquidators")},
        "mechanisms": [one.as_dict() for one in results],
        "notes": [*first.notes, *NOTES],
        "sample_seconds": first.sample_seconds,
        "series": {
            "time": series[0]["time"],
            "price": series[0]["price"],
            "mechanisms": {
                one.variant.name: {
                    "liquidated": own["accounts"]["liquidated"],
                    "liquidating": own["accounts"]["liquidating"],
                    "deleveraged": own["liquidated"]["adl"],
                    "deficit": own["deficit"],
                    "insurance": _insurance(one, own),
                    "open_interest": _total(own["open_interest"]),
                }
                for one, own in zip(results, series)
            },
        },
        "end": iso(first.end_ms),
        "fund": decimal_of(max(one.result.fund_start_micros for one in results)),
    }


def _insurance(run: MechanismRun, series: dict[str, Any]) -> list[float]:
    """What fund and tranches are worth together."""
    tranches = [series["stakes"][pot.name] for pot in run.result.pots if pot.kind == "tranche"]
    return [round(sum(values), 2) for values in zip(series["fund"], *tranches)]


def _total(groups: dict[str, list[int]]) -> list[int]:
    return [sum(values) for values in zip(*groups.values())]
