"""What only few accounts have, and what is shared: cases, stakes, seals, pots. Plain objects, no rules."""

from dataclasses import dataclass, field, fields

from plimsoll.book.rows import CaseRow, PotTermsRow, SealRow, StakeRow
from plimsoll.units import messages as m
from plimsoll.units.limits import SHARES_PER_MICRO

TERMS_FIELDS = tuple(PotTermsRow.__annotations__)


@dataclass(eq=False)
class Stake:
    """What one account has in one pot; in the pot's queue while it is to be paid out."""

    account: int
    pot: int
    epoch: int
    shares: int = 0
    unbonding: int = 0
    release_time: int = 0


@dataclass(eq=False)
class Seal:
    """A sealed bid on an account."""

    bidder: int
    words: tuple[int, int, int, int]
    bond: int
    part: int = 0
    discount: int = 0
    revealed: int = 0


@dataclass
class Case:
    """A way through the waterfall, stakes, an endorsement: kept while any of it says something."""

    called_since: int = 0
    call_ended: int = 0
    reserved_cash: int = 0
    slice_since: int = 0
    insolvent_since: int = 0
    batch: int = m.BATCH_NONE
    auction_instrument: int = 0
    auction_top: int = 0
    auction_since: int = 0
    keeper: int = 0
    keeper_due: int = 0
    endorsed: int = 0
    stakes: list[Stake] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not any(getattr(self, word.name) for word in fields(self))

    def forget_auction(self) -> None:
        self.auction_instrument = self.auction_top = self.auction_since = self.keeper = self.keeper_due = 0

    def stake_in(self, pot: int) -> Stake | None:
        """The stake in a pot, of whatever epoch."""
        return next((stake for stake in self.stakes if stake.pot == pot), None)


@dataclass
class Pot:
    """Money that shares divide: its terms under the names of `PotTermsRow`, then what the pool keeps about it."""

    kind: int
    account: int
    rank: int
    instrument: int
    fee: int
    unbonding: int
    capacity: int
    weight: int
    status: int = m.STATUS_OPEN
    epoch: int = 1
    shares: int = 0
    own: int = SHARES_PER_MICRO
    unbonding_shares: int = 0
    paid: int = 0
    queue: list[Stake] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.shares + self.own

    @property
    def insures(self) -> bool:
        """A tranche that somebody has a stake in."""
        return self.kind == m.POT_TRANCHE and self.shares > 0

    def set_terms(self, terms: dict[str, int]) -> None:
        for name in TERMS_FIELDS:
            setattr(self, name, terms[name])


LISTS = ("account", "seals", "stakes", "next")
CASE_FIELDS = tuple(name for name in CaseRow.__annotations__ if name not in LISTS)
STAKE_FIELDS = tuple(name for name in StakeRow.__annotations__ if name not in ("next", "behind"))
SEAL_FIELDS = tuple(name for name in SealRow.__annotations__ if name not in ("account", "next", "spare"))
POT_FIELDS = (*TERMS_FIELDS, "status", "epoch", "shares", "own", "unbonding_shares", "paid")


def values_of(row: object, names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(getattr(row, name)) for name in names)


def seal_values(seal: Seal) -> tuple[int, ...]:
    return (seal.bidder, *seal.words, seal.bond, seal.part, seal.discount, seal.revealed)
