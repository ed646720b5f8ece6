"""The part of an account's face that stakes, swaps, and looks at its place in the waterfall."""

from typing import TYPE_CHECKING, Final

from plimsoll.engine.read import read_place, read_state_number
from plimsoll.units.messages import COMMAND_STAKE, COMMAND_SWAP, COMMAND_UNSTAKE
from plimsoll.venue.decimals import COUNT, TOKENS, Amount, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.pots import Pot, Stake, pot_of, stakes_of
from plimsoll.venue.refused import Refused

if TYPE_CHECKING:
    from plimsoll.venue.pool import Pool

NONE_HELD: Final = 1
"""A share more than is held: the rule that refuses it says so."""


class StakingFace:
    """Stakes and swaps; see ``Account``."""

    pool: "Pool"
    number: int

    def _command(self, kind: int, check: bool, columns: dict[str, int]) -> Refused | None:
        return self.pool.command(kind, check, {"account": self.number} | columns)

    @property
    def stakes(self) -> tuple[Stake, ...]:
        """What it has in pots."""
        return stakes_of(self)  # type: ignore[arg-type]

    def stake(
        self, pot: Pot, amount: Amount, coins: Amount = 0, *, shares_min: int = 0, check: bool = True
    ) -> Refused | None:
        """Put tokens (into an AMM: and at most so many coins) in a pot, for at least ``shares_min`` shares.

        An AMM takes both in the ratio it has and leaves the rest.
        """
        asset = pot_of(self.pool, pot).instrument
        lots = whole(coins, COUNT, "coins") if asset is None else asset.lots(coins, "coins")
        if asset is None and lots:
            raise InputRefused(f"coins: pot {pot.number} is a {pot.kind}: only an AMM takes coins")
        columns = {"instrument": pot.number, "amount": whole(amount, TOKENS, "amount"), "lots": lots}
        return self._command(COMMAND_STAKE, check, columns | {"price": whole(shares_min, COUNT, "shares_min")})

    def unstake(self, pot: Pot, shares: int | None = None, *, check: bool = True) -> Refused | None:
        """Ask for shares (None: all) to be paid out: they join the queue and bear losses until then."""
        held = next((one.shares for one in self.stakes if one.pot == pot_of(self.pool, pot)), NONE_HELD)
        columns = {"instrument": pot.number, "amount": held if shares is None else whole(shares, COUNT, "shares")}
        return self._command(COMMAND_UNSTAKE, check, columns)

    def swap(self, pot: Pot, coins: Amount, *, limit: Amount = 0, check: bool = True) -> Refused | None:
        """Buy coins from an AMM, or with a negative quantity sell them, for at most (at least) ``limit`` tokens."""
        asset = pot_of(self.pool, pot).instrument
        if asset is None:
            raise InputRefused(f"pot {pot.number} is a {pot.kind}: only an AMM deals")
        money = whole(limit, TOKENS, "limit")
        columns = {"instrument": pot.number, "lots": asset.lots(coins, "coins"), "amount": money}
        return self._command(COMMAND_SWAP, check, columns)

    @property
    def state_number(self) -> int:
        """What it holds as one number: a bid that names it as expected is refused once anything has moved."""
        return int(read_state_number(self.pool.tables, self.number))

    def deleveraging_place(self, instrument: Instrument | str) -> int | None:
        """Its place among those who would be deleveraged on its side of a contract, from 1; None when it holds none.

        As the queue would be now, for an account of somebody else; hedges come last.
        """
        one = self.pool.instrument(instrument)
        place = 0 if one.kind == "asset" else int(read_place(self.pool.tables, self.number, one.number))
        return place if place > 0 else None
