"""Many worlds one after the other, what they came to together, and the failing ones made small and kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plimsoll.sim.world.coverage import Reached
from plimsoll.sim.world.kept import SUFFIX, KeptWorld, write_world
from plimsoll.sim.world.run import Played, WitnessOf, WorldOutcome, run_world
from plimsoll.sim.world.shrink import shrink

WorldOf = Callable[[int], Played]


@dataclass
class Failed:
    """A world that failed: its check, what was seen, and the file it was kept in ("" if it was not)."""

    seed: int
    check: str
    text: str
    kept: str = ""


@dataclass
class Worlds:
    """What a range of worlds came to; no time and no speed, so that two runs of one range are equal."""

    first: int
    end: int
    worlds: int = 0
    batches: int = 0
    reached: Reached = field(default_factory=Reached)
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[Failed] = field(default_factory=list)
    interrupted: bool = False

    def add(self, outcome: WorldOutcome) -> None:
        """Count one world."""
        self.worlds += 1
        self.batches += len(outcome.batches)
        self.reached.update(outcome.reached)
        self.faults.update(outcome.faults)

    def line(self) -> str:
        """The one line that sums it up."""
        share = self.reached.accepted / max(1, self.reached.commands)
        return (
            f"{self.worlds:,} of {self.end - self.first:,} worlds, {self.reached.commands:,} commands, "
            f"{share:.1%} accepted, {self.faults.total():,} faults, {len(self.failures)} failures"
            f"{', interrupted' if self.interrupted else ''}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "seeds": [self.first, self.end],
            "worlds": self.worlds,
            "batches": self.batches,
            **self.reached.as_dict(),
            "faults": dict(self.faults.most_common()),
            "failures": [vars(failed) for failed in self.failures],
            "interrupted": self.interrupted,
        }


def run_worlds(
    seeds: range,
    world_of: WorldOf,
    witness: WitnessOf | None,
    *,
    keep: Path | None = None,
    blocks: int | None = None,
    advance: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> Worlds:
    """Run the world of every seed; an interrupt ends the range and leaves what was found until then."""
    found = Worlds(seeds.start, seeds.stop)
    try:
        for done, seed in enumerate(seeds):
            advance(done, len(seeds), f"world {seed}, {len(found.failures)} failed")
            outcome = run_world(world_of(seed), witness=witness, blocks=blocks)
            found.add(outcome)
            if outcome.failure is not None:
                found.failures.append(Failed(seed, outcome.failure.check, outcome.failure.text))
                if keep is not None:
                    advance(done, len(seeds), f"world {seed} is made smaller")
                    found.failures[-1].kept = str(kept(outcome, keep, witness))
    except KeyboardInterrupt:
        found.interrupted = True
    return found


def kept(outcome: WorldOutcome, folder: Path, witness: WitnessOf | None) -> Path:
    """The file a failing world is kept in, as small as it could be made."""
    check = outcome.failure.check if outcome.failure else ""
    path = folder / f"{check}-{outcome.seed}{SUFFIX}"
    # The whole first: making it small takes a while, and may be interrupted.
    write_world(path, KeptWorld(outcome.seed, outcome.policy, outcome.batches, check))
    write_world(path, shrink(outcome, witness))
    return path
