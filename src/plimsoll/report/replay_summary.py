"""The words and tables of a replay's page: tiles, summary, waterfall, commands, settings, facts and simulated."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from plimsoll.report.numbers import amount, duration, exact, percent, whole, words
from plimsoll.report.page import Tile
from plimsoll.report.replay_figures import MECHANISM_NAMES

_MS_SUFFIXES: Final = (
    "_deadline",
    "_after",
    "_first",
    "_commit",
    "_reveal",
    "_tail",
    "cool_off",
    "gap_max",
    "grace",
    "_window",
    "_interval",
    "age_fill_max",
    "age_margin_max",
)
_COUNTS: Final = (
    "kind", "scale", "sources_min", "adl", "accounts_per_tick", "steps_per_tick", "settlements_per_tick",
    "root_factor_initial", "root_factor_maintenance", "expiry", "curve_slice", "curve_insolvent", "curve_collateral",
    "batch_bids_min", "breaker", "pauses", "tier",
)  # fmt: skip
_MICROS: Final = (
    "deposit_notional_min", "notional_min", "open_interest_lower", "open_interest_upper", "slice_whole", "batch_bond",
    "keeper_flat", "quota_day", "quota_day_1", "quota_day_2", "quota_day_3", "backstop_day_max",
)  # fmt: skip
_LOTS: Final = ("lots_max", "open_lots_max", "backstop_lots_max", "segment_lots_1", "segment_lots_2", "segment_lots_3")


class Line(NamedTuple):
    """One line of the summary: what, how much, exactly how much."""

    label: str
    value: str
    exact: str


def title_of(result: Mapping[str, Any]) -> str:
    """``Replay of BTCUSDT and ETHUSDT, 2020-03-12 to 2020-03-13``."""
    path = result["path"]
    symbols = path["symbols"]
    if len(symbols) > 3:
        named = f"{len(symbols)} symbols"
    else:
        named = " and ".join([", ".join(symbols[:-1]), symbols[-1]] if len(symbols) > 1 else symbols)
    start, end = path["start"][:10], path["end"][:10]
    return f"Replay of {named}, {start}" + (f" to {end}" if end != start else "")


def tiles_of(result: Mapping[str, Any]) -> list[Tile]:
    """What a reader wants first."""
    unit = result["settlement"]
    losses, fund, liquidations = result["losses"], result["fund"], result["liquidations"]
    moves = result["path"]["moves"]
    worst = min(moves, key=lambda symbol: moves[symbol]["fall"])
    others = Decimal(losses["adl_loss"]) + Decimal(losses["socialised"])
    change = Decimal(fund["end"]) - Decimal(fund["start"])
    identities = result["identities"]
    fall = ", ".join(f"{symbol} {percent(move['fall'])}" for symbol, move in list(moves.items())[:3])
    return [
        Tile("Deepest fall", percent(moves[worst]["fall"]), fall, exact="from the highest price before it"),
        Tile(
            "Accounts liquidated",
            whole(liquidations["accounts"]),
            f"of {whole(result['accounts']['total'])}; {whole(result['calls']['made'])} margin calls",
        ),
        Tile(
            "Insurance fund",
            amount(fund["end"], unit),
            f"{'+' if change >= 0 else ''}{amount(change)} from {amount(fund['start'])}; paid {amount(fund['paid'])}",
            "bad" if Decimal(fund["end"]) <= 0 else "",
            exact(fund["end"], unit),
        ),
        Tile(
            "Largest deficit at new prices",
            amount(losses["deficit_peak"], unit),
            (losses["deficit_peak_time"] or "none at any step")
            + f"; left after a tick, at most: {amount(losses['shortfall_peak'])}",
            exact=exact(losses["deficit_peak"], unit),
        ),
        Tile(
            "Borne by other accounts",
            amount(others, unit),
            f"deleveraging {amount(losses['adl_loss'])}, socialised {amount(losses['socialised'])}",
            "bad" if others > 0 else "good",
            exact(others, unit),
        ),
        Tile(
            "Identity checks",
            f"{whole(identities['checked'])}",
            "all held" if not identities["broken"] else f"{len(identities['broken'])} broken",
            "bad" if identities["broken"] else "good",
        ),
    ]


def summary_of(result: Mapping[str, Any]) -> list[tuple[str, list[Line]]]:
    """The summary table, in groups."""
    unit = result["settlement"]
    accounts, calls, liquidations = result["accounts"], result["calls"], result["liquidations"]
    fund, losses, interest = result["fund"], result["losses"], result["open_interest"]
    timing = liquidations["breach_to_close_seconds"]
    command = result["commands"]

    def money(label: str, value: str) -> Line:
        return Line(label, amount(value, unit), exact(value, unit))

    def count(label: str, value: int) -> Line:
        return Line(label, whole(value), "")

    peak = losses["deficit_peak_time"]
    return [
        (
            "Accounts",
            [
                count("accounts", accounts["total"]),
                Line("of them", _roles(result), ""),
                money("equity of all, at the start", accounts["equity_start"]),
                money("equity of all, at the end", accounts["equity_end"]),
                money("topped up after calls", accounts["deposits"]),
                money("open interest, at the start", interest["start"]),
                money("open interest, at the end", interest["end"]),
            ],
        ),
        (
            "Warnings and liquidations",
            [
                count("margin calls", calls["made"]),
                count("calls that ended well", calls["ended"]),
                count("users’ own triggers fired", calls["triggers"]),
                count("liquidations started", liquidations["started"]),
                count("liquidations still open at the end", liquidations["open_at_end"]),
                count("accounts below maintenance, at most", accounts["below_maintenance_peak"]),
                Line("breach to close, median", duration(timing["median"]), ""),
                Line("breach to close, 95th percentile", duration(timing["p95"]), ""),
                Line("breach to close, longest", duration(timing["max"]), ""),
            ],
        ),
        (
            "Losses and who bore them",
            [
                money("insurance fund before", fund["start"]),
                money("insurance fund after", fund["end"]),
                money("of it in cash", fund["cash_end"]),
                money("received from liquidation fees", fund["received"]),
                money("paid for deficits", fund["paid"]),
                money("backstop equity before", result["backstop"]["equity_start"]),
                money("backstop equity after", result["backstop"]["equity_end"]),
                money("liquidators’ equity before", result["liquidators"]["equity_start"]),
                money("liquidators’ equity after", result["liquidators"]["equity_end"]),
                money("their profit, what is unsold sold", result["liquidators"]["profit"]),
                money("largest deficit when prices came in", losses["deficit_peak"]),
                Line("its time", peak or "none", ""),
                money("largest shortfall after a sweep", losses["shortfall_peak"]),
                money("bad debt (a flow)", losses["bad_debt"]),
                money("deleveraged, at the mark", losses["adl_notional"]),
                Line(
                    "loss borne in deleveraging",
                    f"{amount(losses['adl_loss'], unit)} by {whole(losses['adl_counterparties'])} counterparties",
                    exact(losses["adl_loss"], unit),
                ),
                money("socialised", losses["socialised"]),
                count("hedges broken by the waterfall", losses["hedges_broken"]),
                money("deleveraged though others had the margin", losses["adl_overshoot_notional"]),
                money("taken from others beyond the deficits", losses["adl_overshoot_loss"]),
                money("tranches paid", result["stakes"]["paid"]),
                money("premiums to tranches", result["stakes"]["premium"]),
            ],
        ),
        (
            "The run",
            [
                count("commands", command["total"]),
                Line(
                    "engine", f"{command['engine_seconds']:.1f} s, {whole(command['per_second_engine'])} commands/s", ""
                ),
                Line(
                    "in all", f"{command['total_seconds']:.1f} s, {whole(command['per_second_total'])} commands/s", ""
                ),
                Line("steps", f"{whole(result['path']['steps'])} of {duration(result['path']['step_seconds'])}", ""),
                count("seed", result["path"]["seed"]),
            ],
        ),
    ]


def _roles(result: Mapping[str, Any]) -> str:
    """Who is not the public."""
    accounts = result["accounts"]
    desk = result.get("desk")
    roles = f"{whole(accounts['makers'])} makers, {whole(accounts['liquidators'])} liquidators"
    return roles if desk is None else f"{roles}, {whole(sum(desk['accounts'].values()))} in portfolio mode"


def waterfall_of(result: Mapping[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """(key, name, steps, accounts, value, exact value) of each mechanism, in the order of the waterfall."""
    unit = result["settlement"]
    mechanisms = result["liquidations"]["mechanisms"]
    return [
        (
            key,
            name,
            whole(mechanisms[key]["steps"]),
            whole(mechanisms[key]["accounts"]),
            amount(mechanisms[key]["notional"], unit),
            exact(mechanisms[key]["notional"], unit),
        )
        for key, name in MECHANISM_NAMES.items()
    ]


def stakes_of(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """(pot, kind, stakers, before, after, had it been kept, a share, paid, premiums) of each pot."""
    unit = result["settlement"]
    return [
        (
            one["name"] + (" (wiped)" if one["wiped"] else ""),
            one["kind"],
            whole(one["stakers"]),
            amount(one["start"], unit),
            amount(one["end"], unit),
            amount(one["kept"], unit),
            percent(one["per_share"], 2),
            amount(one["paid"]),
            amount(one["premium"]),
        )
        for one in result["stakes"]["pots"]
    ]


def commands_of(result: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """(kind, sent, accepted share, why refused) of each kind of command."""
    rows = []
    for kind, row in result["commands"]["by_kind"].items():
        refused = list(row["refused"].items())
        shown = "; ".join(f"{words(rule)} {whole(count)}" for rule, count in refused[:4])
        if len(refused) > 4:
            shown += f"; {len(refused) - 4} other rules"
        rows.append((words(kind), whole(row["sent"]), percent(row["accept_rate"]), shown))
    return rows


def settings_of(result: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every setting by group, in units a person reads."""
    return [
        (group, [(words(name), _setting(group, name, value)) for name, value in values.items()])
        for group, values in result["settings"].items()
    ]


def _setting(group: str, name: str, value: Any) -> str:
    if group == "policy" or group.startswith("instrument "):
        return _parameter(name, int(value))
    if name in ("fund", "backstop"):
        return exact(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if name.endswith("_share"):
        return percent(float(value))
    return f"{value:,.10g}"


def _parameter(name: str, value: int) -> str:
    """A parameter of policy or listing: rates in percent, times in words, the rest as it is."""
    if name in _COUNTS:
        return whole(value)
    if name.endswith(_MS_SUFFIXES):
        return duration(value / 1000) if value else "0"
    if name in _LOTS:
        return f"{whole(value)} lots"
    if name == "mark_max":
        return f"{whole(value)} micros per unit"
    if name in _MICROS:
        return exact(Decimal(value).scaleb(-6))
    return f"{Decimal(value).scaleb(-7).normalize():f}\u202f%"


def facts_of(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, how it is known) for prices, actors and decisions."""
    path = result["path"]
    simulated = "simulated" in path["label"]
    prices = "Facts at the corners of each hour, simulated inside it." if simulated else "Facts: real candles."
    return [
        ("Prices", f"{prices} {path['description']}"),
        ("Sources of prices", "; ".join(path["sources"])),
        (
            "Accounts and what they do",
            "Simulated: sizes, sides, gearing, top-ups, trading and withdrawals are drawn from the seed. No real "
            "account is shown.",
        ),
        (
            "Makers and liquidators",
            "Simulated, with their own capital: depth falls with volatility, bids stop where capital ends. There is no "
            "market outside the pool.",
        ),
        *(
            [
                (
                    "Options and their vols",
                    "Simulated: books are drawn from the seed, one level of vol an expiry follows what was realised. "
                    "Values enter as published tables; margin and settlement are the engine’s.",
                )
            ]
            if result.get("desk")
            else []
        ),
        ("Premiums and confidence", "Simulated from the moves of the path, for funding and for the initial margin."),
        (
            "Margin, liquidations, losses",
            "Decided by the engine, command by command, in exact integers; the same commands give the same state root.",
        ),
    ]
