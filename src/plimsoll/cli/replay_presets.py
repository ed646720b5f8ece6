"""``plimsoll replay --preset A --preset B``: one crash and one population under several presets, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.cli.output import print_pairs, print_table, whole_tokens
from plimsoll.cli.program import wrong_input
from plimsoll.cli.replay_side_by_side import run_each, same_roots
from plimsoll.cli.report import deliver

if TYPE_CHECKING:
    from plimsoll.sim import ReplayConfig


def replay_presets(
    config: "ReplayConfig",
    names: Sequence[str],
    journal: Path | None,
    page: Path | None,
    *,
    verified: bool,
    as_json: bool,
) -> int:
    """Run the path under each preset, each with a journal of its own (a folder of ``journal`` by its name)."""
    from plimsoll.report import render_replay_presets
    from plimsoll.sim import PresetReplays, SimulationError, preset_replays_as_dict

    with wrong_input(SimulationError):
        replays = PresetReplays(config, names)
    runs = run_each(replays.run, names, journal, verified=verified)
    data = preset_replays_as_dict(runs.results)
    runs.enter_checks(data["presets"])
    deliver(data, page, render_replay_presets, _print, as_json=as_json)
    return runs.end()


def _print(data: Mapping[str, Any], page: Path | None) -> None:
    """One line a preset: what it asked for, then what happened and who paid."""
    path, presets = data["path"], data["presets"]
    title = f"{', '.join(path['symbols'])}, {path['start']} to {path['end']} ({path['label']}), seed {path['seed']}"
    print_table(
        f"The opening: {title}",
        ("preset", "wanted", "refused", "of value", "IM of all", "IM of opened", "its peak"),
        [_opening(one) for one in presets],
        right=(1, 2, 3, 4, 5, 6),
    )
    print_table(
        "The crash",
        ("preset", "liquidated", "bids", "backstop", "ADL", "closed in"),
        [_crash(one) for one in presets],
        right=(1, 2, 3, 4, 5),
    )
    print_table(
        "Who paid",
        ("preset", "fund paid", "bad debt", "socialised"),
        [_losses(one) for one in presets],
        right=(1, 2, 3),
    )
    refused = [
        (one["preset"], "; ".join(f"{count:,} {rule.replace('_', ' ')}" for rule, count in found.items()))
        for one in presets
        if (found := one["start"]["refused"])
    ]
    if refused:
        print_table("Refused at the start, by rule", ("preset", "accounts and rule"), refused)
    held = sum(not one["identities"]["broken"] for one in presets)
    pairs = [
        ("identities", f"held under {held} of {len(presets)} presets"),
        ("re-execution", same_roots(presets)),
        ("report", str(page) if page else "none"),
    ]
    print_pairs("How it was kept", [*pairs, *(("note", note) for note in data["notes"])])


def _opening(one: Mapping[str, Any]) -> tuple[str, ...]:
    start, margin = one["start"], one["margin"]
    share = float(start["notional_refused"]) / max(float(start["notional"]), 1.0)
    return (
        one["preset"],
        f"{start['holders']:,}",
        f"{start['refused_accounts']:,}",
        f"{share:.1%}",
        whole_tokens(start["initial_of_all"]),
        whole_tokens(margin["initial_start"]),
        whole_tokens(margin["initial_peak"]),
    )


def _crash(one: Mapping[str, Any]) -> tuple[str, ...]:
    done = one["liquidations"]
    median = done["breach_to_close_seconds"]["median"]
    return (
        one["preset"],
        f"{done['accounts']:,}",
        *(whole_tokens(done["mechanisms"][name]["notional"]) for name in ("bid", "backstop", "adl")),
        f"{median:g} s" if done["ended"] else "-",
    )


def _losses(one: Mapping[str, Any]) -> tuple[str, ...]:
    losses = one["losses"]
    amounts = (one["fund"]["paid"], losses["bad_debt"], losses["socialised"])
    return (one["preset"], *(whole_tokens(amount) for amount in amounts))
