"""May an account do this? It must cover initial margin afterwards, or only reduce its risk; cooling off, the latter."""

from typing import NamedTuple

from plimsoll.book.holdings import Change
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL_VIEW, integers
from plimsoll.margin.health import Health, health, health_after
from plimsoll.units.codes import (
    ACCOUNT_MUST_NOT_BE_COOLING_OFF,
    COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED,
    COUNTERPARTY_MARK_MUST_ALLOW_MARGIN,
    COUNTERPARTY_MUST_NOT_BE_COOLING_OFF,
    MARGIN_INITIAL_MUST_BE_COVERED,
    MARK_MUST_ALLOW_MARGIN,
    OK,
)
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import rule, shared
from plimsoll.units.messages import ACTION_MARGIN, STAGE_COOLING


class Verdict(NamedTuple):
    """A result code, and whether the account's fees are waived because it has nothing left."""

    code: int
    waived: bool


@rule
def only_reduces_risk(before: Health, after: Health) -> bool:
    """MM does not rise and equity/MM does not fall, one micro of rounding allowed; no division."""
    if before.equity < 0:
        return after.maintenance < before.maintenance and after.equity + 1 >= before.equity
    if after.maintenance > before.maintenance:
        return False
    if before.maintenance == 0:
        return after.equity >= before.equity
    return after.equity + 1 >= mul_div_ceil(before.equity, after.maintenance, before.maintenance)


@rule
def why_refused(cooling: bool, covered: bool) -> int:
    """The code of a change that neither is covered, for an account that may take risk, nor only reduces risk."""
    if cooling:
        return ACCOUNT_MUST_NOT_BE_COOLING_OFF
    return MARK_MUST_ALLOW_MARGIN if covered else MARGIN_INITIAL_MUST_BE_COVERED


@shared((POOL_VIEW, INTEGER, integers(Change), INTEGER))
def judge(pool: Pool, account: int, change: Change, fee: int) -> Verdict:
    """The margin rule for a change whose cash already holds ``-fee``."""
    after = health_after(pool, account, change)
    covered = after.equity >= after.initial
    cooling = pool.accounts[account]["stage"] == STAGE_COOLING
    if covered and after.blocked & ACTION_MARGIN == 0 and not cooling:
        return Verdict(OK, False)
    before = health(pool, account)
    waived = before.equity < 0
    if waived:
        after = Health(after.equity + fee, after.maintenance, after.initial, after.blocked)
    if only_reduces_risk(before, after):
        return Verdict(OK, waived)
    return Verdict(why_refused(cooling, covered), False)


@rule
def allows_change(pool: Pool, account: int, before: Health, after: Health) -> int:
    """The margin rule between two states of an account, no fee to waive: covered, or risk only reduced."""
    covered = after.equity >= after.initial
    cooling = pool.accounts[account]["stage"] == STAGE_COOLING
    if (covered and after.blocked & ACTION_MARGIN == 0 and not cooling) or only_reduces_risk(before, after):
        return OK
    return why_refused(cooling, covered)


@rule
def require_covered(after: Health) -> int:
    """Initial margin is covered and every held mark may be used for margin."""
    if after.equity < after.initial:
        return MARGIN_INITIAL_MUST_BE_COVERED
    if after.blocked & ACTION_MARGIN != 0:
        return MARK_MUST_ALLOW_MARGIN
    return OK


@rule
def of_counterparty(code: int) -> int:
    """The same refusal, said of the second account of a command."""
    if code == MARGIN_INITIAL_MUST_BE_COVERED:
        return COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
    if code == MARK_MUST_ALLOW_MARGIN:
        return COUNTERPARTY_MARK_MUST_ALLOW_MARGIN
    if code == ACCOUNT_MUST_NOT_BE_COOLING_OFF:
        return COUNTERPARTY_MUST_NOT_BE_COOLING_OFF
    return code
