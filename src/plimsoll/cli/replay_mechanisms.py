"""``plimsoll replay --mechanisms``: one crash and one population under each mechanism alone and the default chain."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.cli.output import print_pairs, print_table, whole_tokens
from plimsoll.cli.program import wrong_input
from plimsoll.cli.replay_side_by_side import run_each, same_roots
from plimsoll.cli.report import deliver

if TYPE_CHECKING:
    from plimsoll.sim import ReplayConfig


def replay_mechanisms(
    config: "ReplayConfig", journal: Path | None, page: Path | None, *, verified: bool, as_json: bool
) -> int:
    """Run the path under each mechanism, each with a journal of its own (a folder of ``journal`` by its name)."""
    from plimsoll.report import render_replay_mechanisms
    from plimsoll.sim import MechanismReplays, SimulationError, mechanism_replays_as_dict

    with wrong_input(SimulationError):
        replays = MechanismReplays(config)
    runs = run_each(replays.run, replays.names, journal, verified=verified)
    data = mechanism_replays_as_dict(runs.results)
    runs.enter_checks(data["mechanisms"])
    deliver(data, page, render_replay_mechanisms, _print, as_json=as_json)
    return runs.end()


def _print(data: Mapping[str, Any], page: Path | None) -> None:
    """One line a mechanism: how fast it closed and at whose cost, then what deleveraging did."""
    path, mechanisms = data["path"], data["mechanisms"]
    print_table(
        f"{', '.join(path['symbols'])}, {path['start']} to {path['end']} ({path['label']}), seed {path['seed']}",
        ("mechanism", "liquidated", "median", "95 %", "deficit", "shortfall", "fund", "tranches", "bad debt"),
        [_closing(one) for one in mechanisms],
        right=tuple(range(1, 9)),
    )
    print_table(
        "What others bore",
        ("mechanism", "deleveraged", "in excess", "loss", "in excess", "socialised", "hedges broken", "liquidators"),
        [_borne(one) for one in mechanisms],
        right=tuple(range(1, 8)),
    )
    held = sum(not one["identities"]["broken"] for one in mechanisms)
    pairs = [
        ("identities", f"held under {held} of {len(mechanisms)} mechanisms"),
        ("re-execution", same_roots(mechanisms)),
        ("report", str(page) if page else "none"),
    ]
    named = [(one["mechanism"], one["title"]) for one in mechanisms]
    print_pairs("How it was kept", [*pairs, *named, *(("note", note) for note in data["notes"])])


def _closing(one: Mapping[str, Any]) -> tuple[str, ...]:
    done, losses = one["liquidations"], one["losses"]
    times = done["breach_to_close_seconds"]
    amounts = (
        losses["deficit_peak"],
        losses["shortfall_peak"],
        one["fund"]["paid"],
        one["stakes"]["paid"],
        losses["bad_debt"],
    )
    return (
        one["mechanism"],
        f"{done['accounts']:,}",
        *(f"{times[name]:g} s" if done["ended"] else "-" for name in ("median", "p95")),
        *(whole_tokens(amount) for amount in amounts),
    )


def _borne(one: Mapping[str, Any]) -> tuple[str, ...]:
    losses = one["losses"]
    names = ("adl_notional", "adl_overshoot_notional", "adl_loss", "adl_overshoot_loss", "socialised")
    return (
        one["mechanism"],
        *(whole_tokens(losses[name]) for name in names),
        f"{losses['hedges_broken']:,}",
        whole_tokens(one["liquidators"]["profit"]),
    )
