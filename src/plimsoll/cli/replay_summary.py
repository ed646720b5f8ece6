"""What ``plimsoll replay`` prints for people: what happened, who paid, and how it was kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plimsoll.cli.output import print_pairs, print_table, whole_tokens

_LOSSES: Final = ("shortfall_peak", "shortfall_end", "bad_debt", "adl_notional", "adl_loss", "socialised")
MECHANISM_WORDS: Final = {
    "bid": "liquidators bid",
    "slice": "slices bid for",
    "batch": "sealed bids",
    "auction": "collateral auctioned",
    "amm": "sold to an AMM",
    "backstop": "backstop",
    "insolvent": "bids below zero",
    "fund": "insurance fund",
    "tranche": "tranches paid",
    "adl": "deleveraged",
    "socialised": "socialised",
}


def print_replay(data: Mapping[str, Any], page: Path | None) -> None:
    """The summary on the terminal."""
    token, path, done = data["settlement"], data["path"], data["liquidations"]
    stretch = f"{path['start']} to {path['end']} ({path['label']}), seed {path['seed']}"
    print_pairs(
        f"Replay of {', '.join(path['symbols'])}, {stretch}",
        [
            *_what_happened(data),
            *_who_paid(data, token),
            *_desk(data["desk"], data["tables"], token),
            *_how_it_was_kept(data),
            ("verdict", data["verdict"]["sentence"]),
            ("report", str(page) if page else "none"),
        ],
    )
    print_table(
        "Who took over",
        ("stage", "steps", "accounts", f"value, {token}"),
        [
            (
                MECHANISM_WORDS.get(name, name),
                f"{one['steps']:,}",
                f"{one['accounts']:,}",
                whole_tokens(one["notional"]),
            )
            for name, one in done["mechanisms"].items()
        ],
        right=(1, 2, 3),
    )
    if data["stakes"]["pots"]:
        print_table(
            f"Whose money stood behind it; premiums {whole_tokens(data['stakes']['premium'])} {token}",
            ("pot", "stakers", "before", "after", "had it been kept", "a share", "paid"),
            [_pot(one) for one in data["stakes"]["pots"]],
            right=(1, 2, 3, 4, 5, 6),
        )


def _pot(one: Mapping[str, Any]) -> tuple[str, ...]:
    amounts = (one["start"], one["end"], one["kept"])
    return (
        one["name"],
        f"{one['stakers']:,}",
        *(whole_tokens(amount) for amount in amounts),
        f"{one['per_share']:+.2%}",
        whole_tokens(one["paid"]),
    )


def _what_happened(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    accounts, calls, done = data["accounts"], data["calls"], data["liquidations"]
    waits = {name: _time(seconds) for name, seconds in done["breach_to_close_seconds"].items()}
    return [
        ("accounts", f"{accounts['total']:,}, {accounts['below_maintenance_peak']:,} below maintenance at worst"),
        ("margin calls", f"{calls['made']:,}, {calls['ended']:,} of them met; {calls['triggers']:,} triggers"),
        ("liquidations", f"{done['started']:,} of {done['accounts']:,} accounts; {done['open_at_end']:,} open"),
        ("from breach to closed", f"median {waits['median']}, 95 % {waits['p95']}, {waits['max']} at most"),
    ]


def _who_paid(data: Mapping[str, Any], token: str) -> list[tuple[str, str]]:
    fund = {name: whole_tokens(text) for name, text in data["fund"].items()}
    losses = {name: whole_tokens(data["losses"][name]) for name in _LOSSES}
    others = f"{data['losses']['adl_counterparties']:,} accounts, who bore {losses['adl_loss']}"
    return [
        ("fund before, after", f"{fund['start']}, {fund['end']} {token}; paid {fund['paid']}"),
        ("shortfall at worst, at the end", f"{losses['shortfall_peak']}, {losses['shortfall_end']} {token}"),
        ("bad debt", f"{losses['bad_debt']} {token}"),
        ("deleveraged", f"{losses['adl_notional']} {token} of {others}"),
        ("socialised", f"{losses['socialised']} {token}"),
        ("hedges broken", f"{data['losses']['hedges_broken']:,}"),
        ("liquidators’ profit", f"{whole_tokens(data['liquidators']['profit'])} {token}"),
    ]


def _desk(desk: Mapping[str, Any] | None, tables: Mapping[str, Any] | None, token: str) -> list[tuple[str, str]]:
    """The option desk, where there is one."""
    if desk is None or tables is None:
        return []
    start, hedge = desk["start"], desk["hedge"]
    slices = sum(one["taken"] for one in desk["slices"].values())
    refused, accounts = sum(tables["refused"].values()), sum(desk["accounts"].values())
    return [
        (
            "portfolio accounts",
            f"{accounts:,} with {len(desk['options'])} options on {desk['coin']}",
        ),
        (
            "their initial margin",
            f"{whole_tokens(start['initial_portfolio'])} {token}; "
            f"{whole_tokens(start['initial_standard'])} in standard mode",
        ),
        ("risk tables", f"{tables['published']:,} published, {refused:,} refused; {slices:,} slices taken"),
        (
            "error of the hedge between tables",
            f"median {hedge['error_median_bp']:g}, at most {hedge['error_max_bp']:g} basis points of the spot",
        ),
    ]


def _how_it_was_kept(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    identities, commands = data["identities"], data["commands"]
    return [
        ("identities", f"checked {identities['checked']:,} times, {len(identities['broken']) or 'none'} broken"),
        ("commands", f"{commands['total']:,}, {commands['per_second_engine']:,} a second in the engine"),
        ("journal", _journal(data)),
        ("verification", _verification(data["verification"])),
        ("root", data["root"]),
    ]


def _journal(data: Mapping[str, Any]) -> str:
    journal = data["journal"]
    return f"{journal['records']:,} records, {journal['directory'] or 'not kept'}"


def _verification(checked: Mapping[str, Any] | None) -> str:
    if checked is None:
        return "not asked for"
    result = "same root" if checked["ok"] else f"{len(checked['problems'])} problems"
    return f"{checked['sequence']:,} records re-executed, {checked['events']:,} events audited: {result}"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"
