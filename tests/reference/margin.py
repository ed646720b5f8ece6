"""§1: value, requirement, equity, MM and IM, the levels, and the margin rule.

m mark, F cumulative funding, u lots in a unit, l lots, c cost, w the worse size with open orders:

    v = floor(l * (m - F) / u)      E = cash + sum(v - c)      N(n) = ceil(n * m / u)
"""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units.limits import PPB
from plimsoll.units.messages import ACTION_MARGIN

from .numbers import ceil, floor, isqrt_up
from .state import Account, Instrument, State, require


def value(instrument: Instrument, lots: int) -> int:
    return floor(lots * (instrument.mark - instrument.funding), instrument.unit)


def notional(instrument: Instrument, lots: int) -> int:
    return ceil(lots * instrument.mark, instrument.unit)


def trade_amount(instrument: Instrument, lots: int, price: int) -> int:
    """What the side that caused a change of `lots` pays: n = ceil(q * (p - F) / u)."""
    return ceil(lots * (price - instrument.funding), instrument.unit)


def segments(instrument: Instrument, side: str) -> list[tuple[int, int]]:
    """(start in lots, marginal rate), the base segment first."""
    found = [(0, getattr(instrument, f"rate_{side}"))]
    for k in (1, 2, 3):
        start = getattr(instrument, f"segment_lots_{k}")
        if start == 0:
            break
        found.append((start, getattr(instrument, f"segment_{side}_{k}")))
    return found


def requirement(instrument: Instrument, lots: int, side: str) -> int:
    """R(n; side) of n = `lots` >= 0; `side` is "initial" or "maintenance"."""
    size = notional(instrument, lots)
    if instrument.root_factor_initial > 0:
        factor = getattr(instrument, f"root_factor_{side}")
        penalised = getattr(instrument, f"root_base_{side}") + ceil(factor * isqrt_up(lots), 10**9)
        return ceil(size * max(getattr(instrument, f"rate_{side}"), penalised), PPB)

    required = 0
    below = [(start, rate) for start, rate in segments(instrument, side) if start < lots]
    ends = [start for start, _ in below[1:]] + [lots]
    for (start, rate), end in zip(below, ends):
        required += ceil((notional(instrument, end) - notional(instrument, start)) * rate, PPB)
    skew = ceil(lots * getattr(instrument, f"slope_{side}"), instrument.unit)
    return required + ceil(size * skew, PPB)


def open_interest_rate(instrument: Instrument) -> int:
    worth = floor(instrument.open_lots * instrument.mark, instrument.unit)
    lower, upper = instrument.open_interest_lower, instrument.open_interest_upper
    if instrument.is_asset or upper == 0 or worth <= lower:
        return 0
    if worth >= upper:
        return PPB
    base = min(instrument.rate_initial, PPB)
    return base + ceil((PPB - base) * (worth - lower), upper - lower)


def confidence_rate(instrument: Instrument) -> int:
    if instrument.mark == 0:
        return 0
    relative = ceil(min(instrument.confidence, instrument.mark) * PPB, instrument.mark)
    return min(PPB, ceil(relative * instrument.confidence_factor, PPB))


@dataclass(frozen=True)
class Figures:
    equity: int
    mm: int
    im: int
    call: int
    exit: int
    blocks: int


def leg_maintenance(instrument: Instrument, lots: int) -> int:
    return requirement(instrument, abs(lots), "maintenance")


def figures(state: State, account: Account) -> Figures:
    """Every figure of an account, which may be a trial copy."""
    equity, mm, im, blocks = account.cash, 0, 0, 0
    for number, held in account.holdings.items():
        instrument = state.instruments[number]
        gain = value(instrument, held.lots) - held.cost
        equity += gain
        mm += leg_maintenance(instrument, held.lots)

        worst = held.worst_lots()
        rate = instrument.rate_open_interest
        if not instrument.is_asset:
            rate = max(rate, account.leverage_rate)
            im += ceil(max(0, gain) * state.policy["profit_haircut"], PPB)
        im += max(requirement(instrument, worst, "initial"), ceil(notional(instrument, worst) * rate, PPB))
        im += ceil(notional(instrument, worst) * instrument.rate_confidence, PPB) + held.reserved

        if not held.is_empty():
            blocks |= instrument.blocks
    im += ceil(im * state.depeg_rate, PPB)
    call = min(im, mm + ceil(mm * state.policy["call_buffer"], PPB))
    return Figures(equity, mm, im, call, mm + ceil(mm * state.policy["exit_buffer"], PPB), blocks)


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
    if covered and after.blocks & ACTION_MARGIN == 0:
        return Judgement(codes.OK)
    if reduces_risk(before, after, fee):
        return Judgement(codes.OK, fee_waived=before.equity < 0)
    if covered:
        return Judgement(codes.MARK_MUST_ALLOW_MARGIN)
    return Judgement(codes.MARGIN_INITIAL_MUST_BE_COVERED)


OF_COUNTERPARTY = {
    codes.OK: codes.OK,
    codes.CASH_MUST_NOT_BE_NEGATIVE: codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE,
    codes.MARK_MUST_ALLOW_MARGIN: codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN,
    codes.MARGIN_INITIAL_MUST_BE_COVERED: codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED,
}


def require_covered(after: Figures) -> None:
    require(after.equity >= after.im, codes.MARGIN_INITIAL_MUST_BE_COVERED)
    require(after.blocks & ACTION_MARGIN == 0, codes.MARK_MUST_ALLOW_MARGIN)
