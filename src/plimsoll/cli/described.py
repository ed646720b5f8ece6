"""Parts of a pool's state as plain data, read from its tables alone: there may be no venue that could be opened."""

from typing import Any, cast

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.units.messages import MODE_POT, NAMED_COUNT, STAGE_CALLED, STAGE_COOLING, STAGE_LIQUIDATING, STATUS_OPEN
from plimsoll.units.tables import array_of
from plimsoll.venue import Account, InputRefused, Instrument, Pool, Pot, Stake
from plimsoll.venue.registry import Registry


class Reading:
    """What the face reads of a pool: tables and names."""

    def __init__(self, tables: Tables, registry: Registry) -> None:
        self.tables = tables
        self._registry = registry

    @property
    def settlement(self) -> str:
        """The name of the settlement token."""
        return self._registry.settlement

    def numbered(self, number: int) -> Instrument:
        """The instrument with a number; 0 (and -1 in events) is the settlement token."""
        number = max(number, 0)
        scale = int(self.tables.instruments[number]["scale"])
        return Instrument(lambda: self.tables, number, self._registry.name(number), self._registry.lot(number, scale))

    def account_at(self, number: int) -> Account:
        """The account with a number."""
        return Account(cast("Pool", self), number)

    @property
    def pots(self) -> list[Pot]:
        """Every pot there is, by number."""
        numbers = np.flatnonzero(array_of(self.tables.pots)["status"]).tolist()
        return [Pot(cast("Pool", self), number) for number in numbers]


def counts_of(tables: Tables) -> dict[str, int]:
    """How many accounts of owners there are, and in which stages."""
    rows = array_of(tables.accounts)[: int(tables.totals[0]["accounts"])]
    stages = rows["stage"][NAMED_COUNT:]
    return {
        "open": int(((rows["status"] == STATUS_OPEN) & (rows["mode"] != MODE_POT))[NAMED_COUNT:].sum()),
        "called": int((stages == STAGE_CALLED).sum()),
        "liquidating": int((stages == STAGE_LIQUIDATING).sum()),
        "cooling": int((stages == STAGE_COOLING).sum()),
        "holdings": int(rows["count"].sum()),
    }


def instruments_of(reading: Reading) -> list[dict[str, Any]]:
    """Every instrument that is listed."""
    listed = [reading.numbered(number) for number in range(1, int(reading.tables.totals[0]["instruments"]))]
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "status": one.status,
            "mark": f"{one.mark:f}",
            "state": one.oracle_state,
            "open_interest": f"{one.open_interest:f}",
        }
        for one in listed
    ]


def pots_of(reading: Reading) -> list[dict[str, Any]]:
    """Every pot: what its shares divide, and who waits to leave."""
    return [
        {
            "pot": pot.number,
            "kind": pot.kind,
            "account": pot.account.name,
            "assets": f"{pot.assets:f}",
            "coins": f"{pot.coins:f} {pot.instrument.name}" if pot.instrument else "",
            "shares": pot.shares,
            "leaving": pot.leaving,
            "epoch": pot.epoch,
            "paid": f"{pot.paid:f}",
        }
        for pot in reading.pots
    ]


def account_of(reading: Reading, number: int) -> dict[str, Any]:
    """One account with its margin explained; InputRefused when no account was ever there."""
    used = int(reading.tables.totals[0]["accounts"])
    if not 0 <= number < used:
        raise InputRefused(f"--account: there is no account {number}; {used} rows are used")
    account = reading.account_at(number)
    said, stakes = account.explain(), account.stakes
    return {
        "number": number,
        "owner": account.owner,
        "mode": account.mode,
        "stage": account.stage,
        "cash": said.cash,
        "equity": said.margin.equity,
        "initial": said.margin.initial,
        "maintenance": said.margin.maintenance,
        "positions": [
            {"instrument": term.instrument, "quantity": term.quantity, "value": term.value, "cost": term.cost}
            for term in said.terms
        ],
        "stakes": list(map(_stake, stakes)),
        "explained": "\n".join([str(said), *(f"  stake: {stake}" for stake in stakes)]),
    }


def _stake(stake: Stake) -> dict[str, Any]:
    return {
        "pot": stake.pot.number,
        "shares": stake.shares,
        "worth": stake.worth,
        "coins": stake.coins,
        "unbonding": stake.unbonding,
        "release": stake.release.isoformat() if stake.release else None,
        "place": stake.place,
    }
