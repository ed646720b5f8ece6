"""The part of a pool's face that opens pots and curves, endorses bidders and runs auctions."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from plimsoll.book.rows import PotTermsRow
from plimsoll.units.limits import MICROS_MAX, POINTS_MAX, POTS_MAX
from plimsoll.units.messages import (
    COMMAND_AUCTION,
    COMMAND_CLOSE_ACCOUNT,
    COMMAND_COMMIT,
    COMMAND_ENDORSE,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_REVEAL,
    COMMAND_SET_CURVE,
    COMMAND_SET_POT,
    FLAG_OPERATOR,
    MODE_STANDARD,
    NAMED_BACKSTOP,
    POT_AMM,
    POT_BACKSTOP,
    POT_TRANCHE,
)
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue.account import Account
from plimsoll.venue.actions import ActionsFace
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.pots import Pot, pot_of
from plimsoll.venue.refused import Refused
from plimsoll.venue.seals import seal_of

POTS_OWNER: Final = 2**62
"""Who owns the accounts of pots: a number that is no customer's."""
SALT_BITS: Final = 126
TERMS: Final = {"rank": COUNT, "fee": SHARE, "unbonding": SECONDS, "capacity": TOKENS, "weight": COUNT}


class InsuranceFace(ActionsFace):
    """Insurance and auctions; see ``Pool``."""

    @property
    def pots(self) -> tuple[Pot, ...]:
        """Every pot there is, by number."""
        used = np.flatnonzero(array_of(self.tables.pots)["status"])
        return tuple(Pot(self, number) for number in used.tolist())  # type: ignore[arg-type]

    def pot_at(self, number: int) -> Pot:
        """The pot with a number; InputRefused when there is none."""
        wanted, rows = whole(number, COUNT, "pot"), array_of(self.tables.pots)["status"]
        if not 0 < wanted < rows.size or not rows[wanted]:
            raise InputRefused(f"there is no pot {wanted}")
        return Pot(self, wanted)  # type: ignore[arg-type]

    def open_tranche(
        self, *, rank: int = 1, unbonding: Amount = 0, capacity: Amount | None = None, weight: int = 1
    ) -> Pot:
        """A tranche of the insurance: those of a lower ``rank`` pay first. ``unbonding`` in seconds, ``capacity`` in
        tokens (None: the most there can be), ``weight``: its part of premiums.
        """
        terms: dict[str, Amount] = {"rank": rank, "unbonding": unbonding, "weight": weight}
        return self._open(POT_TRANCHE, 0, terms, capacity)

    def open_backstop(self, *, unbonding: Amount = 0, capacity: Amount | None = None) -> Pot:
        """Let depositors share what the backstop wins and loses from now on; what it has already stays the venue's."""
        return self._open(POT_BACKSTOP, 0, {"unbonding": unbonding}, capacity)

    def open_amm(
        self,
        instrument: Instrument | str,
        *,
        fee: Amount = "0.003",
        unbonding: Amount = 0,
        capacity: Amount | None = None,
    ) -> Pot:
        """A constant-product market of an asset against the settlement token."""
        return self._open(POT_AMM, self.instrument(instrument).number, {"fee": fee, "unbonding": unbonding}, capacity)

    def _open(self, kind: int, instrument: int, terms: Mapping[str, Amount], capacity: Amount | None) -> Pot:
        with self._lock:
            free = np.flatnonzero(array_of(self.tables.pots)["status"][1:] == 0)
            if not free.size:
                raise InputRefused(f"a pool has {POTS_MAX} pots at most")
            number = int(free[0]) + 1
            home = NAMED_BACKSTOP if kind == POT_BACKSTOP else int(self.tables.totals[0]["accounts"])
            row = dict.fromkeys(PotTermsRow.__annotations__, 0) | {"kind": kind, "account": home, "weight": 1}
            row |= {"instrument": instrument, "capacity": MICROS_MAX} | _terms(terms, capacity)
            if home != NAMED_BACKSTOP:
                opened = {"account": home, "counterparty": POTS_OWNER, "flags": MODE_STANDARD}
                self.command(COMMAND_OPEN_ACCOUNT, True, opened)
            refused = self.command(COMMAND_SET_POT, False, {"instrument": number}, _words(row))
            if refused is not None:
                if home != NAMED_BACKSTOP:
                    self.command(COMMAND_CLOSE_ACCOUNT, True, {"account": home})
                raise refused
        return Pot(self, number)  # type: ignore[arg-type]

    def set_pot(
        self, pot: Pot, *, capacity: Amount | None = None, check: bool = True, **terms: Amount
    ) -> Refused | None:
        """Change ``rank``, ``fee``, ``unbonding``, ``capacity`` or ``weight`` of a pot; the rest stays."""
        held = self.tables.pots[pot_of(self, pot).number]  # type: ignore[arg-type]
        row = {name: int(held[name]) for name in PotTermsRow.__annotations__} | _terms(terms, capacity)  # type: ignore[literal-required]
        return self.command(COMMAND_SET_POT, check, {"instrument": pot.number}, _words(row))

    def set_curve(
        self, number: int, points: Sequence[tuple[Amount, Amount]], *, joined: bool = True, check: bool = True
    ) -> Refused | None:
        """Set a curve: (seconds, value as a fraction) of each point. ``joined`` by lines; else it goes in steps."""
        if not isinstance(points, (list, tuple)) or not 1 <= len(points) <= POINTS_MAX:
            raise InputRefused(f"points: give a list of 1 to {POINTS_MAX} (seconds, value)")
        words = [int(bool(joined))]
        for point in points:
            if not isinstance(point, (list, tuple)) or len(point) != 2:
                raise InputRefused("points: each is (seconds, value)")
            words += [whole(point[0], SECONDS, "time of a point"), whole(point[1], SHARE, "value of a point")]
        payload: Ints = np.array(words, np.int64)
        return self.command(COMMAND_SET_CURVE, check, {"instrument": whole(number, COUNT, "curve")}, payload)

    def endorse(self, account: Account, endorsed: bool = True, *, check: bool = True) -> Refused | None:
        """Let an account bid while a liquidation is open to endorsed bidders only; or no more."""
        return self.command(COMMAND_ENDORSE, check, {"account": account.number, "flags": FLAG_OPERATOR | int(endorsed)})

    def commit(
        self, account: Account, bidder: Account, part: Amount, discount: Amount, salt: int, *, check: bool = True
    ) -> Refused | None:
        """A sealed bid on an account in liquidation: only its seal and a bond leave the bidder's hand.

        ``salt``: a secret of up to 126 bits; whoever guesses it can read the bid.
        """
        words = self._sealed(account, bidder, part, discount, salt)
        columns = dict(zip(("lots", "price", "amount", "premium"), seal_of(*words)))
        return self.command(COMMAND_COMMIT, check, columns | {"account": words[0], "counterparty": words[1]})

    def reveal(
        self, account: Account, bidder: Account, part: Amount, discount: Amount, salt: int, *, check: bool = True
    ) -> Refused | None:
        """Open a sealed bid with the numbers it was made of."""
        names = ("account", "counterparty", "lots", "price", "amount", "premium")
        columns = dict(zip(names, self._sealed(account, bidder, part, discount, salt)))
        return self.command(COMMAND_REVEAL, check, columns)

    def _sealed(
        self, account: Account, bidder: Account, part: Amount, discount: Amount, salt: int
    ) -> tuple[int, int, int, int, int, int]:
        if isinstance(salt, bool) or not isinstance(salt, int):
            raise TypeError(f"salt: give an int, not {type(salt).__name__}")
        if salt < 0 or salt >> SALT_BITS:
            raise InputRefused(f"salt: must be a whole number of at most {SALT_BITS} bits, like secrets.randbits(126)")
        sizes = whole(part, SHARE, "part"), whole(discount, SHARE, "discount")
        return account.number, bidder.number, *sizes, salt >> 63, salt & (1 << 63) - 1

    def auction(
        self, account: Account, keeper: Account, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Start, or where it is over reset, the auction of the next asset of an account in liquidation."""
        leg = max(int(self.venue.next_legs(np.array([account.number], np.int64))[0]), 0)
        number = leg if instrument is None else self.instrument(instrument).number
        columns = {"account": account.number, "counterparty": keeper.number, "instrument": number}
        return self.command(COMMAND_AUCTION, check, columns)


def _words(row: Mapping[str, int]) -> Ints:
    return np.array(list(row.values()), np.int64)


def _terms(terms: Mapping[str, Amount], capacity: Amount | None) -> dict[str, int]:
    unknown = sorted(set(terms) - set(TERMS))
    if unknown:
        raise TypeError(f"unknown term of a pot {unknown[0]!r}; known: {', '.join(TERMS)}")
    given = dict(terms) if capacity is None else {**terms, "capacity": capacity}
    return {name: whole(value, TERMS[name], name) for name, value in given.items()}
