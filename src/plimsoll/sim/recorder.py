"""What is kept of a replay: counts of events, lines of the liquidation ledger, a sample of the pool every few steps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.population import Population
from plimsoll.sim.session import Session
from plimsoll.sim.stakers import PotFlows
from plimsoll.sim.view import View
from plimsoll.sim.waterfall_record import WaterfallRecord
from plimsoll.units.messages import (
    EVENT_BOND_LOST,
    EVENT_CALL_ENDED,
    EVENT_CALLED,
    EVENT_DELEVERAGED,
    EVENT_FEE_PAID,
    EVENT_FUND_PAID,
    EVENT_KEEPER_PAID,
    EVENT_LIQUIDATION_ENDED,
    EVENT_LIQUIDATION_STARTED,
    EVENT_POT_WIPED,
    EVENT_PREMIUM_PAID,
    EVENT_TRIGGERED,
    KIND_OPTION,
    MECHANISM_ADL,
    MECHANISM_AMM,
    MECHANISM_AUCTION,
    MECHANISM_BACKSTOP,
    MECHANISM_BATCH,
    MECHANISM_BID,
    MECHANISM_FUND,
    MECHANISM_INSOLVENT,
    MECHANISM_SLICE,
    MECHANISM_SOCIALISED,
    MECHANISM_TRANCHE,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    NAMED_FUND,
    STAGE_CALLED,
    STAGE_COOLING,
    STAGE_LIQUIDATING,
)
from plimsoll.units.tables import Ints

if TYPE_CHECKING:
    from plimsoll.sim.desk.record import DeskRecord

MECHANISMS: Final = {
    "bid": MECHANISM_BID,
    "slice": MECHANISM_SLICE,
    "batch": MECHANISM_BATCH,
    "auction": MECHANISM_AUCTION,
    "amm": MECHANISM_AMM,
    "backstop": MECHANISM_BACKSTOP,
    "insolvent": MECHANISM_INSOLVENT,
    "fund": MECHANISM_FUND,
    "tranche": MECHANISM_TRANCHE,
    "adl": MECHANISM_ADL,
    "socialised": MECHANISM_SOCIALISED,
}
PAYMENTS: Final = {"tranche": "fund_paid", "socialised": "bad_debt"}
"""Mechanisms that move money, not positions, and the column of the ledger that says how much."""
OF_FUND: Final = (EVENT_FEE_PAID, EVENT_PREMIUM_PAID, EVENT_KEEPER_PAID, EVENT_BOND_LOST, EVENT_POT_WIPED)
"""What the fund gets of liquidations, less what it passes on."""
QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RATIO_MAX: Final = 1_000.0
"""equity/MM above this is shown as this; an account that needs next to nothing has no meaningful ratio."""
EVENTS_MAX: Final = 64


class Recorder:
    """Collects while the replay runs; ``sample`` closes a bucket of steps."""

    def __init__(
        self, setup: PoolSetup, population: Population, sold_on: float, desk: "DeskRecord | None" = None
    ) -> None:
        self.setup = setup
        self.desk = desk
        self.takers = {
            "makers": population.makers,
            "liquidators": population.liquidators,
            "backstop": np.array([NAMED_BACKSTOP]),
        }
        self.public = population.traders
        coins = np.isin(np.arange(len(setup.listings) + 1), [one.number for one in setup.assets()])
        self.waterfall = WaterfallRecord(population, setup.is_contract | coins, sold_on)
        self.flows = PotFlows()
        self.lines: Any = None
        self.pots_start: dict[str, int] = {}
        self.premium = 0
        self.liquidated: set[int] = set()
        self.initial_start = self.initial_peak = self.initial_peak_ms = -1
        self.maintenance_start = self.maintenance_peak = -1
        self.initial = self.maintenance = 0
        self.events = np.zeros(EVENTS_MAX, np.int64)
        self.fund_paid = 0
        self.fund_received = 0
        self.durations: list[Ints] = []
        self.ledger_lines = dict.fromkeys(MECHANISMS, 0)
        self.ledger_notional = dict.fromkeys(MECHANISMS, 0.0)
        self.ledger_accounts: dict[str, set[int]] = {name: set() for name in MECHANISMS}
        self.adl_counterparties: set[int] = set()
        self.adl_loss = 0
        self.bucket_lines = dict.fromkeys(MECHANISMS, 0)
        self.bucket_notional = dict.fromkeys(MECHANISMS, 0.0)
        self.bucket_calls = 0
        self.bucket_shortfall = 0
        self.bucket_deficit = 0
        self.shortfall_peak = 0
        self.deficit_peak = 0
        self.deficit_peak_ms = 0
        self.identities_checked = 0
        self.identities_broken: list[str] = []
        self.below_maintenance_peak = 0
        self.open_interest_peak = 0.0
        self.series: dict[str, list[Any]] = {}

    def events_of(self, session: Session) -> tuple[Ints, Ints]:
        """Take in the events and ledger lines since the last call; returns accounts just called and just triggered."""
        events = np.asarray(session.engine.events())
        kind = events["kind"]
        self.events += np.bincount(kind, minlength=EVENTS_MAX)[:EVENTS_MAX]
        called = np.unique(events["account"][kind == EVENT_CALLED])
        triggered = np.unique(events["account"][kind == EVENT_TRIGGERED])
        self.bucket_calls += int((kind == EVENT_CALLED).sum())
        fund = events["account"] == NAMED_FUND
        self.fund_paid -= int(events["cash"][fund & (kind == EVENT_FUND_PAID)].sum())
        self.fund_received += int(events["cash"][fund & np.isin(kind, OF_FUND)].sum())
        premiums = events[kind == EVENT_PREMIUM_PAID]
        self.premium += int(np.maximum(premiums["cash"], 0).sum())
        self.flows.premium(premiums)
        ended = kind == EVENT_LIQUIDATION_ENDED
        if ended.any():
            self.durations.append(events["amount"][ended].copy())
        self.lines = np.asarray(session.engine.ledger())
        self._ledger_of(self.lines)
        return called, triggered

    def _ledger_of(self, ledger: Any) -> None:
        if not len(ledger):
            return
        self.waterfall.ledger(ledger)
        if self.desk is not None:
            self.desk.ledger(ledger)
        units = self.setup.units.astype(np.float64)
        notional = np.abs(ledger["lots"]).astype(np.float64) * ledger["price"] / units[ledger["instrument"]]
        for name, number in MECHANISMS.items():
            own = ledger["mechanism"] == number
            # Without lots it is a payment: the fund's is counted where it is paid, a slice's belongs to its legs.
            if name not in PAYMENTS:
                own &= ledger["lots"] != 0
            count = int(own.sum())
            if not count:
                continue
            worth = float(ledger[PAYMENTS[name]][own].sum() if name in PAYMENTS else notional[own].sum())
            self.ledger_lines[name] += count
            self.ledger_notional[name] += worth
            accounts = ledger["account"][own].tolist()
            self.ledger_accounts[name].update(accounts)
            self.liquidated.update(accounts)
            self.bucket_lines[name] += count
            self.bucket_notional[name] += worth
            if number == MECHANISM_ADL:
                self.adl_counterparties.update(ledger["taker"][own].tolist())
                self.adl_loss -= int(ledger["to_liquidator"][own].sum())

    def look_before(self, time_ms: int, equity: Ints) -> None:
        """Every step, when the prices are in and before the tick has acted: the deficits it will find."""
        deficit = int(np.maximum(-equity[NAMED_BACKSTOP:], 0).sum())
        self.bucket_deficit = max(self.bucket_deficit, deficit)
        if deficit > self.deficit_peak:
            self.deficit_peak, self.deficit_peak_ms = deficit, time_ms

    def look_after(self, view: View) -> None:
        """Once at the start and every step after the tick: the public's margin, the shortfall the sweep published."""
        self.initial = int(view.margin_initial[self.public].sum())
        self.maintenance = int(view.margin_maintenance[self.public].sum())
        if self.initial_start < 0:
            self.initial_start, self.maintenance_start = self.initial, self.maintenance
        if self.initial > self.initial_peak:
            self.initial_peak, self.initial_peak_ms = self.initial, view.time_ms
        self.maintenance_peak = max(self.maintenance_peak, self.maintenance)
        shortfall = int(view.pool.totals[0]["shortfall"])
        self.bucket_shortfall = max(self.bucket_shortfall, shortfall)
        self.shortfall_peak = max(self.shortfall_peak, shortfall)

    def check(self, session: Session) -> None:
        """Check every identity once."""
        self.identities_checked += 1
        self.identities_broken.extend(session.engine.identities())

    def sample(self, view: View, stakes: Mapping[str, int]) -> None:
        """Close the bucket: one point of every series; ``stakes``: what each pot is worth."""
        equity, required = view.equity[NAMED_COUNT:], view.margin_maintenance[NAMED_COUNT:]
        holding = required > 0
        ratios = np.clip(equity[holding] / required[holding], -1.0, RATIO_MAX)
        quantiles = np.quantile(ratios, QUANTILES) if len(ratios) else np.full(len(QUANTILES), np.nan)
        below = int((equity[holding] < required[holding]).sum())
        self.below_maintenance_peak = max(self.below_maintenance_peak, below)
        stages = np.asarray(view.pool.accounts["stage"][: len(view.equity)])
        totals = view.pool.totals[0]
        put = self._put
        put("time_ms", view.time_ms)
        total = 0.0
        for listing in self.setup.contracts():
            row = view.pool.instruments[listing.number]
            value = int(row["open_lots"]) * int(row["mark"]) / listing.unit / 1e6
            total += value
            put(f"open_interest/{listing.name}", round(value))
        self.open_interest_peak = max(self.open_interest_peak, total)
        for listing in {one.symbol: one for one in self.setup.listings if one.kind != KIND_OPTION}.values():
            put(f"price/{listing.symbol}", listing.price(int(view.marks[listing.number])))
        for share, value in zip(QUANTILES, quantiles):
            put(f"health/p{round(share * 100):02d}", None if np.isnan(value) else round(float(value), 4))
        put("accounts/holding", int(holding.sum()))
        put("accounts/below_maintenance", below)
        put("accounts/called", int((stages == STAGE_CALLED).sum()))
        put("accounts/liquidating", int((stages == STAGE_LIQUIDATING).sum()))
        put("accounts/cooling", int((stages == STAGE_COOLING).sum()))
        put("accounts/liquidated", len(self.liquidated))
        put("margin/initial", round(self.initial / 1e6))
        put("margin/maintenance", round(self.maintenance / 1e6))
        if self.desk is not None:
            self.desk.sample(view)
            for name, values in self.desk.series.items():
                put(f"desk/{name}", values[-1])
        put("calls", self.bucket_calls)
        for name in MECHANISMS:
            put(f"liquidations/{name}", self.bucket_lines[name])
            put(f"liquidated/{name}", round(self.bucket_notional[name] / 1e6))
        put("fund", round(int(view.equity[NAMED_FUND]) / 1e6, 2))
        put("fund_cash", round(int(view.pool.accounts[NAMED_FUND]["cash"]) / 1e6, 2))
        put("backstop_equity", round(int(view.equity[NAMED_BACKSTOP]) / 1e6, 2))
        for name, micros in stakes.items():
            put(f"stakes/{name}", round(micros / 1e6, 2))
        put("deficit", round(self.bucket_deficit / 1e6, 2))
        put("shortfall", round(self.bucket_shortfall / 1e6, 2))
        for name, accounts in self.takers.items():
            put(f"capacity/{name}", round(int(np.maximum(view.headroom(accounts), 0).sum()) / 1e6))
        put("bad_debt", round(int(totals["bad_debt"]) / 1e6, 2))
        put("socialised", round(int(totals["socialised"]) / 1e6, 2))
        self.bucket_lines = dict.fromkeys(MECHANISMS, 0)
        self.bucket_notional = dict.fromkeys(MECHANISMS, 0.0)
        self.bucket_calls = 0
        self.bucket_deficit = 0
        self.bucket_shortfall = 0

    def _put(self, name: str, value: Any) -> None:
        self.series.setdefault(name, []).append(value)

    def count(self, name: str) -> int:
        """How often something happened: called, call_ended, triggered, started, ended, deleveraged."""
        kinds = {
            "called": EVENT_CALLED,
            "call_ended": EVENT_CALL_ENDED,
            "triggered": EVENT_TRIGGERED,
            "started": EVENT_LIQUIDATION_STARTED,
            "ended": EVENT_LIQUIDATION_ENDED,
            "deleveraged": EVENT_DELEVERAGED,
        }
        return int(self.events[kinds[name]])
