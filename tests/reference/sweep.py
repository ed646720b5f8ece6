"""§8: who is looked at, in what order, and what an account's stage becomes."""

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .amm import amm_takes
from .batch import batch_ends_now, clear_batch
from .bonds import end_batch
from .books import release_orders
from .insolvency import resolve
from .insurance import available, resolve_bad_debt
from .margin import Figures, figures
from .numbers import ceil, floor
from .stages import call_deadline, cool_off, end_if_restored, enter_called, enter_liquidating
from .state import State
from .waterfall import backstop_takes_legs


def sweep(state: State) -> None:
    """Visit accounts from the cursor, as far as this tick's accounts and steps go."""
    if not state.sweeping:
        if not state.sweep_due:
            return
        state.sweeping, state.sweep_due, state.sweep_since = True, False, state.time
        state.sweep_cursor, state.shortfall_running = m.NAMED_BACKSTOP, 0
    accounts, steps = 0, 0
    while state.sweep_cursor < len(state.accounts):
        if accounts >= state.policy["accounts_per_tick"] or steps >= state.policy["steps_per_tick"]:
            return
        account = state.sweep_cursor
        state.sweep_cursor = max(account + 1, m.NAMED_COUNT)
        accounts += 1
        row = state.accounts[account]
        if row.status == m.STATUS_OPEN and row.mode != m.MODE_POT:
            steps += visit(state, account)
    state.sweeping = False
    state.shortfall = state.shortfall_running


def visit(state: State, account: int) -> int:
    """Judge one account, act on it, and note what it owes and whether to come back; the steps of liquidation."""
    row = state.accounts[account]
    cool_off(state, account)
    if row.holdings or row.stage not in (m.STAGE_HEALTHY, m.STAGE_COOLING):
        steps = act(state, account)
    else:
        steps = resolve_bad_debt(state, account)
    state.shortfall_running += max(0, -figures(state, row).equity)
    if row.stage != m.STAGE_HEALTHY:
        state.sweep_due = True
    return steps


def act(state: State, account: int) -> int:
    """The five steps of §8, one after another; after a batch the account is looked at again."""
    follow_trigger(state, account)
    judge(state, account)
    steps = 0
    if is_acted_on(state, account) and batch_ends_now(state, account):
        steps += clear_batch(state, account)
        judge(state, account)
    # 5. What liquidation does by itself; bids do the rest.
    if is_acted_on(state, account):
        steps += liquidate(state, account)
        end_if_restored(state, account)
    return steps


def judge(state: State, account: int) -> None:
    """2. to 4.: the stage an account is in."""
    row = state.accounts[account]
    end_if_restored(state, account)

    # 3. Breach of maintenance.
    now = figures(state, row)
    if now.equity < now.mm or (now.equity < 0 and row.holdings):
        start_liquidation(state, account, now)
        now = figures(state, row)

    # 4. Call, and the end of its deadline.
    if row.stage == m.STAGE_HEALTHY and now.equity < now.call:
        enter_called(state, account)
        release_orders(state, account)
        now = figures(state, row)
    overdue = row.stage == m.STAGE_CALLED and state.time >= call_deadline(state, account)
    if overdue and now.equity < now.exit:
        start_liquidation(state, account, now)
    if figures(state, row).equity >= 0:
        row.case.insolvent_since = 0


def is_acted_on(state: State, account: int) -> bool:
    row = state.accounts[account]
    now = figures(state, row)
    return row.stage == m.STAGE_LIQUIDATING and now.equity < now.exit and may_liquidate(state, now)


def rests(state: State, mechanism: int) -> bool:
    """Whether a mechanism is paused."""
    return bool(state.policy["pauses"] & mechanism)


def follow_trigger(state: State, account: int) -> None:
    """1. The owner's own trigger: once, until equity is at or above it again."""
    row = state.accounts[account]
    if row.trigger_ppb == 0:
        return
    now = figures(state, row)
    below = now.equity < ceil(now.mm * row.trigger_ppb, PPB)
    if below and not row.triggered:
        release_orders(state, account)
    row.triggered = below


def may_liquidate(state: State, now: Figures) -> bool:
    return now.blocks & m.ACTION_LIQUIDATE == 0 and state.time >= state.grace_until


def start_liquidation(state: State, account: int, now: Figures) -> None:
    """As in 3.: if not yet, and unless a held mark or the grace period forbids it."""
    if state.accounts[account].stage != m.STAGE_LIQUIDATING and may_liquidate(state, now):
        enter_liquidating(state, account)
        release_orders(state, account)


def liquidate(state: State, account: int) -> int:
    """The AMMs first, then what the account's equity asks for; the steps of it."""
    row = state.accounts[account]
    if figures(state, row).equity < 0 and row.case.batch == m.BATCH_OPEN:
        end_batch(state, row.case)
    steps = amm_takes(state, account)
    now = figures(state, row)
    if now.equity >= now.exit:
        return steps
    if now.equity < 0:
        waits = rests(state, m.PAUSE_RESOLVE) or waits_for_bidder(state, account, now)
        if waits:
            return steps
        row.case.insolvent_since = 0
        return steps + resolve(state, account)
    row.case.insolvent_since = 0
    return steps + ask_backstop(state, account, now)


def waits_for_bidder(state: State, account: int, now: Figures) -> bool:
    """§11.2: where the insurance can pay, somebody may take a portfolio over before it is closed against others."""
    row, longest = state.accounts[account], state.policy["insolvent_after"]
    legs = [state.instruments[i] for i in row.legs()]
    to_take = any(not leg.is_asset and leg.status != m.STATUS_SETTLING for leg in legs)
    offered = longest > 0 and row.mode == m.MODE_PORTFOLIO and to_take and not rests(state, m.PAUSE_SLICE)
    if not offered or available(state, account) < -now.equity:
        return False
    row.case.insolvent_since = row.case.insolvent_since or state.time
    return state.time < row.case.insolvent_since + longest


def ask_backstop(state: State, account: int, now: Figures) -> int:
    """After a while, or at once when equity is far gone: only that is before the bidders of an open batch."""
    row = state.accounts[account]
    if rests(state, m.PAUSE_BACKSTOP):
        return 0
    far_gone = now.equity < floor(now.mm * state.policy["backstop_ratio"], PPB)
    waited = state.time - row.stage_since >= state.policy["backstop_after"]
    if row.case.batch == m.BATCH_OPEN:
        waited = False
        if far_gone:
            end_batch(state, row.case)
    return backstop_takes_legs(state, account) if waited or far_gone else 0
