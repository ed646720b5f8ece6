"""§8: who is looked at, in what order, and what an account's stage becomes."""

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .books import release_orders, resolve_bad_debt, set_stage
from .insolvency import resolve
from .margin import Figures, figures
from .numbers import ceil, floor
from .state import State
from .waterfall import backstop_takes_legs


def sweep(state: State) -> None:
    """Visit accounts from the cursor, as far as this tick's accounts and steps go."""
    if not state.sweeping:
        if not state.sweep_due:
            return
        state.sweeping, state.sweep_due = True, False
        state.sweep_cursor, state.shortfall_running = m.NAMED_BACKSTOP, 0
    accounts, steps = 0, 0
    while state.sweep_cursor < len(state.accounts):
        if accounts >= state.policy["accounts_per_tick"] or steps >= state.policy["steps_per_tick"]:
            return
        account = state.sweep_cursor
        state.sweep_cursor = max(account + 1, m.NAMED_COUNT)
        accounts += 1
        if state.accounts[account].status == m.STATUS_OPEN:
            steps += visit(state, account)
    state.sweeping = False
    state.shortfall = state.shortfall_running


def visit(state: State, account: int) -> int:
    """Judge one account, act on it, and note what it owes and whether to come back; the steps of liquidation."""
    row = state.accounts[account]
    if row.holdings or row.stage != m.STAGE_HEALTHY:
        steps = act(state, account)
    else:
        steps = resolve_bad_debt(state, account)
    state.shortfall_running += max(0, -figures(state, row).equity)
    if row.stage != m.STAGE_HEALTHY:
        state.sweep_due = True
    return steps


def act(state: State, account: int) -> int:
    """The five steps of §8, one after another."""
    row = state.accounts[account]
    follow_trigger(state, account)
    end_if_restored(state, account)

    # 3. Breach of maintenance.
    now = figures(state, row)
    if now.equity < now.mm or (now.equity < 0 and row.holdings):
        start_liquidation(state, account, now)
        now = figures(state, row)

    # 4. Call, and the end of its deadline.
    if row.stage == m.STAGE_HEALTHY and now.equity < now.call:
        set_stage(state, account, m.STAGE_CALLED)
        release_orders(state, account)
        now = figures(state, row)
    deadline = row.stage_since + state.policy["call_deadline"]
    if row.stage == m.STAGE_CALLED and state.time >= deadline and now.equity < now.exit:
        start_liquidation(state, account, now)
        now = figures(state, row)

    # 5. What liquidation does by itself; bids do the rest.
    if row.stage != m.STAGE_LIQUIDATING or not may_liquidate(state, now):
        return 0
    steps = liquidate(state, account, now)
    end_if_restored(state, account)
    return steps


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


def end_if_restored(state: State, account: int) -> None:
    """2. No longer in breach."""
    row = state.accounts[account]
    now = figures(state, row)
    over = row.stage == m.STAGE_LIQUIDATING and (now.equity >= now.exit or not row.holdings)
    if over or (row.stage == m.STAGE_CALLED and now.equity >= now.call):
        set_stage(state, account, m.STAGE_HEALTHY)


def may_liquidate(state: State, now: Figures) -> bool:
    return now.blocks & m.ACTION_LIQUIDATE == 0 and state.time >= state.grace_until


def start_liquidation(state: State, account: int, now: Figures) -> None:
    """As in 3.: if not yet, and unless a held mark or the grace period forbids it."""
    if state.accounts[account].stage != m.STAGE_LIQUIDATING and may_liquidate(state, now):
        set_stage(state, account, m.STAGE_LIQUIDATING)
        release_orders(state, account)


def liquidate(state: State, account: int, now: Figures) -> int:
    if now.equity < 0:
        return resolve(state, account)
    waited = state.time - state.accounts[account].stage_since >= state.policy["backstop_after"]
    if waited or now.equity < floor(now.mm * state.policy["backstop_ratio"], PPB):
        return backstop_takes_legs(state, account)
    return 0
