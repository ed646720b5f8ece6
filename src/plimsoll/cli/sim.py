"""``plimsoll sim``: simulated worlds, each fixed by one seed, with every check after every command."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plimsoll.cli.output import print_json, print_pairs, print_table, progress
from plimsoll.cli.program import INTERRUPTED, NO, OK, refuse, say, wrong_input

if TYPE_CHECKING:
    from plimsoll.sim.world.coverage import Reached
    from plimsoll.sim.world.many import Worlds
    from plimsoll.sim.world.run import Played, WitnessOf, WorldOutcome

CANARY_SEEDS = range(8)
CANARY_BLOCKS = 30


class Seeds(click.ParamType[range]):
    """``A:B``, from A up to but without B."""

    name = "A:B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        """Two whole numbers with a colon between them."""
        first, colon, end = str(value).partition(":")
        if not (colon and first.isdecimal() and end.isdecimal() and int(first) < int(end) <= 2**63):
            self.fail(f"{value!r} is no range of seeds like 0:200", param, ctx)
        return range(int(first), int(end))


@click.command("sim")
@click.option("--seeds", type=Seeds(), help="Run the worlds of these seeds, and sum them up.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Run one world and tell its story.")
@click.option("--replay", type=click.Path(path_type=Path), help="Run a world that was kept and tell its story.")
@click.option("--canary", is_flag=True, help="Plant bugs and say which check caught which.")
@click.option("--witness", metavar="MODULE:NAME", help="Somebody else who judges every batch.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep failing worlds here, made small.")
@click.option("--blocks", type=click.IntRange(1), help="Stop every world after so many blocks.")
@click.option("--coverage", is_flag=True, help="Accept rates, and which answers and events were not reached.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
def sim_command(
    seeds: range | None,
    seed: int | None,
    replay: Path | None,
    canary: bool,
    witness: str | None,
    keep: Path | None,
    blocks: int | None,
    coverage: bool,
    as_json: bool,
) -> int:
    """Run simulated worlds: people trading through crashes, with everything that goes wrong, checked at every step.

    Exit code 0: every check held. 1: one did not; the seed, and with --keep a file, replays it.
    """
    chosen = [name for name, given in (("--seeds", seeds), ("--seed", seed), ("--replay", replay)) if given is not None]
    if len(chosen) + canary != 1:
        refuse("give one of --seeds A:B, --seed N, --replay FILE, --canary")
    judge = None if witness is None else _witness(witness)
    if canary:
        return _plant(seeds=CANARY_SEEDS, as_json=as_json)
    if seeds is not None:
        return _many(seeds, judge, keep, blocks, coverage, as_json)
    world = _kept(replay) if replay is not None else _world(seed or 0)
    return _one(world, judge, keep, blocks, coverage, as_json)


def _witness(text: str) -> "WitnessOf":
    import sys

    from plimsoll.sim.world.canary import named

    # A witness is the caller's own code, found from where the caller stands.
    sys.path.insert(0, "")
    with wrong_input(ValueError):
        found: WitnessOf = named(text)
    return found


def _world(seed: int) -> "Played":
    from plimsoll.sim.world.world import World

    return World(seed)


def _kept(path: Path) -> "Played":
    from plimsoll.sim.world.kept import KeptWorldError, read_world

    with wrong_input(KeptWorldError, UnicodeDecodeError):
        return read_world(path)


def _many(
    seeds: range, witness: "WitnessOf | None", keep: Path | None, blocks: int | None, coverage: bool, as_json: bool
) -> int:
    from plimsoll.sim.world.many import run_worlds

    with progress(True) as advance:
        found = run_worlds(seeds, _world, witness, keep=keep, blocks=blocks, advance=advance)
    if as_json:
        print_json(found.as_dict())
    else:
        if coverage:
            _print_coverage(found.reached)
        _print_faults(found)
        click.echo(found.line())
    for failed in found.failures:
        how = f"--replay {failed.kept}" if failed.kept else f"--seed {failed.seed}"
        say(f"seed {failed.seed} fails {failed.check}: {failed.text[:300]} (plimsoll sim {how})")
    if found.interrupted:
        return INTERRUPTED
    return NO if found.failures else OK


def _print_faults(found: "Worlds") -> None:
    if found.faults:
        rows = [(kind, f"{count:,}") for kind, count in found.faults.most_common()]
        print_table("Faults", ("fault", "times"), rows, right=(1,))


def _print_coverage(reached: "Reached") -> None:
    rows = [
        (kind, f"{accepted:,}", f"{answered:,}", f"{accepted / answered:.0%}")
        for kind, (accepted, answered) in reached.by_kind().items()
    ]
    print_table("Commands", ("kind", "accepted", "answered", "share"), rows, right=(1, 2, 3))
    missing = [(what, ", ".join(names) or "none") for what, names in reached.missing().items()]
    print_pairs("Not reached", missing)


def _one(
    world: "Played",
    witness: "WitnessOf | None",
    keep: Path | None,
    blocks: int | None,
    coverage: bool,
    as_json: bool,
) -> int:
    from plimsoll.sim.world.run import run_world

    outcome = run_world(world, witness=witness, blocks=blocks)
    path = ""
    if outcome.failure is not None and keep is not None:
        from plimsoll.sim.world.many import kept

        path = str(kept(outcome, keep, witness))
    if as_json:
        print_json(_plain(outcome, path))
    else:
        describe: Callable[[], list[str]] = getattr(getattr(world, "config", None), "describe", list)
        for line in (*describe(), "", *outcome.story, ""):
            click.echo(line)
        if coverage:
            _print_coverage(outcome.reached)
        share = outcome.accepted / max(1, outcome.commands)
        click.echo(
            f"seed {outcome.seed}: {outcome.commands:,} commands, {share:.1%} accepted, "
            f"{outcome.faults.total():,} faults, root {outcome.root}"
        )
    if outcome.failure is None:
        return OK
    where = f"batch {outcome.failure.batch}" + (f", kept in {path}" if path else "")
    say(f"{outcome.failure.check}: {outcome.failure.text} ({where})")
    return NO


def _plain(outcome: "WorldOutcome", path: str) -> dict[str, Any]:
    return {
        "seed": outcome.seed,
        "policy": outcome.policy,
        "root": outcome.root,
        **outcome.reached.as_dict(),
        "faults": dict(outcome.faults.most_common()),
        "failure": None if outcome.failure is None else outcome.failure._asdict(),
        "kept": path or None,
        "story": outcome.story,
    }


def _plant(seeds: range, as_json: bool) -> int:
    from plimsoll.sim.world.canary import BUGS, NONE, release

    found: dict[str, dict[str, Any]] = {}
    with progress(True) as advance:
        for done, bug in enumerate((NONE, *BUGS)):
            advance(done, len(BUGS) + 1, bug)
            found |= release([bug], seeds, blocks=CANARY_BLOCKS)
    due = {NONE: None, **{name: bug.caught_by for name, bug in BUGS.items()}}
    wrong = [bug for bug, what in found.items() if what["check"] != due[bug]]
    if as_json:
        print_json({"bugs": {bug: {**what, "due": due[bug]} for bug, what in found.items()}, "wrong": wrong})
    else:
        rows = [(bug, str(what["check"] or "no check fails"), what["text"][:120]) for bug, what in found.items()]
        print_table("Planted bugs", ("bug", "caught by", "what was seen"), rows)
    for bug in wrong:
        say(f"{bug}: {found[bug]['check']} instead of {due[bug]}")
    return NO if wrong else OK
