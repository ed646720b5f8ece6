"""§11: what an account's case says when it is called, put into liquidation, or out of either."""

from plimsoll.units import messages as m

from .bonds import return_bonds
from .books import set_stage
from .margin import figures
from .state import State


def enter_called(state: State, account: int) -> None:
    """A call soon after the last one keeps its deadline."""
    set_stage(state, account, m.STAGE_CALLED)
    case = state.accounts[account].case
    again = case.call_ended > 0 and state.time < case.call_ended + state.policy["recall_after"]
    if not (again and case.called_since > 0):
        case.called_since = state.time


def call_deadline(state: State, account: int) -> int:
    return state.accounts[account].case.called_since + state.policy["call_deadline"]


def end_call(state: State, account: int) -> None:
    """A call that no later one could prolong is forgotten."""
    set_stage(state, account, m.STAGE_HEALTHY)
    case = state.accounts[account].case
    case.call_ended = state.time
    if state.policy["recall_after"] == 0:
        case.called_since = case.call_ended = 0


def enter_liquidating(state: State, account: int) -> None:
    set_stage(state, account, m.STAGE_LIQUIDATING)
    owner, policy = state.accounts[account], state.policy
    clear_liquidation(state, account)
    owner.case.called_since = owner.case.call_ended = 0
    owner.case.slice_since = state.time
    takes_seals = policy["batch_commit"] > 0 and policy["pauses"] & m.PAUSE_BATCH == 0
    if owner.mode == m.MODE_PORTFOLIO and takes_seals:
        owner.case.batch = m.BATCH_OPEN


def clear_liquidation(state: State, account: int) -> None:
    """Nothing is left of slices, batch and auction."""
    case = state.accounts[account].case
    return_bonds(state, case)
    case.batch = m.BATCH_NONE
    case.reserved_cash = case.slice_since = case.insolvent_since = 0
    case.forget_auction()


def end_liquidation(state: State, account: int) -> None:
    """Healthy, or for a while no new risk."""
    clear_liquidation(state, account)
    set_stage(state, account, m.STAGE_COOLING if state.policy["cool_off"] > 0 else m.STAGE_HEALTHY)


def end_liquidation_if_safe(state: State, account: int) -> None:
    row = state.accounts[account]
    now = figures(state, row)
    if row.stage == m.STAGE_LIQUIDATING and (now.equity >= now.exit or not row.holdings):
        end_liquidation(state, account)


def end_if_restored(state: State, account: int) -> None:
    """§8, 2.: no longer in breach; and what came in may end a stage at once."""
    end_liquidation_if_safe(state, account)
    row = state.accounts[account]
    now = figures(state, row)
    if row.stage == m.STAGE_CALLED and now.equity >= now.call:
        end_call(state, account)


def cool_off(state: State, account: int) -> None:
    row = state.accounts[account]
    if row.stage == m.STAGE_COOLING and state.time >= row.stage_since + state.policy["cool_off"]:
        set_stage(state, account, m.STAGE_HEALTHY)
