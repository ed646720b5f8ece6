"""Pots as people see them: tranches of the insurance, the backstop, AMMs; what is staked and who leaves next."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.engine.read import read_pot, read_queue_place, read_stake
from plimsoll.units.messages import MODE_POT, POT_AMM, POT_BACKSTOP, POT_TRANCHE
from plimsoll.units.tables import array_of
from plimsoll.venue.decimals import TOKENS, Amount, moment, seconds, share, tokens, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument

if TYPE_CHECKING:
    from plimsoll.venue.account import Account
    from plimsoll.venue.pool import Pool

STATUS_SET: Final = 1
KINDS: Final = {POT_BACKSTOP: "backstop", POT_TRANCHE: "tranche", POT_AMM: "amm"}


class Stake(NamedTuple):
    """What an account has in a pot. ``worth``: tokens (an AMM: the cash side) its shares would pay now, and ``coins``.

    ``unbonding`` of its shares leave at ``release`` (None: none do) and bear losses until they are paid; ``place``: how
    many stand before it in the queue (None: it does not wait).
    """

    pot: "Pot"
    shares: int
    worth: Decimal
    coins: Decimal
    unbonding: int
    release: datetime | None
    place: int | None

    def __str__(self) -> str:
        coins = f" and {self.coins:f} coins" if self.pot.instrument else ""
        said = f"{self.shares} shares of pot {self.pot.number} ({self.pot.kind}), worth {self.worth:f}{coins}"
        if self.release is None:
            return said
        return f"{said}; {self.unbonding} of them leave from {self.release.isoformat()} on, after {self.place} others"


class Pot:
    """One pot. Its terms are parameters of the pool, its money is that of ``account``."""

    def __init__(self, pool: "Pool", number: int) -> None:
        self.pool = pool
        self.number = number

    @property
    def _row(self) -> Any:
        return self.pool.tables.pots[self.number]

    @property
    def kind(self) -> str:
        """``backstop``, ``tranche`` or ``amm``."""
        return KINDS[int(self._row["kind"])]

    @property
    def account(self) -> "Account":
        """The account that holds its money."""
        return self.pool.account_at(int(self._row["account"]))

    @property
    def instrument(self) -> Instrument | None:
        """The asset of an AMM; None for other pots."""
        number = int(self._row["instrument"])
        return self.pool.numbered(number) if number else None

    @property
    def assets(self) -> Decimal:
        """What its shares divide, in tokens: equity of the backstop, cash of a tranche, the cash side of an AMM."""
        return tokens(self._held[0])

    @property
    def coins(self) -> Decimal:
        """The asset side of an AMM; 0 of other pots."""
        asset = self.instrument
        return Decimal(0) if asset is None else asset.quantity_of(self._held[1])

    @property
    def _held(self) -> list[int]:
        figures = np.zeros(2, np.int64)
        read_pot(self.pool.tables, self.number, figures)
        return figures.tolist()

    @property
    def shares(self) -> int:
        """Shares of all stakes."""
        return int(self._row["shares"])

    @property
    def own(self) -> int:
        """Shares nobody can redeem: they stand for what the pot had before the first stake."""
        return int(self._row["own"])

    def shares_for(self, amount: Amount) -> int:
        """The fewest shares that would pay so many tokens now (of an AMM: on the cash side); for ``unstake``."""
        micros = whole(amount, TOKENS, "amount")
        return -(-micros * (self.shares + self.own) // (self._held[0] + 1))

    @property
    def leaving(self) -> int:
        """Shares in the queue of those who leave."""
        return int(self._row["unbonding_shares"])

    @property
    def epoch(self) -> int:
        """The first is 1; a pot that was wiped begins the next, in which older shares are worth nothing."""
        return int(self._row["epoch"])

    @property
    def fee(self) -> Decimal:
        """Of an AMM: the share of what is paid in."""
        return share(self._row["fee"])

    @property
    def rank(self) -> int:
        """Of tranches: those of a lower rank pay first."""
        return int(self._row["rank"])

    @property
    def weight(self) -> int:
        """Of tranches: its part of premiums."""
        return int(self._row["weight"])

    @property
    def unbonding(self) -> Decimal:
        """Seconds from ``unstake`` until shares can be paid."""
        return seconds(self._row["unbonding"])

    @property
    def capacity(self) -> Decimal:
        """The most its assets may come to by staking, in tokens."""
        return tokens(self._row["capacity"])

    @property
    def paid(self) -> Decimal:
        """What a tranche has paid for losses so far, in tokens."""
        return tokens(self._row["paid"])

    @property
    def queue(self) -> "tuple[Account, ...]":
        """Who leaves next, the first first."""
        rows, found = array_of(self.pool.tables.stakes), []
        row = int(self._row["first"])
        while row:
            found.append(self.pool.account_at(int(rows[row]["account"])))
            row = int(rows[row]["behind"])
        return tuple(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pot) and (self.pool, self.number) == (other.pool, other.number)

    def __hash__(self) -> int:
        return hash((id(self.pool), self.number))

    def __repr__(self) -> str:
        return f"<pot {self.number}: {self.kind}, epoch {self.epoch}, {self.assets:f} in {self.shares} shares>"


def pot_number(tables: Tables, account: int) -> int:
    """The number of the tranche or AMM whose money an account holds; 0 for anybody else's account."""
    if tables.accounts[account]["mode"] != MODE_POT:
        return 0
    rows = array_of(tables.pots)
    return int(np.flatnonzero((rows["status"] == STATUS_SET) & (rows["account"] == account))[0])


def pot_of(pool: "Pool", pot: Pot) -> Pot:
    """The pot itself; TypeError for what is none, InputRefused for one of another pool."""
    if not isinstance(pot, Pot):
        raise TypeError(f"pot: give a pot, like pool.pot_at(1), not {type(pot).__name__}")
    if pot.pool is not pool:
        raise InputRefused(f"pot {pot.number} is one of another pool")
    return pot


def stakes_of(account: "Account") -> tuple[Stake, ...]:
    """The stakes of an account in the present epoch of their pots, in the order they were made."""
    pool, found = account.pool, []
    case = int(pool.tables.accounts[account.number]["case"])
    row = int(pool.tables.cases[case]["stakes"]) if case else 0
    while row:
        held = pool.tables.stakes[row]
        pot = Pot(pool, int(held["pot"]))
        if int(held["epoch"]) == pot.epoch:
            found.append(_stake(pot, account.number, int(held["release_time"])))
        row = int(held["next"])
    return tuple(found)


def _stake(pot: Pot, account: int, release_time: int) -> Stake:
    figures = np.zeros(4, np.int64)
    read_stake(pot.pool.tables, account, pot.number, figures)
    shares, unbonding, worth, lots = figures.tolist()
    asset = pot.instrument
    coins = Decimal(0) if asset is None else asset.quantity_of(lots)
    place = int(read_queue_place(pot.pool.tables, account, pot.number))
    release = moment(release_time) if unbonding else None
    return Stake(pot, shares, tokens(worth), coins, unbonding, release, place if place >= 0 else None)
