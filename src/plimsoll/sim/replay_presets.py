"""One crash and one population under several presets: who may open, who is liquidated, who pays.

``PresetReplays`` is set up once and says at once what a preset cannot do; ``run`` walks the path under one preset. The
population is drawn under the pool file's rules and put into each preset's own lots; see ``opening``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from plimsoll.sim.bars import iso
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.opening import Opening, comparable, in_terms_of, on_grid
from plimsoll.sim.preset_rules import PresetRules, preset_rules
from plimsoll.sim.replay import Progress, probe_world, run_world, silent
from plimsoll.sim.replay_world import ReplayConfig, World, marks_of, path_of, population_of, setup_of
from plimsoll.sim.result import ReplayResult, decimal_of
from plimsoll.sim.session import EngineLike

SCHEMA: Final = 1
NOTES: Final = (
    "The same traders, positions, entry prices and equity under every preset; what opening cost is made good. "
    "Collateral is cash alone; nobody has orders at the start or a leverage cap of its own.",
    "Under a portfolio preset the public is in portfolio mode, makers and liquidators in standard mode.",
    "Refused at the start: initial margin above equity, or another rule of opening. Those accounts stay in cash; "
    "under a stricter preset fewer stand in the market, which is why fewer are liquidated.",
    "What the public does later depends on its margin: who is never called never tops up.",
    "Insurance fund and backstop are the same under every preset; fees, discounts and who may act are the preset's.",
)


@dataclass(frozen=True)
class PresetResult:
    """What a replay found under one preset."""

    name: str
    title: str
    mode: int
    opening: Opening
    result: ReplayResult

    def as_dict(self) -> dict[str, Any]:
        """One preset's column as plain data: amounts as decimal text."""
        opening, result = self.opening, self.result
        whole = result.as_dict()
        done = whole["liquidations"]
        return {
            "preset": self.name,
            "title": self.title,
            "settlement": result.settlement,
            "verdict": whole["verdict"],
            "start": {
                "holders": opening.holders,
                "opened": int(opening.opened.sum()),
                "refused": dict(opening.refused),
                "refused_accounts": sum(opening.refused.values()),
                "notional": decimal_of(opening.notional_micros),
                "notional_refused": decimal_of(opening.notional_refused_micros),
                "initial_of_all": decimal_of(opening.initial_micros),
                "maintenance_of_all": decimal_of(opening.maintenance_micros),
            },
            "margin": whole["margin"],
            "calls": whole["calls"],
            "liquidations": done,
            "fund": whole["fund"],
            "backstop": whole["backstop"],
            "losses": whole["losses"],
            "tables": whole["tables"],
            "identities": whole["identities"],
            "commands": {name: whole["commands"][name] for name in ("total", "engine_seconds", "total_seconds")},
            "root": result.root_hex,
        }


class PresetReplays:
    """The path, the population and the rules of every preset; SimulationError where one cannot run them."""

    def __init__(self, config: ReplayConfig, names: Sequence[str]) -> None:
        if len(set(names)) < len(names) or not names:
            raise SimulationError("give each preset once")
        self.config = replace(config, population=comparable(config.population), desk=None)
        self.path = path_of(config)
        self.base = setup_of(config, self.path)
        marks = marks_of(self.path, self.base)[:, 0]
        self.rules: dict[str, PresetRules] = {
            name: preset_rules(name, self.base, self.path.symbols, marks) for name in names
        }
        self.population = on_grid(population_of(self.config, self.path, self.base), self.base)

    def world(self, name: str) -> World:
        """The population under one preset's rules, with what its probe says of the opening."""
        rules = self.rules[name]
        population = in_terms_of(self.population, self.base, rules.setup)
        world = World(self.path, rules.setup.for_step(self.path.step_ms), population, rules.make)
        opening = probe_world(self.config, world)
        if not opening.opened.any():
            why = ", ".join(f"{count} {rule}" for rule, count in opening.refused.items())
            raise SimulationError(f"under {name} nobody may open: {why}")
        return replace(world, opening=opening)

    def run(self, name: str, engine: EngineLike, progress: Progress = silent) -> PresetResult:
        """Walk the path under one preset."""
        world = self.world(name)
        result = run_world(self.config, world, engine, progress)
        if world.opening is None:
            raise SimulationError(f"{name}: the world has no opening")
        return PresetResult(name, self.rules[name].title, world.setup.mode, world.opening, result)


def preset_replays_as_dict(results: Sequence[PresetResult]) -> dict[str, Any]:
    """All columns side by side, with the series the plots show."""
    first = results[0].result
    whole = [one.result.as_dict() for one in results]
    series = [one["series"] for one in whole]
    return {
        "schema": SCHEMA,
        "path": whole[0]["path"],
        "accounts": {name: whole[0]["accounts"][name] for name in ("total", "makers", "liquidators")},
        "fund": decimal_of(first.fund_start_micros),
        "presets": [one.as_dict() for one in results],
        "notes": list(NOTES),
        "sample_seconds": first.sample_seconds,
        "series": {
            "time": series[0]["time"],
            "price": series[0]["price"],
            "presets": {
                one.name: {
                    "liquidated": own["accounts"]["liquidated"],
                    "liquidating": own["accounts"]["liquidating"],
                    "taken_over": _sums(own["liquidated"]),
                    "margin_initial": own["margin"]["initial"],
                    "margin_maintenance": own["margin"]["maintenance"],
                    "fund": own["fund"],
                    "bad_debt": own["bad_debt"],
                }
                for one, own in zip(results, series)
            },
        },
        "end": iso(first.end_ms),
    }


def _sums(groups: dict[str, list[int]]) -> list[int]:
    """Value taken over per sample, bids, slices, backstop and deleveraging together."""
    return [sum(values) for values in zip(*(groups[name] for name in ("bid", "slice", "backstop", "adl")))]
