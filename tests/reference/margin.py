"""§1: equity, MM and IM of an account in either mode, the levels, and the margin rule."""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from . import options, portfolio
from .numbers import ceil
from .state import Account, State, require
from .terms import standard_terms, value, with_depeg


@dataclass(frozen=True)
class Figures:
    equity: int
    mm: int
    im: int
    call: int
    exit: int
    blocks: int
    cooling: bool = False
    """Just out of a liquidation: risk may only be reduced."""


def figures(state: State, account: Account) -> Figures:
    """Every figure of an account, which may be a trial copy."""
    equity, blocks = account.cash, 0
    for number, held in account.holdings.items():
        instrument = state.instruments[number]
        equity += value(instrument, held.lots) - held.cost
        if not held.is_empty():
            blocks |= instrument.blocks
    if account.mode == m.MODE_PORTFOLIO:
        blocks |= portfolio.unjudged(state, account)
    of_mode = portfolio.requirements if account.mode == m.MODE_PORTFOLIO else requirements
    mm, im = of_mode(state, account)
    call = min(im, mm + ceil(mm * state.policy["call_buffer"], PPB))
    exit = mm + ceil(mm * state.policy["exit_buffer"], PPB)
    return Figures(equity, mm, im, call, exit, blocks, account.stage == m.STAGE_COOLING)


def requirements(state: State, account: Account) -> tuple[int, int]:
    """(MM, IM) of a standard account."""
    mm = im = 0
    for number, held in account.holdings.items():
        row = state.instruments[number]
        parts = (0, held.reserved) if row.is_option else standard_terms(state, row, held, account.leverage_rate)
        mm, im = mm + parts[0], im + parts[1]
    mm = max(0, mm + options.requirement(state, account, "maintenance"))
    im = max(0, im + options.requirement(state, account, "initial"))
    return mm, max(mm, with_depeg(state, im))


def reduces_risk(before: Figures, after: Figures, fee: int) -> bool:
    """Rule 2. `after` has paid `fee`; a side with equity below zero is judged without it."""
    if before.equity < 0:
        return after.mm < before.mm and after.equity + fee + 1 >= before.equity
    if after.mm > before.mm:
        return False
    if before.mm == 0:
        return after.equity >= before.equity
    return after.equity + 1 >= ceil(before.equity * after.mm, before.mm)


@dataclass(frozen=True)
class Judgement:
    code: int
    fee_waived: bool = False


def margin_rule(before: Figures, after: Figures, fee: int = 0) -> Judgement:
    """May an account in state `before` come to `after`, which has paid `fee`? Codes are those of the first side."""
    covered = after.equity >= after.im
    if covered and after.blocks & m.ACTION_MARGIN == 0 and not before.cooling:
        return Judgement(codes.OK)
    if reduces_risk(before, after, fee):
        return Judgement(codes.OK, fee_waived=before.equity < 0)
    if before.cooling:
        return Judgement(codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF)
    if covered:
        return Judgement(codes.MARK_MUST_ALLOW_MARGIN)
    return Judgement(codes.MARGIN_INITIAL_MUST_BE_COVERED)


OF_COUNTERPARTY = {
    codes.OK: codes.OK,
    codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF: codes.COUNTERPARTY_MUST_NOT_BE_COOLING_OFF,
    codes.CASH_MUST_NOT_BE_NEGATIVE: codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE,
    codes.MARK_MUST_ALLOW_MARGIN: codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN,
    codes.MARGIN_INITIAL_MUST_BE_COVERED: codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED,
}


def require_covered(after: Figures) -> None:
    require(after.equity >= after.im, codes.MARGIN_INITIAL_MUST_BE_COVERED)
    require(after.blocks & m.ACTION_MARGIN == 0, codes.MARK_MUST_ALLOW_MARGIN)
