"""An account as people see it: its money, its positions, what it may do, and why."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plimsoll.margin.explain import explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.units.messages import (
    COMMAND_CLOSE_ACCOUNT,
    COMMAND_DEPOSIT,
    COMMAND_REALISE,
    COMMAND_RELEASE,
    COMMAND_REPLACE,
    COMMAND_RESERVE,
    COMMAND_SET_LIMITS,
    COMMAND_SET_MODE,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    FLAG_OPERATOR,
    MODE_PORTFOLIO,
    MODE_STANDARD,
    NAMED_COUNT,
    name_of,
)
from plimsoll.units.tables import array_of
from plimsoll.venue.answers import Explained, LiquidationPrice, Margin, explained, margin_of
from plimsoll.venue.decimals import SHARE, Amount, tokens, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument, trading_mark
from plimsoll.venue.parameters import leverage_rate
from plimsoll.venue.pots import pot_number
from plimsoll.venue.refused import Refused
from plimsoll.venue.relief import Relief, relief_of
from plimsoll.venue.staking import StakingFace
from plimsoll.venue.whatif import after_fill, apart, in_mode

if TYPE_CHECKING:
    from plimsoll.venue.pool import Pool


MODES: Final = {"standard": MODE_STANDARD, "portfolio": MODE_PORTFOLIO}


def mode_number(mode: str) -> int:
    """The engine's number of a margin mode; InputRefused for another word."""
    if mode not in MODES:
        raise InputRefused(f"mode: must be 'standard' or 'portfolio', not {mode!r:.40}")
    return MODES[mode]


class Position(NamedTuple):
    """What an account holds of one instrument: coins, what they cost (tokens), and open orders on each side (coins)."""

    instrument: Instrument
    quantity: Decimal
    cost: Decimal
    bids: Decimal
    asks: Decimal


class Account(StakingFace):
    """One margin account of a pool. Commands raise ``Refused``, or return it with ``check=False``."""

    def __init__(self, pool: "Pool", number: int) -> None:
        self.pool = pool
        self.number = number

    @property
    def _row(self) -> Any:
        return self.pool.tables.accounts[self.number]

    @property
    def owner(self) -> int:
        """Whose account it is; 0 for the pool's own."""
        return int(self._row["owner"])

    @property
    def name(self) -> str:
        """``fund``, ``fees``, ... for the pool's own accounts, else its number."""
        return name_of("NAMED", self.number) if self.number < NAMED_COUNT else str(self.number)

    @property
    def stage(self) -> str:
        """``healthy``, ``called``, ``liquidating`` or ``cooling``; ``free`` when it was closed."""
        return name_of("STAGE", int(self._row["stage"])) if self._row["status"] else "free"

    @property
    def mode(self) -> str:
        """How its requirements are reckoned: ``standard`` (rates and weights) or ``portfolio`` (scenarios)."""
        return name_of("MODE", int(self._row["mode"]))

    @property
    def cash(self) -> Decimal:
        """Settlement tokens, without what positions have won or lost since they were opened."""
        return tokens(self._row["cash"])

    @property
    def positions(self) -> tuple[Position, ...]:
        """Everything it holds or has orders in."""
        row = self._row
        start = int(row["start"])
        rows = array_of(self.pool.tables.holdings)[start : start + int(row["count"])]
        return tuple(self._position(holding) for holding in rows)

    def _position(self, holding: Any) -> Position:
        instrument = self.pool.numbered(int(holding["instrument"]))
        lots, bids, asks = (instrument.quantity_of(int(holding[name])) for name in ("lots", "bid_lots", "ask_lots"))
        return Position(instrument, lots, tokens(holding["cost"]), bids, asks)

    @property
    def margin(self) -> Margin:
        """Equity and requirements now, in tokens."""
        return margin_of(explain(self.pool.tables, self.number), self.pool.numbered)

    def margins(self) -> dict[str, Margin]:
        """Its margin in either mode, as it would be after ``set_mode``: ``{"standard": ..., "portfolio": ...}``."""
        own = apart(self.pool.tables, self.number)
        return {mode: margin_of(explain(in_mode(own, number), 0), self.pool.numbered) for mode, number in MODES.items()}

    def relief(self) -> Relief:
        """What netting saves it in portfolio mode: inside groups, inside classes, across classes."""
        return relief_of(self.pool.tables, self.number)

    def explain(self) -> Explained:
        """Equity and requirements with every term named; made to be printed."""
        how = "money of its shares" if self.mode == "pot" else f"{self.mode} margin"
        title = f"account {self.name} of {self._holder}, {how}, {self.stage}; amounts in {self.pool.settlement}"
        return explained(title, explain(self.pool.tables, self.number), self.pool.numbered)

    def liquidation_price(self, instrument: Instrument | str) -> LiquidationPrice:
        """The nearest prices of an instrument, below and above its mark, at which this account would be liquidated."""
        one = self.pool.instrument(instrument)
        found = liquidation_prices(apart(self.pool.tables, self.number), 0, one.number)
        below, above = (None if mark is None else one.price_of(mark) for mark in found)
        return LiquidationPrice(below, above)

    def what_if(self, instrument: Instrument | str, quantity: Amount, price: Amount | None = None) -> Margin:
        """The margin it would have after buying (or with a negative quantity selling) as taker; nothing is done."""
        one = self.pool.instrument(instrument)
        if one.number == 0:
            raise InputRefused(f"{one.name} is the settlement token: it is deposited, not traded")
        paid = trading_mark(one) if price is None else one.micros(price)
        after = after_fill(apart(self.pool.tables, self.number), one.number, one.lots(quantity), paid, taker=True)
        return margin_of(explain(after, 0), self.pool.numbered)

    def deposit(
        self, amount: Amount, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Add settlement tokens, or coins of an asset."""
        return self._move(COMMAND_DEPOSIT, amount, instrument, check, counterparty=self.owner)

    def withdraw(
        self, amount: Amount, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Ask for tokens or coins to leave; they wait in ``pool.pending`` until ``pool.pay_withdrawal``."""
        return self._move(COMMAND_WITHDRAW, amount, instrument, check)

    def transfer(
        self, to: "Account", amount: Amount, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Move tokens or coins to another account of the same owner; from a pool's own account, to any."""
        flags = FLAG_OPERATOR if self.number < NAMED_COUNT else 0
        return self._move(COMMAND_TRANSFER, amount, instrument, check, counterparty=to.number, flags=flags)

    def _move(
        self, kind: int, amount: Amount, instrument: Instrument | str | None, check: bool, **columns: int
    ) -> Refused | None:
        one = self.pool.instrument(instrument if instrument is not None else self.pool.settlement)
        quantity = one.lots(amount, "amount")
        columns |= {"instrument": one.number, "lots" if one.number else "amount": quantity}
        return self._command(kind, check, columns)

    def set_limits(
        self, *, leverage: Amount | None = None, trigger: Amount | None = None, check: bool = True
    ) -> Refused | None:
        """A leverage cap of its own (``"5"`` for five times) and a trigger in multiples of maintenance; None: none."""
        rate = 0 if leverage is None else leverage_rate(leverage)
        level = 0 if trigger is None else whole(trigger, SHARE, "trigger")
        return self._command(COMMAND_SET_LIMITS, check, {"amount": rate, "price": level})

    def set_mode(self, mode: str, *, check: bool = True) -> Refused | None:
        """Change to ``standard`` or ``portfolio`` margin, which must leave it above its initial requirement there."""
        return self._command(COMMAND_SET_MODE, check, {"flags": mode_number(mode)})

    def reserve(
        self, instrument: Instrument | str, quantity: Amount, price: Amount, *, check: bool = True
    ) -> Refused | None:
        """Note an open order: a bid when the quantity is positive, an ask when it is negative."""
        one = self.pool.instrument(instrument)
        columns = {"instrument": one.number, "lots": one.lots(quantity), "price": one.micros(price)}
        return self._command(COMMAND_RESERVE, check, columns)

    def release(self, instrument: Instrument | str, quantity: Amount, *, check: bool = True) -> Refused | None:
        """Take open orders back: bids when the quantity is positive, asks when it is negative."""
        one = self.pool.instrument(instrument)
        columns = {"instrument": one.number, "lots": one.lots(quantity)}
        return self._command(COMMAND_RELEASE, check, columns)

    def replace(
        self, instrument: Instrument | str, old: Amount, new: Amount, price: Amount, *, check: bool = True
    ) -> Refused | None:
        """Take orders of ``old`` back and note ``new`` at a price in one step."""
        one = self.pool.instrument(instrument)
        columns = {"instrument": one.number, "lots": one.lots(new, "new"), "price": one.micros(price)}
        return self._command(COMMAND_REPLACE, check, columns | {"reserved_lots": one.lots(old, "old")})

    def realise(self, instrument: Instrument | str, *, check: bool = True) -> Refused | None:
        """Turn what a position has won or lost so far into cash."""
        return self._command(COMMAND_REALISE, check, {"instrument": self.pool.instrument(instrument).number})

    def close(self, *, check: bool = True) -> Refused | None:
        """Give the account up; it must be empty."""
        return self._command(COMMAND_CLOSE_ACCOUNT, check, {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and (self.pool, self.number) == (other.pool, other.number)

    def __hash__(self) -> int:
        return hash((id(self.pool), self.number))

    def __repr__(self) -> str:
        return f"<account {self.name} of {self._holder}>"

    @property
    def _holder(self) -> str:
        pot = pot_number(self.pool.tables, self.number)
        return f"pot {pot}" if pot else f"owner {self.owner}"
