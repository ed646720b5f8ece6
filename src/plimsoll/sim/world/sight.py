"""What everybody sees in a block: the pool as it was when the block began, its marks as reported since, true prices.

What is planned in the block is counted at once (``lots``, ``free``), so that nobody plans with the same money twice.
"""

from functools import cached_property
from typing import Any, Final

import numpy as np

from plimsoll.sim.view import Flags, Floats
from plimsoll.sim.world.batch import PoolView
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.listing import Listed
from plimsoll.sim.world.market import Market
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sizing import initial_margin, option_margin
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    ACTION_FILL,
    ACTION_MARGIN,
    COMMAND_FILL,
    KIND_ASSET,
    KIND_OPTION,
    MODE_POT,
    NAMED_COUNT,
    STAGE_HEALTHY,
    STAGE_LIQUIDATING,
    STATUS_OPEN,
)
from plimsoll.units.tables import Ints

HALF_SPREAD: Final = 0.0005
PRUDENCE: Final = 0.9
"""Share of what seems free that anybody binds."""
HALVINGS: Final = 8


class Sight:
    """One block. Arrays are ``[instrument]`` or ``[account]``, ``lots`` is ``[account, instrument]``."""

    def __init__(
        self, view: PoolView, market: Market, config: WorldConfig, time_ms: int, makers: tuple[int, ...]
    ) -> None:
        self.view, self.market, self.config, self.time_ms, self.makers = view, market, config, time_ms, makers
        self.listings: list[Listed] = market.listings
        totals = view.pool.totals[0]
        self.count, self.instruments = int(totals["accounts"]), int(totals["instruments"])
        self.accounts: Any = np.array(view.pool.accounts[: self.count])
        self.rows: Any = np.array(view.pool.instruments[: self.instruments])
        self.fair = market.fair(time_ms)[: self.instruments]
        self.marks: Floats = self.rows["mark"].astype(np.float64)
        self.blocks: Ints = self.rows["blocks"].copy()
        self.units: Floats = self.rows["unit"].astype(np.float64)
        self.cash: Ints = self.accounts["cash"].copy()
        self.lots, self.orders = self._holdings()
        self.held = self.lots.copy()
        equity, maintenance, initial = (np.asarray(column).astype(np.float64) for column in view.sweep())
        self.equity, self.maintenance = equity[: self.count], maintenance[: self.count]
        self.free: Floats = self.equity - initial[: self.count]
        self.stage: Ints = self.accounts["stage"]

    def _holdings(self) -> tuple[Ints, Ints]:
        """Lots held, and open orders [account, instrument, (bid, ask)]."""
        lots = np.zeros((self.count, self.instruments), np.int64)
        orders = np.zeros((self.count, self.instruments, 2), np.int64)
        counts, starts = self.accounts["count"], self.accounts["start"]
        row = np.repeat(np.arange(self.count), counts)
        offsets = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        held = self.view.pool.holdings[np.repeat(starts, counts) + offsets]
        lots[row, held["instrument"]] = held["lots"]
        orders[row, held["instrument"], 0] = held["bid_lots"]
        orders[row, held["instrument"], 1] = held["ask_lots"]
        return lots, orders

    def reported(self, instrument: int, mark: int, confidence: int, sources: int) -> None:
        """A report is on its way: whoever acts after it reckons with the mark and with what it may be used for."""
        row = self.rows[instrument]
        for found in ("contracts", "assets", "options"):
            self.__dict__.pop(found, None)
        if not 0 < mark <= int(row["mark_max"]):
            self.blocks[instrument] |= ACTION_FILL | ACTION_MARGIN
            return
        moved = self.lots[:, instrument] * ((mark - self.marks[instrument]) / self.units[instrument])
        self.equity += moved
        self.free += moved
        self.marks[instrument] = mark
        mean = int(row["volatility_mean"]) or mark
        wild = row["volatility_max"] > 0 and abs(mark - mean) * PPB > mean * int(row["volatility_max"])
        doubtful = confidence * PPB > mark * int(row["confidence_max"])
        self.blocks[instrument] &= ~(ACTION_FILL | ACTION_MARGIN)
        if wild or doubtful:
            self.blocks[instrument] |= ACTION_FILL | ACTION_MARGIN
        elif sources < row["sources_min"]:
            self.blocks[instrument] |= ACTION_FILL

    def is_bound(self, account: int) -> bool:
        """Whether the account holds something whose mark lets it take no risk."""
        holds = (self.lots[account] != 0) | self.orders[account].any(axis=1)
        return bool((self.blocks[holds] & ACTION_MARGIN).any())

    @cached_property
    def liquidating(self) -> Ints:
        """Accounts in liquidation."""
        return np.flatnonzero(self.stage == STAGE_LIQUIDATING)

    @cached_property
    def owned(self) -> Ints:
        """Accounts of owners."""
        is_owners = (np.arange(self.count) >= NAMED_COUNT) & (self.accounts["mode"] != MODE_POT)
        return np.flatnonzero((self.accounts["status"] == STATUS_OPEN) & is_owners)

    @cached_property
    def contracts(self) -> list[int]:
        """Perps and futures that may be traded freely."""
        return [number for number in range(1, self.instruments) if self.is_open(number) and self._linear(number)]

    @cached_property
    def assets(self) -> list[int]:
        """Assets that may be traded freely, worthless ones apart."""
        return [n for n in range(1, self.instruments) if self.is_open(n) and self._asset(n) and self.marks[n] > 100]

    @cached_property
    def options(self) -> list[int]:
        """Options that may be traded freely."""
        return [n for n in range(1, self.instruments) if self.is_open(n) and self.rows["kind"][n] == KIND_OPTION]

    def _linear(self, number: int) -> bool:
        return int(self.rows["kind"][number]) not in (KIND_ASSET, KIND_OPTION)

    def _asset(self, number: int) -> bool:
        return int(self.rows["kind"][number]) == KIND_ASSET

    def is_open(self, number: int) -> bool:
        """Listed without conditions, priced, and its mark good for trading."""
        usable = self.marks[number] > 0 and not self.blocks[number] & ACTION_FILL
        return bool(usable and self.rows["status"][number] == STATUS_OPEN)

    def is_healthy(self, account: int) -> bool:
        """An owner's account that is neither called nor in liquidation."""
        row = self.accounts[account] if account < self.count else None
        return row is not None and row["status"] == STATUS_OPEN and row["stage"] == STAGE_HEALTHY

    def worth(self, number: int, lots: int) -> float:
        """Micros of so many lots at the mark."""
        return float(lots * (self.marks[number] / self.units[number]))

    def lots_worth(self, number: int, micros: float) -> int:
        """Whole lots worth at most so many micros at the mark, towards zero."""
        return int(micros * (self.units[number] / max(self.marks[number], 1.0)))

    def required(self, number: int, lots: int) -> float:
        """About the initial margin of a position."""
        listed, mark = self.listings[number - 1], float(self.marks[number])
        if listed.kind == KIND_OPTION:
            spot = float(self.fair[self.config.chain.underlying]) if self.config.chain else mark
            return option_margin(spot, mark, listed.unit, lots)
        row = self.rows[number]
        rate = max(int(row["rate_open_interest"]) - int(row["rate_initial"]), 0) + int(row["rate_confidence"])
        return initial_margin(listed.row, mark, lots) + abs(self.worth(number, lots)) * rate / PPB

    def leverage(self, number: int) -> float:
        """About the most leverage a small position may have."""
        row = self.rows[number]
        return PPB / max(int(row["rate_initial"]), int(row["rate_open_interest"]), PPB // 200)

    def other_owner(self, account: int, others: Ints | tuple[int, ...]) -> Flags:
        """Which of the others belong to somebody else."""
        owners: Flags = self.accounts["owner"][list(others)] != self.accounts["owner"][account]
        return owners

    def price_for(self, number: int, lots: int) -> int:
        """Where makers deal: half a spread from the true price, as near as the band around the mark lets them."""
        true = self.fair[number] if self.fair[number] > 0 else self.marks[number]
        price = true * (1 + HALF_SPREAD * (1 if lots > 0 else -1))
        band = self.marks[number] * int(self.rows["band"][number]) / PPB * 0.98
        return max(1, round(float(min(max(price, self.marks[number] - band), self.marks[number] + band))))

    def deal(self, out: Outbox, taker: int, number: int, lots: int, flags: int = 0) -> int:
        """A fill with the maker who has most to spare, as large as all limits seem to allow; the lots planned."""
        makers = [one for one in self.makers if one < self.count and self.is_healthy(one)]
        makers = [one for one, other in zip(makers, self.other_owner(taker, tuple(makers)), strict=True) if other]
        if not makers or lots == 0 or not self.is_open(number):
            return 0
        maker = max(makers, key=lambda one: self._willing(one, number, lots))
        return self.trade(out, taker, maker, number, lots, flags)

    def _willing(self, maker: int, number: int, lots: int) -> float:
        if self._asset(number):
            return float(self.lots[maker, number] if lots > 0 else self.cash[maker])
        return float(self.free[maker]) - (self.required(number, int(self.lots[maker, number]) - lots))

    def trade(self, out: Outbox, taker: int, maker: int, number: int, lots: int, flags: int = 0, price: int = 0) -> int:
        """A fill at makers' price or another, halved until both can carry it; the lots planned."""
        limit = int(self.rows["lots_max"][number])
        lots = max(-limit, min(lots, limit))
        price = price or self.price_for(number, lots)
        for _ in range(HALVINGS):
            lots = self._in_full(taker, number, lots)
            if lots == 0 or (self._carries(taker, number, lots, price) and self._carries(maker, number, -lots, price)):
                break
            lots = int(lots / 2)
        else:
            return 0
        if lots == 0 or self._leaves_dust(maker, number, -lots) or self._leaves_dust(taker, number, lots):
            return 0
        out.send(
            COMMAND_FILL, account=taker, counterparty=maker, instrument=number, lots=lots, price=price, flags=flags
        )
        self._plan(taker, number, lots, price)
        self._plan(maker, number, -lots, price)
        self.market.push(self.listings[number - 1].coin, self.worth(number, lots))
        return lots

    def _in_full(self, account: int, number: int, lots: int) -> int:
        """All of a position where what is left of it would be below the minimum."""
        before = int(self.lots[account, number])
        reduces = before * lots < 0 and abs(lots) < abs(before)
        return -before if reduces and self._leaves_dust(account, number, lots) else lots

    def _leaves_dust(self, account: int, number: int, lots: int) -> bool:
        after = int(self.lots[account, number]) + lots
        return after != 0 and abs(self.worth(number, after)) < int(self.rows["notional_min"][number]) * 1.01

    def _carries(self, account: int, number: int, lots: int, price: int) -> bool:
        before = int(self.lots[account, number])
        after = before + lots
        limit = int(self.rows["lots_max"][number])
        open_bid, open_ask = (int(side) for side in self.orders[account, number])
        worst = max(abs(after + open_bid), abs(after - open_ask))
        if worst > limit and worst > abs(before):
            return False
        paid = abs(lots) * price / self.units[number]
        fee = paid * abs(int(self.rows["fee_taker"][number])) / PPB
        if self._asset(number):
            if self.is_bound(account):
                return False
            return after >= 0 and self.cash[account] * PRUDENCE >= (paid if lots > 0 else 0) and self.free[account] > 0
        if self.rows["kind"][number] == KIND_OPTION and lots > 0 and self.cash[account] * PRUDENCE < paid:
            return False
        if before * lots < 0 and abs(lots) <= abs(before):
            return True
        if self.is_bound(account) or self.blocks[number] & ACTION_MARGIN:
            return False
        room = int(self.rows["open_lots_max"][number]) - int(self.rows["open_lots"][number])
        if abs(lots) > room:
            return False
        more = self.required(number, int(worst)) - self.required(number, before)
        loss = abs(self.worth(number, lots) - lots * price / self.units[number])
        return bool(self.free[account] * PRUDENCE >= more + fee + loss)

    def _plan(self, account: int, number: int, lots: int, price: int) -> None:
        before = int(self.lots[account, number])
        after = before + lots
        paid = lots * price / self.units[number]
        self.lots[account, number] = after
        if not self._linear(number):
            self.cash[account] -= round(paid)
        change = self.required(number, after) - self.required(number, before)
        self.free[account] += self.worth(number, lots) - paid - change
