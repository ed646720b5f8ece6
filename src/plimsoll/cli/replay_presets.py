"""``plimsoll replay --preset A --preset B``: one crash and one population under several presets, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.cli.output import print_pairs, print_table, progress, whole_tokens
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input
from plimsoll.cli.replay_journal import journaled, keep_names, problems_of, verify_journal
from plimsoll.cli.report import deliver

if TYPE_CHECKING:
    from plimsoll.sim import PresetReplays, PresetResult, ReplayConfig
    from plimsoll.venue import VerifyReport


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
    directories = {name: None if journal is None else journal / name for name in names}
    for directory in directories.values():
        if directory is not None and directory.exists():
            refuse(f"--journal: {directory} exists; give a new directory")
    results, checks, problems = [], [], []
    for name, directory in directories.items():
        with wrong_input(SimulationError):
            result, checked = _run(replays, name, directory, verified=verified)
        results.append(result)
        checks.append(checked)
        problems += [f"{name}: {problem}" for problem in problems_of(result.result, checked)]
    data = preset_replays_as_dict(results)
    for one, checked in zip(data["presets"], checks):
        one["verification"] = None if checked is None else checked.as_dict()
    deliver(data, page, render_replay_presets, _print, as_json=as_json)
    for problem in problems:
        say(problem)
    return NO if problems else OK


def _run(
    replays: "PresetReplays", name: str, directory: Path | None, *, verified: bool
) -> "tuple[PresetResult, VerifyReport | None]":
    with journaled(directory) as venue, progress(True) as advance:
        result = replays.run(name, venue, lambda done, total, what: advance(done, total, f"{name}: {what}"))
        venue.close()
        if directory is not None:
            keep_names(directory, result.result)
        place = venue.directory
        checked = verify_journal(place, result.result.commands, advance) if verified and place is not None else None
    return result, checked


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
    checks = [one["verification"] for one in presets]
    held = sum(not one["identities"]["broken"] for one in presets)
    good = sum(one is not None and one["ok"] for one in checks)
    same = "not asked for" if None in checks else f"{good} of {len(checks)} give the same root"
    pairs = [
        ("identities", f"held under {held} of {len(presets)} presets"),
        ("re-execution", same),
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
