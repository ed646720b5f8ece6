"""Refusals: the rule that was broken and, where it is about margin, the numbers that broke it."""

from decimal import Decimal
from typing import Any

from plimsoll.book.layout import Pool as Tables
from plimsoll.margin.explain import explain
from plimsoll.units.codes import (
    CASH_MUST_NOT_BE_NEGATIVE,
    COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED,
    MARGIN_INITIAL_MUST_BE_COVERED,
    sentence,
)
from plimsoll.units.messages import (
    COMMAND_FILL,
    COMMAND_REALISE,
    COMMAND_RESERVE,
    COMMAND_SET_LIMITS,
    COMMAND_SET_MODE,
    COMMAND_STAKE,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    name_of,
)
from plimsoll.units.tables import Ints
from plimsoll.venue.batch import NO_PAYLOAD
from plimsoll.venue.decimals import tokens
from plimsoll.venue.details import detail_of
from plimsoll.venue.table_rules import Instruments
from plimsoll.venue.whatif import after_fill, after_order, apart, changed, in_mode, with_limit


class Refused(Exception):
    """The engine refused a command. ``rule`` is the rule that was broken, ``code`` its number.

    ``equity`` and ``required`` are what the account would have had and what the rule asks for, where that is margin
    (initial) or cash (0); None otherwise. ``detail`` names the parameter, option or time that broke the rule and says
    what to do, where that is more than the rule itself.
    """

    def __init__(
        self,
        code: int,
        command: str,
        equity: Decimal | None = None,
        required: Decimal | None = None,
        detail: str = "",
    ) -> None:
        self.code = code
        self.rule = sentence(code)
        self.command = command
        self.equity = equity
        self.required = required
        self.detail = detail
        super().__init__(code, command, equity, required, detail)

    def __str__(self) -> str:
        if self.required is None:
            return f"{self.rule}: command={self.command}" + (f" {self.detail}" if self.detail else "")
        return f"{self.rule}: required={self.required} equity={self.equity}"


def refusal_of(pool: Tables, command: Any, code: int, instruments: Instruments, payload: Ints = NO_PAYLOAD) -> Refused:
    """The refusal of a command that changed nothing, so that the tables still say why; ``payload``: its own words."""
    kind = name_of("COMMAND", int(command["kind"]))
    if code in (MARGIN_INITIAL_MUST_BE_COVERED, COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED):
        after = _after(pool, command, code)
        if after is not None:
            found = explain(after, 0)
            return Refused(code, kind, tokens(found.equity), tokens(found.initial))
    if code == CASH_MUST_NOT_BE_NEGATIVE:
        after = _after(pool, command, MARGIN_INITIAL_MUST_BE_COVERED)
        if after is not None:
            return Refused(code, kind, tokens(after.accounts[0]["cash"]), Decimal(0))
    return Refused(code, kind, detail=detail_of(pool, command, code, payload, instruments))


def _after(pool: Tables, command: Any, code: int) -> Tables | None:
    """The account the rule was asked of, as the command would have left it."""
    kind, instrument = int(command["kind"]), int(command["instrument"])
    is_taker = code == MARGIN_INITIAL_MUST_BE_COVERED
    account = apart(pool, int(command["account" if is_taker else "counterparty"]))
    lots, price, amount = int(command["lots"]), int(command["price"]), int(command["amount"])
    if kind == COMMAND_FILL:
        return after_fill(account, instrument, lots if is_taker else -lots, price, taker=is_taker)
    if kind in (COMMAND_WITHDRAW, COMMAND_TRANSFER):
        return changed(account, instrument, lots=-lots if instrument else 0, cash=0 if instrument else -amount)
    if kind == COMMAND_STAKE and not pool.pots[instrument]["instrument"]:
        return changed(account, 0, cash=-amount)
    if kind == COMMAND_RESERVE:
        return after_order(account, instrument, lots, price)
    if kind == COMMAND_SET_LIMITS:
        return with_limit(account, amount)
    if kind == COMMAND_SET_MODE:
        return in_mode(account, int(command["flags"]))
    if kind == COMMAND_REALISE:
        term = next(term for term in explain(account, 0).terms if term.instrument == instrument)
        profit = term.value - term.cost
        return changed(account, instrument, cost=profit, cash=profit)
    return None
