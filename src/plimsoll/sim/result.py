"""The result of a replay: exact micros inside, decimals and ISO times where it leaves as plain data (``as_dict``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from plimsoll.sim.bars import iso
from plimsoll.sim.stakers import PotResult
from plimsoll.sim.tables import TablesResult

if TYPE_CHECKING:
    from plimsoll.sim.desk.record import DeskResult

SCHEMA: Final = 1
DUST_MICROS: Final = 1_000_000
"""A rounding of a micro a leg may wait for the next tick; less than one token is no unresolved loss."""


def decimal_of(micros: int) -> str:
    """Tokens as exact decimal text without needless zeros: ``decimal_of(1500000)`` is ``"1.5"``."""
    return format(Decimal(micros).scaleb(-6).normalize(), "f")


@dataclass(frozen=True)
class MechanismResult:
    """What one mechanism of the waterfall did: steps, accounts it touched, notional at the mark."""

    steps: int
    accounts: int
    notional_micros: int


@dataclass(frozen=True)
class ReplayResult:
    """Everything a replay found. ``*_micros`` are millionths of the settlement token, ``*_ms`` milliseconds."""

    settlement: str
    start_ms: int
    end_ms: int
    steps: int
    step_ms: int
    seed: int
    path_label: str
    path_description: str
    path_sources: tuple[str, ...]
    symbols: tuple[str, ...]
    price_moves: Mapping[str, Mapping[str, float]]
    accounts: int
    makers: int
    liquidators: int
    equity_start_micros: int
    equity_end_micros: int
    deposits_micros: int
    calls: int
    calls_ended: int
    triggers: int
    liquidations_started: int
    liquidations_ended: int
    liquidations_open: int
    accounts_liquidated: int
    below_maintenance_peak: int
    mechanisms: Mapping[str, MechanismResult]
    breach_to_close_ms: Mapping[str, int]
    fund_start_micros: int
    fund_end_micros: int
    fund_cash_end_micros: int
    fund_paid_micros: int
    fund_received_micros: int
    pots: tuple[PotResult, ...]
    premium_micros: int
    tranche_paid_micros: int
    backstop_start_micros: int
    backstop_end_micros: int
    liquidators_start_micros: int
    liquidators_end_micros: int
    liquidators_profit_micros: int
    """At the last marks, less half a spread on what they still had to sell."""
    shortfall_peak_micros: int
    deficit_peak_micros: int
    deficit_peak_time_ms: int
    shortfall_end_micros: int
    bad_debt_micros: int
    adl_notional_micros: int
    adl_loss_micros: int
    adl_overshoot_notional_micros: int
    adl_overshoot_loss_micros: int
    hedges_broken: int
    adl_counterparties: int
    socialised_micros: int
    open_interest_start_micros: int
    open_interest_end_micros: int
    margin_initial_start_micros: int
    margin_initial_peak_micros: int
    margin_initial_peak_time_ms: int
    margin_maintenance_start_micros: int
    margin_maintenance_peak_micros: int
    tables: TablesResult | None
    desk: "DeskResult | None"
    lots: Mapping[str, Decimal]
    """Coins in a lot, by instrument, in the order of their numbers."""
    identities_checked: int
    identities_broken: tuple[str, ...]
    root_hex: str
    commands: int
    engine_seconds: float
    total_seconds: float
    commands_by_kind: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]
    sample_seconds: int
    series: Mapping[str, Any]

    @property
    def identities_held(self) -> bool:
        """Whether no check found an identity broken."""
        return not self.identities_broken

    @property
    def solvent(self) -> bool:
        """Whether every loss was borne by its account or the insurance: nobody else paid, nothing is left to pay."""
        others = self.bad_debt_micros + self.adl_loss_micros + self.socialised_micros
        return self.shortfall_end_micros < DUST_MICROS and others < DUST_MICROS

    @property
    def verdict(self) -> tuple[str, str]:
        """(level, sentence): ``ok``, ``warning`` when others had to bear a loss, ``failure`` when the books broke."""
        if not self.identities_held:
            return "failure", f"The books broke: {len(self.identities_broken)} identities did not hold."
        checks = f"all identities held in {self.identities_checked:,} checks"
        token = self.settlement
        used = _tokens(self.fund_paid_micros + self.tranche_paid_micros)
        insurers = "insurance fund" if self.tranche_paid_micros == 0 else "insurance, fund and tranches,"
        if self.shortfall_end_micros >= DUST_MICROS:
            open_loss = _tokens(self.shortfall_end_micros)
            return "failure", f"The pool ended with {open_loss} {token} of unresolved deficits; {checks}."
        if self.solvent:
            if self.fund_paid_micros + self.tranche_paid_micros == 0:
                means = "without using its insurance fund"
            else:
                means = f"and the {insurers} covered every deficit ({used} {token})"
            if self.adl_counterparties == 0:
                return "ok", f"The pool stayed solvent {means}; no other account bore a loss and {checks}."
            return "warning", (
                f"The pool stayed solvent {means}; no other account bore a loss, but {self.adl_counterparties:,} had "
                f"positions closed at the mark by deleveraging; {checks}."
            )
        others = _tokens(self.adl_loss_micros + self.socialised_micros)
        return "warning", (
            f"The {insurers} was not enough: it paid {used} {token} and other accounts bore {others} {token} "
            f"of losses; nothing was left unresolved and {checks}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the report: amounts as decimal text, times as ISO text."""
        level, sentence = self.verdict
        money = decimal_of
        return {
            "schema": SCHEMA,
            "verdict": {
                "level": level,
                "sentence": sentence,
                "solvent": self.solvent,
                "identities_held": self.identities_held,
            },
            "settlement": self.settlement,
            "path": {
                "label": self.path_label,
                "description": self.path_description,
                "sources": list(self.path_sources),
                "symbols": list(self.symbols),
                "start": iso(self.start_ms),
                "end": iso(self.end_ms),
                "steps": self.steps,
                "step_seconds": self.step_ms / 1000,
                "seed": self.seed,
                "moves": {symbol: dict(move) for symbol, move in self.price_moves.items()},
            },
            "accounts": {
                "total": self.accounts,
                "makers": self.makers,
                "liquidators": self.liquidators,
                "equity_start": money(self.equity_start_micros),
                "equity_end": money(self.equity_end_micros),
                "deposits": money(self.deposits_micros),
                "below_maintenance_peak": self.below_maintenance_peak,
            },
            "calls": {"made": self.calls, "ended": self.calls_ended, "triggers": self.triggers},
            "liquidations": {
                "started": self.liquidations_started,
                "ended": self.liquidations_ended,
                "open_at_end": self.liquidations_open,
                "accounts": self.accounts_liquidated,
                "mechanisms": {
                    name: {"steps": one.steps, "accounts": one.accounts, "notional": money(one.notional_micros)}
                    for name, one in self.mechanisms.items()
                },
                "breach_to_close_seconds": {name: value / 1000 for name, value in self.breach_to_close_ms.items()},
            },
            "fund": {
                "start": money(self.fund_start_micros),
                "end": money(self.fund_end_micros),
                "cash_end": money(self.fund_cash_end_micros),
                "paid": money(self.fund_paid_micros),
                "received": money(self.fund_received_micros),
            },
            "stakes": {
                "pots": [one.as_dict(money) for one in self.pots],
                "premium": money(self.premium_micros),
                "paid": money(self.tranche_paid_micros),
            },
            "backstop": {
                "equity_start": money(self.backstop_start_micros),
                "equity_end": money(self.backstop_end_micros),
            },
            "liquidators": {
                "equity_start": money(self.liquidators_start_micros),
                "equity_end": money(self.liquidators_end_micros),
                "profit": money(self.liquidators_profit_micros),
            },
            "losses": {
                "shortfall_peak": money(self.shortfall_peak_micros),
                "deficit_peak": money(self.deficit_peak_micros),
                "deficit_peak_time": iso(self.deficit_peak_time_ms) if self.deficit_peak_micros else None,
                "shortfall_end": money(self.shortfall_end_micros),
                "bad_debt": money(self.bad_debt_micros),
                "adl_notional": money(self.adl_notional_micros),
                "adl_loss": money(self.adl_loss_micros),
                "adl_overshoot_notional": money(self.adl_overshoot_notional_micros),
                "adl_overshoot_loss": money(self.adl_overshoot_loss_micros),
                "hedges_broken": self.hedges_broken,
                "adl_counterparties": self.adl_counterparties,
                "socialised": money(self.socialised_micros),
            },
            "open_interest": {
                "start": money(self.open_interest_start_micros),
                "end": money(self.open_interest_end_micros),
            },
            "margin": {
                "initial_start": money(self.margin_initial_start_micros),
                "initial_peak": money(self.margin_initial_peak_micros),
                "initial_peak_time": iso(self.margin_initial_peak_time_ms),
                "maintenance_start": money(self.margin_maintenance_start_micros),
                "maintenance_peak": money(self.margin_maintenance_peak_micros),
            },
            "desk": None if self.desk is None else self.desk.as_dict(),
            "tables": None
            if self.tables is None
            else {
                "published": self.tables.published,
                "reasons": dict(self.tables.reasons),
                "refused": dict(self.tables.refused),
            },
            "identities": {"checked": self.identities_checked, "broken": list(self.identities_broken)},
            "root": self.root_hex,
            "commands": {
                "total": self.commands,
                "engine_seconds": round(self.engine_seconds, 3),
                "total_seconds": round(self.total_seconds, 3),
                "per_second_engine": round(self.commands / max(self.engine_seconds, 1e-9)),
                "per_second_total": round(self.commands / max(self.total_seconds, 1e-9)),
                "by_kind": {kind: dict(row) for kind, row in self.commands_by_kind.items()},
            },
            "settings": {group: dict(values) for group, values in self.settings.items()},
            "notes": list(self.notes),
            "sample_seconds": self.sample_seconds,
            "series": _plain(self.series),
        }


def _tokens(micros: int) -> str:
    return f"{round(micros / 1e6):,}"


def _plain(series: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) if isinstance(value, Mapping) else list(value) for name, value in series.items()}
