"""§8.1 to 8.3: the order of legs, how much of a leg is taken and for what fee, by a bidder or the backstop."""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .backstop import backstop_day_left, backstop_room, backstop_takes_slice
from .books import change_holding, try_change
from .insurance import fund_takes_fee
from .margin import OF_COUNTERPARTY, Figures, figures, margin_rule
from .numbers import ceil, floor, sign
from .options import leg_requirement
from .state import Account, Command, State, require
from .terms import money, notional, trade_amount, value


def legs_in_order(state: State, account: Account) -> list[int]:
    """Contracts and options by maintenance requirement, then assets by value.

    The largest first, ties to the lower number. A leg of a series under settlement is none.
    """
    legs = [i for i in account.legs() if state.instruments[i].status != m.STATUS_SETTLING]

    def place(instrument: int) -> tuple[bool, int, int]:
        row, lots = state.instruments[instrument], account.holdings[instrument].lots
        size = value(row, lots) if row.is_asset else leg_requirement(state, row, lots)
        return row.is_asset, -size, instrument

    return sorted(legs, key=place)


@dataclass(frozen=True)
class Take:
    """A trial: part of a leg leaves the account at the mark. `after` is before the fee."""

    change: int
    pays: int
    fee: int
    before: Figures
    after: Figures

    def reaches_exit(self) -> bool:
        return self.after.equity - self.fee >= self.after.exit


def equity_behind(state: State, owner: Account, instrument: int, lots: int, before: Figures) -> int:
    """Of the account's equity what stands behind lots of a leg: by its requirement, then by lots."""
    row, held = state.instruments[instrument], owner.row(instrument).lots
    own = min(max(0, leg_requirement(state, row, held)), before.mm)
    return floor(floor(before.equity * own, before.mm) * lots, abs(held)) if before.mm > 0 else 0


def try_take(state: State, account: int, instrument: int, lots: int, fee_rate: int | None) -> Take:
    """The account is the causing side of `lots` leaving it; no fee at all when there is no rate."""
    owner, row = state.accounts[account], state.instruments[instrument]
    change = -sign(owner.row(instrument).lots) * lots
    pays = trade_amount(row, change, row.mark)
    before = figures(state, owner)
    after = figures(state, try_change(owner, instrument, change, *money(state.instruments[instrument], pays)))
    fee = ceil(notional(row, lots) * (fee_rate or 0), PPB)
    if fee_rate is not None and before.equity >= 0:
        # Equity per unit of maintenance margin may not fall by a fee; where the step itself raises MM there is none.
        frees = before.mm > 0 and after.mm <= before.mm
        fee = min(fee, after.equity - ceil(before.equity * after.mm, before.mm) if frees else 0)
        if not row.is_option:
            fee = min(fee, equity_behind(state, owner, instrument, lots, before))
    return Take(change, pays, fee, before, after)


def smallest_size(state: State, account: int, instrument: int, most: int, fee_rate: int | None) -> int:
    """The fewest lots after which equity reaches the exit level, at most `most`; never leave less than the minimum."""
    row, held = state.instruments[instrument], abs(state.accounts[account].row(instrument).lots)
    low, high = 1, held
    while low < high:
        middle = (low + high) // 2
        if try_take(state, account, instrument, middle, fee_rate).reaches_exit():
            high = middle
        else:
            low = middle + 1
    size = min(high, most)
    return held if 0 < notional(row, held - size) < row.notional_min else size


def after_taking(state: State, taker: int, instrument: int, take: Take, income: int) -> Account:
    """The taker with the leg and its part of the fee."""
    cost, cash = money(state.instruments[instrument], -take.pays)
    return try_change(state.accounts[taker], instrument, -take.change, cost, cash + income)


def taker_code(state: State, taker: int, after: Account) -> int:
    """The taker's margin rule; its part of the fee is income like any other."""
    return margin_rule(figures(state, state.accounts[taker]), figures(state, after)).code


def apply_take(state: State, account: int, taker: int, instrument: int, take: Take, income: int) -> None:
    """Both sides of the leg, the fee split between the taker (`income`) and the fund (the rest)."""
    cost, cash = money(state.instruments[instrument], take.pays)
    change_holding(state, account, instrument, take.change, cost, cash - take.fee)
    cost, cash = money(state.instruments[instrument], -take.pays)
    change_holding(state, taker, instrument, -take.change, cost, cash + income)
    fund_takes_fee(state, take.fee - income)


def require_price_within(limit: int, price: int, buys: bool) -> None:
    """The bidder buys at no more, sells at no less."""
    if limit > 0:
        within = price <= limit if buys else price >= limit
        require(within, codes.MARK_MUST_BE_WITHIN_PRICE_LIMIT)


def require_row(taker: Account, instrument: int) -> None:
    require(taker.allows(instrument), codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)
    fits = taker.has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX)
    require(fits, codes.COUNTERPARTY_HOLDINGS_MUST_FIT)


def require_taker(state: State, bidder: int, instrument: int, after: Account, buys: bool) -> None:
    """Lots and cash of the bidder, then its margin rule."""
    row, lots = state.instruments[instrument], after.row(instrument)
    require(lots.worst_lots() <= row.lots_max, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)
    if row.is_paid_in_cash and buys and lots.lots > 0:
        require(after.cash >= 0, codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE)
    code = taker_code(state, bidder, after)
    require(code == codes.OK, OF_COUNTERPARTY[code])


def bid_leg(state: State, command: Command) -> None:
    """The part of a bid that is the leg's own; the leg is the next one."""
    account, bidder, instrument = command["account"], command["counterparty"], command["instrument"]
    owner, row = state.accounts[account], state.instruments[instrument]
    require_price_within(command["price"], row.mark, buys=owner.holdings[instrument].lots > 0)
    require_row(state.accounts[bidder], instrument)

    lots = smallest_size(state, account, instrument, command["lots"], row.fee_liquidation)
    take = try_take(state, account, instrument, lots, row.fee_liquidation)
    income = take.fee - floor(max(take.fee, 0) * state.policy["fund_share"], PPB)
    after = after_taking(state, bidder, instrument, take, income)
    require_taker(state, bidder, instrument, after, buys=take.change < 0)

    # After this point the command must succeed.
    apply_take(state, account, bidder, instrument, take, income)


def affordable(state: State, taker: int, instrument: int) -> int:
    """Lots of an asset or option the taker's cash buys at the mark."""
    row = state.instruments[instrument]
    if row.mark == 0:
        return row.lots_max
    return floor(max(0, state.accounts[taker].cash) * row.unit, row.mark)


def backstop_size(state: State, account: int, instrument: int, wanted: int, fee_rate: int | None) -> int:
    """The most the backstop can take, at most `wanted`: its own limits, room, cash and margin."""
    backstop, row = state.accounts[m.NAMED_BACKSTOP], state.instruments[instrument]
    if state.policy["pauses"] & m.PAUSE_BACKSTOP:
        return 0
    if account == m.NAMED_BACKSTOP or not backstop.has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX):
        return 0
    same_way = backstop.row(instrument).lots * sign(state.accounts[account].row(instrument).lots)
    high = min(wanted, max(0, backstop_room(state, instrument) - same_way))
    if row.mark > 0:
        high = min(high, floor(backstop_day_left(state) * row.unit, row.mark))
    if row.is_paid_in_cash and state.accounts[account].row(instrument).lots > 0:
        high = min(high, affordable(state, m.NAMED_BACKSTOP, instrument))

    def can_take(lots: int) -> bool:
        take = try_take(state, account, instrument, lots, fee_rate)
        after = after_taking(state, m.NAMED_BACKSTOP, instrument, take, take.fee)
        return taker_code(state, m.NAMED_BACKSTOP, after) == codes.OK

    if high == 0 or can_take(high):
        return high
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if can_take(middle):
            low = middle
        else:
            high = middle
    return low


def backstop_takes(state: State, account: int, instrument: int, wanted: int, fee_rate: int | None) -> int:
    """The backstop takes what it can of `wanted`; how much that was."""
    lots = backstop_size(state, account, instrument, wanted, fee_rate)
    if lots > 0:
        take = try_take(state, account, instrument, lots, fee_rate)
        state.day_backstop += notional(state.instruments[instrument], lots)
        apply_take(state, account, m.NAMED_BACKSTOP, instrument, take, income=take.fee)
    return lots


def backstop_takes_legs(state: State, account: int) -> int:
    """§8.3: leg after leg until the account is safe or the backstop can take no more; the steps it took."""
    owner, steps = state.accounts[account], 1
    if owner.mode == m.MODE_PORTFOLIO:
        return 1 + backstop_takes_slice(state, account)
    while legs := legs_in_order(state, owner):
        now = figures(state, owner)
        if now.equity >= now.exit:
            break
        steps += 1
        instrument = legs[0]
        fee_rate = state.instruments[instrument].fee_backstop
        wanted = smallest_size(state, account, instrument, abs(owner.holdings[instrument].lots), fee_rate)
        if backstop_takes(state, account, instrument, wanted, fee_rate) == 0:
            break
    return steps
