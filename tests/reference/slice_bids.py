"""§11.1 and 11.2: bids for a part of everything an account in liquidation has, solvent or insured."""

from dataclasses import replace

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .curves import curve_value
from .insurance import available, insurance_pays
from .margin import OF_COUNTERPARTY, figures, margin_rule
from .numbers import ceil, floor
from .slices import (
    STEP,
    Slice,
    apply_slice,
    discount_now,
    goes_whole,
    income_of,
    price_in_cash,
    smallest_part,
    taken_over,
    try_slice,
)
from .state import Account, State, require


def require_room(state: State, taker: Account, cut: Slice, after: Account) -> None:
    """Rows and lots of a bidder."""
    for instrument, _, _ in cut.moves:
        require(taker.allows(instrument), codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)
    fits = len(after.holdings) <= HOLDINGS_PER_ACCOUNT_MAX
    require(fits, codes.COUNTERPARTY_HOLDINGS_MUST_FIT)
    for instrument, _, _ in cut.moves:
        within = after.row(instrument).worst_lots() <= state.instruments[instrument].lots_max
        require(within, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)


def require_means(state: State, taker: Account, cut: Slice, after: Account) -> None:
    """Cash of a bidder; then its margin rule."""
    require(after.cash >= 0 or price_in_cash(state, cut) <= 0, codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE)
    code = margin_rule(figures(state, taker), figures(state, after)).code
    require(code == codes.OK, OF_COUNTERPARTY[code])


def require_takeable(state: State, taker: Account, cut: Slice, after: Account) -> None:
    require_room(state, taker, cut, after)
    require_means(state, taker, cut, after)


def bid_slice(state: State, account: int, bidder: int, wanted: int, least: int) -> None:
    """The part of a bid that is the slice's own; the account is liquidating and solvent."""
    owner, taker = state.accounts[account], state.accounts[bidder]
    require(owner.case.batch != m.BATCH_OPEN, codes.BATCH_MUST_BE_OVER)
    require(wanted == PPB or not goes_whole(state, owner), codes.SLICE_MUST_BE_WHOLE)
    discount = discount_now(state, owner)
    most = max(STEP, floor(wanted, STEP) * STEP)
    cut = try_slice(state, account, min(smallest_part(state, account, discount), most), discount)
    require(bool(cut.moves), codes.SLICE_MUST_MOVE_LOTS)
    require(not cut.strips_hedges, codes.HEALTH_MUST_NOT_FALL)
    income = income_of(state, cut)
    after = taken_over(state, bidder, cut, income)
    require_room(state, taker, cut, after)
    require_payment(least, cut.part, income)
    require_means(state, taker, cut, after)

    # After this point the command must succeed.
    apply_slice(state, account, bidder, cut, income)


def require_payment(least: int, part: int, income: int) -> None:
    """`least` is what the bidder wants for the whole account, 0 for any."""
    require(least <= 0 or income >= floor(least * part, PPB), codes.PAYMENT_MUST_REACH_LIMIT)


def bid_insolvent(state: State, account: int, bidder: int, part: int, least: int) -> None:
    """§11.2: the insurance makes the part solvent and adds what its curve says for whoever takes it."""
    owner, taker = state.accounts[account], state.accounts[bidder]
    now, since = figures(state, owner), owner.case.insolvent_since
    require(since != 0, codes.ACCOUNT_MUST_BE_SOLVENT)
    require(owner.case.batch != m.BATCH_OPEN, codes.BATCH_MUST_BE_OVER)
    require(part == PPB or not goes_whole(state, owner), codes.SLICE_MUST_BE_WHOLE)
    cut = try_slice(state, account, part, discount=0)
    require(bool(cut.moves), codes.SLICE_MUST_MOVE_LOTS)
    require(not cut.strips_hedges, codes.HEALTH_MUST_NOT_FALL)
    # What leaves the risk behind is not paid for.
    relieved = min(part, floor(max(0, now.mm - cut.after.mm) * PPB, now.mm)) if now.mm > 0 else part
    deficit = ceil(-now.equity * relieved, PPB)
    incentive = curve_value(state, state.policy["curve_insolvent"], state.time - since)
    insured = available(state, account)
    require(insured >= deficit, codes.INSURANCE_MUST_COVER)
    income = min(floor(floor(now.mm * relieved, PPB) * incentive, PPB), insured - deficit)
    cut = replace(cut, fee=income)
    after = taken_over(state, bidder, cut, income)
    require_room(state, taker, cut, after)
    require_payment(least, part, income)
    require_means(state, taker, cut, after)

    # After this point the command must succeed.
    insurance_pays(state, account, deficit + income)
    apply_slice(state, account, bidder, cut, income)
