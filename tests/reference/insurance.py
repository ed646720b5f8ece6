"""§10 and §8.5: who pays what an account cannot, how much of it a day, and what insurers get for it."""

from plimsoll.units import messages as m
from plimsoll.units.limits import DAY, PPB, SHARE_LOSS_MAX, SHARES_PER_MICRO

from .books import cuts
from .cases import Pot
from .numbers import floor
from .state import Account, State

TIERS = (1, 2, 3)


def follow_day(state: State) -> None:
    """What was paid today is forgotten when another day begins."""
    day = floor(state.time, DAY)
    if day != state.day:
        state.day = day
        state.day_paid = state.day_paid_1 = state.day_paid_2 = state.day_paid_3 = state.day_backstop = 0


def tier_of(state: State, account: Account) -> int:
    """The highest tier of the contracts and options held."""
    rows = [state.instruments[i] for i in account.legs()]
    return max((row.tier for row in rows if not row.is_asset), default=0)


def allowed(state: State, tier: int) -> int:
    """What may still be paid today, for an account of a tier."""
    left = state.policy["quota_day"] - state.day_paid
    if tier > 0:
        left = min(left, state.policy[f"quota_day_{tier}"] - getattr(state, f"day_paid_{tier}"))
    return max(0, left)


def payers(state: State) -> list[tuple[Account, Pot | None]]:
    """The fund, then the tranches with stakes by rank and number."""
    tranches = [(pot.rank, number, pot) for number, pot in state.pots.items() if pot.insures]
    ordered = [pot for _, _, pot in sorted(tranches, key=lambda entry: entry[:2])]
    return [(state.fund, None), *((state.accounts[pot.account], pot) for pot in ordered)]


def payable_today(state: State) -> int:
    """What the gate of withdrawals reckons with: all there is, within the quota of the day."""
    return min(state.insurance_cash(), allowed(state, 0))


def available(state: State, account: int) -> int:
    """What would be paid for an account, whatever it owed."""
    there = sum(max(0, payer.cash) for payer, _ in payers(state))
    return min(there, allowed(state, tier_of(state, state.accounts[account])))


def insurance_pays(state: State, account: int, owed: int) -> int:
    """Wherever "the fund pays" is said: into the account's cash, at most `owed`; what was paid is returned."""
    debtor = state.accounts[account]
    tier = tier_of(state, debtor)
    most = min(owed, allowed(state, tier))
    left = most
    for payer, pot in payers(state):
        asked, paid = left, min(left, max(0, payer.cash))
        payer.cash -= paid
        debtor.cash += paid
        left -= paid
        if pot is not None and asked > 0:
            pot.paid += paid
            wipe_if_lost(state, pot)
    state.day_paid += most - left
    if tier > 0:
        name = f"day_paid_{tier}"
        setattr(state, name, getattr(state, name) + most - left)
    return most - left


def wipe_if_lost(state: State, pot: Pot) -> None:
    """A tranche that lost all but a millionth of what its first shares were worth begins anew, without stakes."""
    owner = state.accounts[pot.account]
    if not pot.insures or (owner.cash > 0 and owner.cash >= floor(pot.shares, SHARES_PER_MICRO * SHARE_LOSS_MAX)):
        return
    state.fund.cash += owner.cash
    owner.cash = 0
    pot.epoch += 1
    pot.shares = pot.unbonding_shares = 0
    pot.own = SHARES_PER_MICRO


def wipe_what_is_lost(state: State) -> None:
    """After every loss that is no payment: a write-down of the settlement token."""
    for _, pot in sorted(state.pots.items()):
        wipe_if_lost(state, pot)


# What insurers get.


def pay_premium(state: State, payer: Account, premium: int) -> None:
    """A premium goes to the tranches with stakes by weight; what is rounded away stays."""
    insurers = [pot for _, pot in sorted(state.pots.items()) if pot.insures and pot.weight > 0]
    total = sum(pot.weight for pot in insurers)
    for pot in insurers:
        part = floor(premium * pot.weight, total)
        payer.cash -= part
        state.accounts[pot.account].cash += part


def fund_takes_fee(state: State, fee: int) -> None:
    """A liquidation's fee goes to the fund, and a part of it on to the tranches."""
    state.fund.cash += fee
    pay_premium(state, state.fund, floor(max(0, fee) * state.policy["premium_liquidation"], PPB))


def share_trading_fees(state: State) -> None:
    """At a tick: a part of the fees that came in since the last one."""
    fees = state.accounts[m.NAMED_FEES]
    new = fees.cash - state.fees_seen
    if new > 0:
        pay_premium(state, fees, floor(new * state.policy["premium_trading"], PPB))
    state.fees_seen = fees.cash


# §8.5.


def resolve_bad_debt(state: State, account: int) -> int:
    """An account without holdings and with cash below zero: the insurance, then positive cash pro rata.

    Returns the steps of liquidation: every account when cash had to be cut.
    """
    debtor = state.accounts[account]
    if debtor.holdings or debtor.cash >= 0:
        return 0
    if state.policy["pauses"] & m.PAUSE_RESOLVE and account != m.NAMED_SETTLEMENT:
        # It waits, and the next sweep counts it.
        state.sweep_due = True
        return 0
    insurance_pays(state, account, -debtor.cash)
    bad_debt = -debtor.cash
    owners = [n for n in range(m.NAMED_COUNT, len(state.accounts)) if not state.is_private(n)]
    bearers = [m.NAMED_FEES, m.NAMED_BACKSTOP, *owners]
    total = sum(max(0, state.accounts[bearer].cash) for bearer in bearers)
    for bearer, cut in cuts(bad_debt, total, [(bearer, state.accounts[bearer].cash) for bearer in bearers]):
        state.accounts[bearer].cash -= cut
        debtor.cash += cut
        state.bad_debt += cut
        state.socialised += cut
        state.sweep_due = True
    return len(state.accounts) if bad_debt > 0 else 0
