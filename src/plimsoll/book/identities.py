"""The identities of the books, checked after every batch (docs/identities.md): one pass, then plain integers.

I1 each contract: sum of lots = 0.  I2 each contract: sum of cost = realised; without open interest both are 0.
I3 a closed series has no holders and leaves nothing behind.  I4 sum of cash = vault + sum of realised.
I6 each asset: sum of lots = vault.  I8 0 <= vault + sum(vault_i * mark_i) - sum of equity <= number of holdings.
I9 each pot: shares of its stakes = its shares, of those unbonding likewise; its account holds cash and its asset alone.
"""

from typing import Any, NamedTuple

import numpy as np

from plimsoll.book.layout import Pool
from plimsoll.book.signatures import POOL, WORDS
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import entry
from plimsoll.units.messages import KIND_ASSET, MODE_POT, POT_BACKSTOP, POT_TRANCHE, STATUS_CLOSED, STATUS_FREE
from plimsoll.units.tables import Ints, array_of
from plimsoll.units.views import view

CASH, VALUE, IN_USE = 0, 1, 2


class Sums(NamedTuple):
    """Lots and cost by instrument; cash of all accounts, value and number of holdings with lots."""

    lots: list[int]
    costs: list[int]
    cash: int
    value: int
    in_use: int


@entry((POOL, WORDS, WORDS, WORDS))
def sum_books(pool: Pool, lots: Ints, costs: Ints, sums: Ints) -> int:
    """Sum every holding and every account. Int64 sums that wrap on the way end right, because the ends fit."""
    pool = view(pool)
    for account in range(pool.totals[0]["accounts"]):
        owner = pool.accounts[account]
        sums[CASH] += owner["cash"]
        for row in range(owner["start"], owner["start"] + owner["count"]):
            holding = pool.holdings[row]
            number = holding["instrument"]
            lots[number] += holding["lots"]
            costs[number] += holding["cost"]
            if holding["lots"] != 0:
                instrument = pool.instruments[number]
                price = instrument["mark"] - instrument["funding"]
                sums[VALUE] += mul_div_floor(holding["lots"], price, instrument["unit"])
                sums[IN_USE] += 1
    return 0


def sums_of(pool: Pool) -> Sums:
    """The sums the identities speak of."""
    count = int(pool.totals[0]["instruments"])
    lots, costs, sums = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(3, np.int64)
    sum_books(pool, lots, costs, sums)
    cash, value, in_use = sums.tolist()
    return Sums(lots.tolist(), costs.tolist(), cash, value, in_use)


def broken_identities(pool: Pool) -> list[str]:
    """Every identity that does not hold, as a sentence with its numbers; empty when all hold."""
    sums = sums_of(pool)
    instruments = array_of(pool.instruments)[: len(sums.lots)]
    vault = int(pool.totals[0]["vault"])
    realised = sum(instruments["realised"].tolist())
    broken, assets = [], vault
    for number, row in enumerate(instruments):
        if number == 0 or row["status"] == STATUS_FREE:
            continue
        if row["kind"] == KIND_ASSET:
            assets += int(row["vault"]) * int(row["mark"]) // int(row["unit"])
            if sums.lots[number] != row["vault"]:
                broken.append(f"I6 instrument={number}: lots={sums.lots[number]} vault={row['vault']}")
        else:
            broken += _broken_of_contract(number, row, sums.lots[number], sums.costs[number])
    if sums.cash != vault + realised:
        broken.append(f"I4: cash={sums.cash} vault={vault} realised={realised}")
    slack = assets - (sums.cash + sums.value - sum(sums.costs))
    if not 0 <= slack <= sums.in_use:
        broken.append(f"I8: assets={assets} less equity={slack} holdings={sums.in_use}")
    return broken + broken_pots(pool)


def broken_pots(pool: Pool) -> list[str]:
    """Pots whose stakes do not add up to their shares, or whose account holds what no pot may."""
    stakes = array_of(pool.stakes)[: int(pool.totals[0]["stakes"])]
    broken = []
    for number, pot in enumerate(array_of(pool.pots)):
        if pot["status"] == 0:
            continue
        present = stakes[(stakes["pot"] == number) & (stakes["epoch"] == pot["epoch"])]
        for name, counted in (("shares", "shares"), ("unbonding", "unbonding_shares")):
            total = int(present[name].sum())
            if total != pot[counted]:
                broken.append(f"I9 pot={number}: {name} of stakes={total} {counted}={pot[counted]}")
        if pot["kind"] != POT_BACKSTOP:
            account = pool.accounts[int(pot["account"])]
            start = int(account["start"])
            held = array_of(pool.holdings)[start : start + int(account["count"])]
            strange = (held["instrument"] != pot["instrument"]) | (held["lots"] < 1) | (held["bid_lots"] != 0)
            if account["mode"] != MODE_POT or (pot["kind"] == POT_TRANCHE and held.size) or strange.any():
                broken.append(f"I9 pot={number}: account={pot['account']} holds={held.tolist()}")
    return broken


def _broken_of_contract(number: int, row: Any, lots: int, cost: int) -> list[str]:
    broken = []
    if lots != 0:
        broken.append(f"I1 instrument={number}: lots={lots}")
    if cost != row["realised"]:
        broken.append(f"I2 instrument={number}: cost={cost} realised={row['realised']}")
    if row["open_lots"] == 0 and row["realised"] != 0:
        broken.append(f"I2 instrument={number}: no open interest but realised={row['realised']}")
    if row["status"] == STATUS_CLOSED and row["holders"] != 0:
        broken.append(f"I3 instrument={number}: closed with {row['holders']} holders")
    return broken
