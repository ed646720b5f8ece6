"""§8: who is looked at, in what order, and what an account's stage becomes."""

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .books import release_orders, resolve_bad_debt, set_stage
from .insolvency import resolve
from .margin import figures
from .numbers import ceil, floor
from .state import State
from .waterfall import backstop_takes_legs


def sweep(state: State) -> None:
    """Visit accounts from the cursor, as far as this tick's accounts and steps go."""
    if not state.sweeping:
        if not state.sweep_due and all(account.stage == m.STAGE_HEALTHY for account in state.accounts):
            return
        state.sweeping, state.sweep_due = True, False
        state.sweep_cursor, state.shortfall_running = m.NAMED_BACKSTOP, 0
    accounts_left, steps_left = state.policy["accounts_per_tick"], state.policy["steps_per_tick"]
    while state.sweep_cursor < len(state.accounts) and accounts_left > 0 and steps_left > 0:
        account = state.sweep_cursor
        steps_left -= visit(state, account)
        accounts_left -= 1
        state.shortfall_running += max(0, -figures(state, state.accounts[account]).equity)
        state.sweep_cursor = m.NAMED_COUNT if account == m.NAMED_BACKSTOP else account + 1
    if state.sweep_cursor >= len(state.accounts):
        state.sweeping = False
        state.shortfall = state.shortfall_running


def visit(state: State, account: int) -> int:
    """Judge one account and act on it; the steps of liquidation it took."""
    row = state.accounts[account]
    if row.status != m.STATUS_OPEN:
        return 0
    if not row.holdings:
        return visit_without_holdings(state, account)
    now = figures(state, row)

    # 1. The owner's own trigger.
    below_trigger = row.trigger_ppb > 0 and now.equity < ceil(now.mm * row.trigger_ppb, PPB)
    if below_trigger and not row.triggered:
        release_orders(state, account)
    row.triggered = below_trigger

    # 2. No longer in breach.
    if row.stage == m.STAGE_LIQUIDATING and (now.equity >= now.exit or not row.holdings):
        set_stage(state, account, m.STAGE_HEALTHY)
    if row.stage == m.STAGE_CALLED and now.equity >= now.call:
        set_stage(state, account, m.STAGE_HEALTHY)
    now = figures(state, row)

    # 3. Breach of maintenance.
    may_liquidate = now.blocks & m.ACTION_LIQUIDATE == 0 and state.time >= state.grace_until
    if now.equity < now.mm and may_liquidate:
        start_liquidation(state, account)
        now = figures(state, row)

    # 4. Call, and the end of its deadline.
    if row.stage == m.STAGE_HEALTHY and now.equity < now.call:
        set_stage(state, account, m.STAGE_CALLED)
        release_orders(state, account)
        now = figures(state, row)
    deadline = row.stage_since + state.policy["call_deadline"]
    overdue = row.stage == m.STAGE_CALLED and state.time >= deadline
    if overdue and now.equity < now.exit and may_liquidate:
        start_liquidation(state, account)
        now = figures(state, row)

    # 5. What liquidation does by itself; bids do the rest.
    if row.stage != m.STAGE_LIQUIDATING or not may_liquidate:
        return 0
    if now.equity < 0:
        return resolve(state, account)
    waited = state.time - row.stage_since >= state.policy["backstop_after"]
    if waited or now.equity < floor(now.mm * state.policy["backstop_ratio"], PPB):
        return backstop_takes_legs(state, account)
    return 0


def visit_without_holdings(state: State, account: int) -> int:
    """Nothing is left to liquidate: a debt is resolved, a stage ends."""
    row = state.accounts[account]
    steps = 0
    if row.cash < 0:
        resolve_bad_debt(state, account)
        steps = 1
    set_stage(state, account, m.STAGE_HEALTHY)
    return steps


def start_liquidation(state: State, account: int) -> None:
    if state.accounts[account].stage != m.STAGE_LIQUIDATING:
        set_stage(state, account, m.STAGE_LIQUIDATING)
        release_orders(state, account)
