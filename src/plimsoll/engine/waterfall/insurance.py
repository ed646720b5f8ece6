"""The insurance: the fund first, then the tranches stakers stand behind, by rank; within quotas of the day.

A tranche that has lost all but a trifle of what its shares stood for is wiped, and a new epoch of it begins.
"""

from plimsoll.book.events import emit, enter_ledger, move_cash, note
from plimsoll.book.layout import Pool
from plimsoll.units.fixed import mul_div_floor, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import POTS_MAX, SHARE_LOSS_MAX, SHARES_PER_MICRO
from plimsoll.units.messages import (
    EVENT_FEE_PAID,
    EVENT_FUND_PAID,
    EVENT_POT_WIPED,
    EVENT_PREMIUM_PAID,
    EVENT_SHARES_CHANGED,
    KIND_ASSET,
    MECHANISM_FUND,
    MECHANISM_TRANCHE,
    NAMED_FEES,
    NAMED_FUND,
    POT_TRANCHE,
)

NO_POT = 0
NO_TIER = 0


@rule
def insures(pool: Pool, number: int) -> bool:
    """Whether a pot is a tranche that somebody has a stake in."""
    pot = pool.pots[number]
    return pot["kind"] == POT_TRANCHE and pot["shares"] > 0


@command
def insurance_cash(pool: Pool) -> int:
    """Positive cash of the fund and of every tranche that insures."""
    total = max(0, pool.accounts[NAMED_FUND]["cash"])
    for number in range(1, POTS_MAX + 1):
        if insures(pool, number):
            total += max(0, pool.accounts[pool.pots[number]["account"]]["cash"])
    return total


@command
def next_tranche(pool: Pool, after: int) -> int:
    """The tranche that pays after another, by (rank, number); the first for NO_POT, NO_POT when none is left."""
    best = NO_POT
    for number in range(1, POTS_MAX + 1):
        if not insures(pool, number):
            continue
        rank = pool.pots[number]["rank"]
        is_later = after == NO_POT or (rank, number) > (pool.pots[after]["rank"], after)
        if is_later and (best == NO_POT or rank < pool.pots[best]["rank"]):
            best = number
    return best


@command
def tier_of(pool: Pool, account: int) -> int:
    """The highest tier of the contracts an account holds; 0 for none."""
    owner = pool.accounts[account]
    highest = 0
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        instrument = pool.instruments[holding["instrument"]]
        if holding["lots"] != 0 and instrument["kind"] != KIND_ASSET:
            highest = max(highest, instrument["tier"])
    return highest


@rule
def quota_left(pool: Pool, tier: int) -> int:
    """What may still be paid today for an account whose riskiest contract is of a tier."""
    policy = pool.policy[0]
    totals = pool.totals[0]
    left = policy["quota_day"] - totals["day_paid"]
    if tier == 1:
        left = min(left, policy["quota_day_1"] - totals["day_paid_1"])
    elif tier == 2:
        left = min(left, policy["quota_day_2"] - totals["day_paid_2"])
    elif tier == 3:
        left = min(left, policy["quota_day_3"] - totals["day_paid_3"])
    return max(0, left)


@rule
def payable_today(pool: Pool) -> int:
    """What the insurance could pay today, for accounts of whatever tier."""
    return min(insurance_cash(pool), quota_left(pool, NO_TIER))


@rule
def available_insurance(pool: Pool, account: int) -> int:
    """What the insurance could pay for an account now, quotas included."""
    return min(insurance_cash(pool), quota_left(pool, tier_of(pool, account)))


@rule
def count_paid(pool: Pool, tier: int, paid: int) -> None:
    """Count a payment against the day's quotas."""
    totals = pool.totals[0]
    totals["day_paid"] += paid
    if tier == 1:
        totals["day_paid_1"] += paid
    elif tier == 2:
        totals["day_paid_2"] += paid
    elif tier == 3:
        totals["day_paid_3"] += paid


@command
def pay_part(pool: Pool, payer: int, mechanism: int, account: int, owed: int, allowed: int) -> int:
    """One payer gives what it has, up to what is allowed; returns what it gave."""
    paid = min(allowed, max(pool.accounts[payer]["cash"], 0))
    if paid > 0:
        move_cash(pool, EVENT_FUND_PAID, payer, account, -paid)
        move_cash(pool, EVENT_FUND_PAID, account, payer, paid)
        taker = payer if mechanism == MECHANISM_TRANCHE else NAMED_FUND
        enter_ledger(pool, account, 0, mechanism, taker, 0, 0, paid, 0, 0, 0, paid, 0, -owed)
    return paid


@command
def pay_insurance(pool: Pool, account: int, owed: int) -> int:
    """Pay what may be paid of a deficit into the account; returns what was paid."""
    tier = tier_of(pool, account)
    allowed = min(owed, quota_left(pool, tier))
    paid = pay_part(pool, NAMED_FUND, MECHANISM_FUND, account, owed, allowed)
    number = next_tranche(pool, NO_POT) if paid < allowed else NO_POT
    while number != NO_POT and paid < allowed:
        following = next_tranche(pool, number)
        pot = pool.pots[number]
        part = pay_part(pool, pot["account"], MECHANISM_TRANCHE, account, owed - paid, allowed - paid)
        pot["paid"] += part
        paid += part
        wipe_if_lost(pool, number)
        number = following
    count_paid(pool, tier, paid)
    return paid


@command
def wipe_if_lost(pool: Pool, number: int) -> None:
    """Begin a new epoch of a tranche whose shares have lost next to everything; what is left goes to the fund."""
    pot = pool.pots[number]
    left = max(0, pool.accounts[pot["account"]]["cash"])
    if not insures(pool, number) or left >= max(1, pot["shares"] // (SHARES_PER_MICRO * SHARE_LOSS_MAX)):
        return
    if left > 0:
        move_cash(pool, EVENT_POT_WIPED, pot["account"], NAMED_FUND, -left)
        move_cash(pool, EVENT_POT_WIPED, NAMED_FUND, pot["account"], left)
    else:
        note(pool, EVENT_POT_WIPED, pot["account"], 0, 0, 0)
    emit(pool, EVENT_SHARES_CHANGED, -1, pot["account"], 0, 0, 0, 0, 0, number, -pot["shares"])
    pot["epoch"] += 1
    pot["shares"] = 0
    pot["unbonding_shares"] = 0
    pot["own"] = SHARES_PER_MICRO


@command
def wipe_lost(pool: Pool) -> None:
    """After a write-down of the settlement token: every tranche is looked at."""
    for number in range(1, POTS_MAX + 1):
        wipe_if_lost(pool, number)


@command
def pay_premium(pool: Pool, payer: int, premium: int) -> None:
    """Share a premium over the tranches that insure, by weight; roundings stay with the payer."""
    if premium < 1:
        return
    weights = 0
    for number in range(1, POTS_MAX + 1):
        if insures(pool, number):
            weights += pool.pots[number]["weight"]
    for number in range(1, POTS_MAX + 1):
        if weights == 0 or not insures(pool, number):
            continue
        pot = pool.pots[number]
        share = mul_div_floor(premium, pot["weight"], weights)
        if share > 0:
            move_cash(pool, EVENT_PREMIUM_PAID, payer, pot["account"], -share)
            move_cash(pool, EVENT_PREMIUM_PAID, pot["account"], payer, share)


@rule
def share_liquidation_fee(pool: Pool, fee: int) -> None:
    """The insurers' part of what the fund has got from a liquidation."""
    pay_premium(pool, NAMED_FUND, rate_down(fee, pool.policy[0]["premium_liquidation"]))


@command
def give_fee_to_fund(pool: Pool, giver: int, fee: int) -> None:
    """The fund's part of a liquidation fee, the account having paid it, and the insurers' part of that."""
    move_cash(pool, EVENT_FEE_PAID, NAMED_FUND, giver, fee)
    share_liquidation_fee(pool, fee)


@command
def share_trading_fees(pool: Pool) -> None:
    """The insurers' part of the fees earned since the last tick."""
    totals = pool.totals[0]
    earned = pool.accounts[NAMED_FEES]["cash"] - totals["fees_seen"]
    if earned > 0:
        pay_premium(pool, NAMED_FEES, rate_down(earned, pool.policy[0]["premium_trading"]))
    totals["fees_seen"] = pool.accounts[NAMED_FEES]["cash"]
