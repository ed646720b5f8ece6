"""§8.4: an account that owes more than it has. Assets first, then the fund, then those on the other side."""

from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .books import change_holding, try_change
from .insurance import insurance_pays, resolve_bad_debt
from .margin import Figures, figures
from .numbers import ceil, clamp, floor, sign
from .options import leg_requirement
from .slices import leg_losses
from .state import State
from .terms import money, notional, trade_amount, value
from .waterfall import affordable, apply_take, backstop_takes, legs_in_order, try_take

KEY_FACTOR_MAX = 10**12


def resolve(state: State, account: int) -> int:
    """All of §8.4 for one account; the steps it took."""
    owner = state.accounts[account]
    steps = 1

    # 1. Assets are offered whole to the backstop, until it does not take one whole.
    for instrument in assets(state, account):
        lots = owner.row(instrument).lots
        if backstop_takes(state, account, instrument, lots, fee_rate=None) < lots:
            break
        steps += 1

    # Before anyone else, the owner's own positions on the other side bear what they can.
    steps += close_own_side(state, account) * len(state.accounts)

    # 2. The fund pays next, then buys assets as far as its cash goes.
    deficit = max(0, -figures(state, owner).equity)
    loss = deficit - insurance_pays(state, account, deficit)
    for instrument in assets(state, account):
        lots = owner.row(instrument).lots
        bought = sell_to_fund(state, account, instrument)
        steps += bought > 0
        if bought < lots:
            break

    # 3. and 4. What is left is borne by the contracts, each in its turn.
    contracts = contracts_of(state, account)
    for instrument, share in zip(contracts, shares(state, account, contracts, loss)):
        steps += 1
        if share == 0:
            backstop_takes(state, account, instrument, abs(owner.row(instrument).lots), fee_rate=None)
        if owner.row(instrument).lots != 0:
            deleverage(state, account, instrument, share)
            steps += len(state.accounts)

    # 5. Nothing is left, or assets nobody could buy; the stage is asked again by the sweep.
    return steps + resolve_bad_debt(state, account)


def assets(state: State, account: int) -> list[int]:
    """Assets an account holds, the largest value first."""
    return [i for i in legs_in_order(state, state.accounts[account]) if state.instruments[i].is_asset]


def contracts_of(state: State, account: int) -> list[int]:
    """What is no asset and not under settlement, by number."""
    return sorted(i for i in legs_in_order(state, state.accounts[account]) if not state.instruments[i].is_asset)


def close_own_side(state: State, account: int) -> int:
    """The deficit is split over the legs; each closes against the same owner's accounts. How many legs were tried."""
    owner = state.accounts[account].owner
    own = [n for n in range(m.NAMED_COUNT, len(state.accounts)) if state.exists(n) and n != account]
    own = [n for n in own if state.accounts[n].owner == owner]
    deficit = -figures(state, state.accounts[account]).equity
    if deficit <= 0 or not own:
        return 0
    contracts = contracts_of(state, account)
    for instrument, share in zip(contracts, shares(state, account, contracts, deficit)):
        held = state.accounts[account].row(instrument).lots
        for holder in own:
            there = state.accounts[holder].row(instrument).lots
            left = abs(state.accounts[account].row(instrument).lots)
            if there * held < 0 and left > 0:
                share -= close_against(state, account, holder, instrument, min(abs(there), left), share)
    return len(contracts)


def sell_to_fund(state: State, account: int, instrument: int) -> int:
    """As many lots as the fund's cash buys at the mark, without a margin rule; how many that were."""
    if not state.fund.has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX):
        return 0
    lots = min(state.accounts[account].row(instrument).lots, affordable(state, m.NAMED_FUND, instrument))
    if lots > 0:
        take = try_take(state, account, instrument, lots, fee_rate=None)
        apply_take(state, account, m.NAMED_FUND, instrument, take, income=0)
    return lots


def shares(state: State, account: int, contracts: list[int], loss: int) -> list[int]:
    """How much of the loss each leg bears: by what it requires or lost, else by size of value, else the first all."""
    owner = state.accounts[account]
    lots = {i: owner.row(i).lots for i in contracts}
    if owner.mode == m.MODE_PORTFOLIO:
        weights = leg_losses(state, owner, contracts)
    else:
        weights = [leg_requirement(state, state.instruments[i], lots[i]) for i in contracts]
    if not any(weights):
        weights = [abs(value(state.instruments[i], lots[i])) for i in contracts]
    if not any(weights):
        weights = [int(place == 0) for place in range(len(contracts))]
    found, left = [], loss
    for place, weight in enumerate(weights):
        weight_left = sum(weights[place:])
        share = floor(left * weight, weight_left) if weight_left > 0 else 0
        if place == len(weights) - 1:
            share = left
        found.append(share)
        left -= share
    return found


def opposite_holders(state: State, account: int, instrument: int, side: int) -> list[int]:
    """Accounts on the other side of `side`, the backstop among them, by number."""
    return [
        other
        for other in [m.NAMED_BACKSTOP, *range(m.NAMED_COUNT, len(state.accounts))]
        if other != account and state.accounts[other].row(instrument).lots * side < 0
    ]


def queue_key(state: State, holder: int, instrument: int) -> int:
    """Profit times leverage."""
    row, owner = state.instruments[instrument], state.accounts[holder]
    held = owner.row(instrument)
    basis = max(1, notional(row, abs(held.lots)))
    profit = value(row, held.lots) - held.cost
    profit_ppb = clamp(floor(profit * PPB, basis), -KEY_FACTOR_MAX, KEY_FACTOR_MAX)
    equity = figures(state, owner).equity
    leverage_ppb = min(KEY_FACTOR_MAX, floor(basis * PPB, equity)) if equity >= 1 else KEY_FACTOR_MAX
    return floor(profit_ppb * leverage_ppb, PPB)


def is_hedge(state: State, holder: int, instrument: int, lots: int) -> bool:
    """Whether closing at the mark brings a holder below its maintenance margin that is not there yet."""
    owner, row = state.accounts[holder], state.instruments[instrument]
    size = sign(lots) * min(abs(owner.row(instrument).lots), abs(lots))
    pays = trade_amount(row, -size, row.mark)
    before = figures(state, owner)
    after = figures(state, try_change(owner, instrument, size, *money(row, -pays)))
    return before.equity >= before.mm and after.equity < after.mm


def closing_sizes(state: State, account: int, instrument: int) -> list[tuple[int, int]]:
    """Who closes how much, in order: the same owner's first, then by the pool's policy."""
    lots = state.accounts[account].row(instrument).lots
    holders = opposite_holders(state, account, instrument, sign(lots))
    owner = state.accounts[account].owner
    own = [holder for holder in holders if state.accounts[holder].owner == owner]
    others = [holder for holder in holders if state.accounts[holder].owner != owner]
    size = {holder: abs(state.accounts[holder].row(instrument).lots) for holder in holders}
    if state.policy["adl"] == m.ADL_QUEUE:
        own.sort(key=lambda holder: (-queue_key(state, holder, instrument), holder))
        others.sort(
            key=lambda holder: (
                is_hedge(state, holder, instrument, lots),
                -queue_key(state, holder, instrument),
                holder,
            )
        )

    left, found = abs(lots), []
    for holder in own:
        found.append((holder, min(size[holder], left)))
        left -= found[-1][1]
    if state.policy["adl"] == m.ADL_QUEUE:
        rounds = [others]
    else:
        # Those whose hedge it is wait until it is known what the rest cannot take.
        waiting = [holder for holder in others if is_hedge(state, holder, instrument, sign(lots) * left)]
        rounds = [[holder for holder in others if holder not in waiting], waiting]
    for holders in rounds:
        to_close, total = left, sum(size[holder] for holder in holders)
        for holder in holders:
            wanted = size[holder]
            if state.policy["adl"] == m.ADL_PRO_RATA:
                wanted = min(wanted, ceil(to_close * wanted, total))
            found.append((holder, min(wanted, left)))
            left -= found[-1][1]
    return [(holder, closed) for holder, closed in found if closed > 0]


def close_against(state: State, account: int, holder: int, instrument: int, lots: int, loss: int) -> int:
    """Close lots of a leg with a holder of the other side; what it bears of the loss."""
    held, row = state.accounts[account].row(instrument).lots, state.instruments[instrument]
    side = sign(held)
    pays = trade_amount(row, -side * lots, row.mark)
    after = try_change(state.accounts[holder], instrument, side * lots, *money(row, -pays))
    paid = min(ceil(loss * lots, abs(held)), spare(figures(state, after)))
    change_holding(state, account, instrument, -side * lots, *money(row, pays - paid))
    change_holding(state, holder, instrument, side * lots, *money(row, paid - pays))
    state.sweep_due = True
    return paid


def deleverage(state: State, account: int, instrument: int, loss: int) -> None:
    """§8.4.1: the whole leg is closed against the other side."""
    side = sign(state.accounts[account].row(instrument).lots)
    state.sweep_due = True
    for holder, lots in closing_sizes(state, account, instrument):
        loss -= close_against(state, account, holder, instrument, lots, loss)
    if loss > 0:
        socialise(state, account, instrument, side, loss)


def spare(after: Figures) -> int:
    """What a holder can pay without coming below its maintenance margin."""
    return max(0, after.equity - after.mm)


def socialise(state: State, account: int, instrument: int, side: int, loss: int) -> None:
    """What is left of the loss goes on every holding still on the other side."""
    holders = opposite_holders(state, account, instrument, side)
    total = sum(abs(state.accounts[holder].row(instrument).lots) for holder in holders)
    if total == 0:
        return
    collected = 0
    for holder in holders:
        owner, row = state.accounts[holder], state.instruments[instrument]
        held = owner.holdings[instrument]
        added = ceil(loss * abs(held.lots), total)
        if row.is_option:
            owner.cash -= added
        else:
            held.cost += added
            row.realised += added
        collected += added
    state.accounts[account].cash += loss
    state.accounts[m.NAMED_DUST].cash += collected - loss
    state.bad_debt += loss
    state.socialised += loss
