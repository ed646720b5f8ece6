"""§5: fills and the margin reserved for open orders."""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import COST_MAX, HOLDINGS_PER_ACCOUNT_MAX, PPB

from .books import change_holding, try_change
from .insurance import resolve_bad_debt
from .margin import OF_COUNTERPARTY, Figures, figures, margin_rule, require_covered
from .numbers import ceil, floor, sign
from .state import Account, Command, Holding, Instrument, State, require
from .terms import money, notional, trade_amount


@dataclass
class Side:
    """One side of a fill: its change of lots, what it pays before fees, the orders it uses up."""

    account: int
    lots: int
    pays: int
    reserved_lots: int
    fee: int


def fill(state: State, command: Command) -> None:
    account, other, instrument = command["account"], command["counterparty"], command["instrument"]
    lots, price = command["lots"], command["price"]
    require_parties(state, command)
    require(instrument != 0, codes.INSTRUMENT_MUST_BE_TRADABLE)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[instrument]
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require(lots != 0, codes.LOTS_MUST_NOT_BE_ZERO)
    require(abs(lots) <= row.lots_most, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    require(price >= 1, codes.PRICE_MUST_BE_POSITIVE)
    require(row.allows(m.ACTION_FILL), codes.MARK_MUST_ALLOW_FILL)
    require(abs(price - row.mark) <= floor(row.mark * row.band, PPB), codes.PRICE_MUST_BE_WITHIN_BAND)

    pays = trade_amount(row, lots, price)
    turnover = ceil(abs(lots) * price, row.unit)
    taker = Side(account, lots, pays, command["reserved_lots"], ceil(turnover * row.fee_taker, PPB))
    maker = Side(other, -lots, -pays, command["reserved_lots_counterparty"], ceil(turnover * row.fee_maker, PPB))
    require_sizes(state, row, instrument, taker, maker)
    require_fair_unwinding(state, row, instrument, price, (taker, maker))
    if judge_side(state, row, instrument, taker, by_maker=False):
        maker.fee = max(0, maker.fee)
    judge_side(state, row, instrument, maker, by_maker=True)

    # After this point the command must succeed.
    for side in (taker, maker):
        state.accounts[side.account].open_row(instrument).consume_order(side.lots, side.reserved_lots)
        cost, cash = money(row, side.pays)
        change_holding(state, side.account, instrument, side.lots, cost, cash - side.fee)
        state.accounts[m.NAMED_FEES].cash += side.fee
    for side in (taker, maker):
        resolve_bad_debt(state, side.account)


def require_fair_unwinding(
    state: State, row: Instrument, instrument: int, price: int, sides: tuple[Side, Side]
) -> None:
    """Where others have a stake in the backstop the operator may only bring it nearer to flat, within its own fee."""
    if not any(pot.kind == m.POT_BACKSTOP and pot.shares > 0 for pot in state.pots.values()):
        return
    for side in sides:
        if side.account == m.NAMED_BACKSTOP:
            before = state.accounts[m.NAMED_BACKSTOP].row(instrument).lots
            after = before + side.lots
            worse = price - row.mark if side.lots > 0 else row.mark - price
            shrinks = before * after >= 0 and abs(after) < abs(before)
            fair = worse <= floor(row.mark * row.fee_backstop, PPB)
            require(shrinks and fair, codes.STAKES_MUST_NOT_BE_TAKEN)


def require_parties(state: State, command: Command) -> None:
    """Two accounts of two owners; the operator may trade for the backstop."""
    account, other = command["account"], command["counterparty"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(state.exists(other), codes.COUNTERPARTY_MUST_EXIST)
    require(account != other, codes.ACCOUNTS_MUST_DIFFER)
    unwinds = m.NAMED_BACKSTOP if command["flags"] & m.FLAG_OPERATOR else m.NAMED_COUNT
    require(not state.is_private(account) or account == unwinds, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(not state.is_private(other) or other == unwinds, codes.COUNTERPARTY_MUST_NOT_BE_NAMED)
    require(state.accounts[account].owner != state.accounts[other].owner, codes.OWNERS_MUST_DIFFER)


def require_sizes(state: State, row: Instrument, instrument: int, taker: Side, maker: Side) -> None:
    """Rules 5 to 13: what needs no margin; each rule for the taker, then the maker."""
    sides = (taker, maker)
    held = [state.accounts[side.account].row(instrument) for side in sides]

    for side, code in zip(sides, (codes.ACCOUNT_MUST_ALLOW_INSTRUMENT, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)):
        require(state.accounts[side.account].allows(instrument), code)
    reservation = (codes.RESERVATION_MUST_COVER, codes.COUNTERPARTY_RESERVATION_MUST_COVER)
    for holding, side, code in zip(held, sides, reservation):
        covered = 0 <= side.reserved_lots <= min(abs(side.lots), holding.open_lots(side.lots))
        require(covered, code)
    for side, code in zip(sides, (codes.HOLDINGS_MUST_FIT, codes.COUNTERPARTY_HOLDINGS_MUST_FIT)):
        require(state.accounts[side.account].has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX), code)
    after = [trial_holding(holding, side) for holding, side in zip(held, sides)]
    lots_codes = (codes.LOTS_MUST_BE_WITHIN_LIMIT, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)
    for before, holding, code in zip(held, after, lots_codes):
        require(holding.worst_lots() <= max(row.lots_max, before.worst_lots()), code)
    if row.is_asset:
        for holding, code in zip(after, (codes.LOTS_MUST_NOT_BE_SHORT, codes.COUNTERPARTY_LOTS_MUST_NOT_BE_SHORT)):
            require(holding.lots >= 0, code)
    if row.status == m.STATUS_REDUCE_ONLY:
        for old, new in zip(held, after):
            flips = sign(old.lots) * sign(new.lots) < 0
            require(abs(new.lots) <= abs(old.lots) and not flips, codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY)
    if not row.is_asset:
        growth = sum(max(0, new.lots) - max(0, old.lots) for old, new in zip(held, after))
        fits = growth <= 0 or row.open_lots + growth <= row.open_lots_max
        require(fits, codes.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT)
    minimum = (codes.NOTIONAL_MUST_REACH_MINIMUM, codes.COUNTERPARTY_NOTIONAL_MUST_REACH_MINIMUM)
    for holding, code in zip(after, minimum):
        require(not 0 < notional(row, abs(holding.lots)) < row.notional_min, code)
    if not row.is_paid_in_cash:
        for holding in after:
            require(abs(holding.cost) <= COST_MAX, codes.COST_MUST_BE_WITHIN_LIMIT)


def trial_holding(held: Holding, side: Side) -> Holding:
    after = Holding(held.lots, held.cost, held.bid_lots, held.ask_lots, held.reserved)
    after.consume_order(side.lots, side.reserved_lots)
    after.lots += side.lots
    after.cost += side.pays
    return after


def judge_side(state: State, row: Instrument, instrument: int, side: Side, by_maker: bool) -> bool:
    """Rule 14. A waived fee is set to 0; the answer is whether it was."""
    owner = state.accounts[side.account]
    after = owner.copy()
    after.open_row(instrument).consume_order(side.lots, side.reserved_lots)
    cost, cash = money(row, side.pays)
    after = try_change(after, instrument, side.lots, cost, cash - side.fee)
    if row.is_paid_in_cash and side.lots > 0 and after.row(instrument).lots > 0:
        code = codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE if by_maker else codes.CASH_MUST_NOT_BE_NEGATIVE
        require(after.cash >= 0, code)
    judgement = margin_rule(figures(state, owner), figures(state, after), side.fee)
    code = judgement.code
    require(code == codes.OK, OF_COUNTERPARTY[code] if by_maker else code)
    if judgement.fee_waived:
        side.fee = 0
    return judgement.fee_waived


def require_orderly(state: State, account: int, instrument: int) -> None:
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)


def require_releasable(state: State, account: int, instrument: int, lots: int) -> None:
    require_orderly(state, account, instrument)
    require(lots != 0, codes.LOTS_MUST_NOT_BE_ZERO)
    held = state.accounts[account].row(instrument)
    require(abs(lots) <= held.open_lots(lots), codes.RESERVATION_MUST_COVER)


def reserved_micros(row: Instrument, lots: int, price: int, raises_size: bool) -> int:
    """Open loss at the mark, and the taker's fee when the order can raise the worst size."""
    open_loss = max(0, ceil(lots * (price - row.mark), row.unit))
    fee = ceil(ceil(abs(lots) * price, row.unit) * max(row.fee_taker, 0), PPB)
    return open_loss + (fee if raises_size else 0)


def require_reservable(state: State, command: Command, owner: Account, before: Figures) -> int:
    """The rules of reserve for `owner`, which may be a trial copy; the micros to reserve."""
    instrument, lots, price = command["instrument"], command["lots"], command["price"]
    row = state.instruments[instrument]
    require(instrument != 0 and not row.is_asset, codes.INSTRUMENT_MUST_BE_CONTRACT)
    require(owner.stage != m.STAGE_LIQUIDATING, codes.ACCOUNT_MUST_NOT_BE_LIQUIDATING)
    require(row.status in (m.STATUS_OPEN, m.STATUS_REDUCE_ONLY), codes.INSTRUMENT_MUST_BE_OPEN)
    require(lots != 0, codes.LOTS_MUST_NOT_BE_ZERO)
    require(abs(lots) <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    require(price >= 1, codes.PRICE_MUST_BE_POSITIVE)
    require(price <= row.mark_max, codes.PRICE_MUST_BE_WITHIN_LIMIT)
    require(owner.allows(instrument), codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
    require(owner.has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX), codes.HOLDINGS_MUST_FIT)
    worst = owner.row(instrument).worst_lots()
    after = owner.copy()
    held = after.open_row(instrument)
    held.add_order(lots, 0)
    require(held.worst_lots() <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    if row.status == m.STATUS_REDUCE_ONLY:
        require(held.worst_lots() <= abs(held.lots), codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY)
    require(row.mark != 0, codes.MARK_MUST_ALLOW_FILL)

    micros = reserved_micros(row, lots, price, raises_size=held.worst_lots() != worst)
    held.reserved += micros
    judged = figures(state, after)
    if judged.cooling:
        require(judged.im <= before.im, codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF)
    if judged.im > before.im:
        require_covered(judged)
    shields = judged.blocks & ~before.blocks & m.ACTION_LIQUIDATE
    require(shields == 0, codes.MARK_MUST_ALLOW_MARGIN)
    return micros


def reserve(state: State, command: Command) -> None:
    account, instrument = command["account"], command["instrument"]
    require_orderly(state, account, instrument)
    owner = state.accounts[account]
    micros = require_reservable(state, command, owner, figures(state, owner))

    # After this point the command must succeed.
    owner.open_row(instrument).add_order(command["lots"], micros)


def release(state: State, command: Command) -> None:
    account, instrument, lots = command["account"], command["instrument"], command["lots"]
    require_releasable(state, account, instrument, lots)

    # After this point the command must succeed.
    owner = state.accounts[account]
    owner.holdings[instrument].consume_order(lots, abs(lots))
    owner.drop_row_if_empty(instrument)


def replace(state: State, command: Command) -> None:
    """Release, then reserve, as one: IM may not rise above that before the command unless it is covered.

    The row keeps its place among the account's rows, whatever the release left in it.
    """
    account, instrument, old = command["account"], command["instrument"], command["reserved_lots"]
    require_releasable(state, account, instrument, old)
    owner = state.accounts[account]
    released = owner.copy()
    released.holdings[instrument].consume_order(old, abs(old))
    micros = require_reservable(state, command, released, figures(state, owner))

    # After this point the command must succeed.
    held = owner.holdings[instrument]
    held.consume_order(old, abs(old))
    held.add_order(command["lots"], micros)
