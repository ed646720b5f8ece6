"""The sealed-bid batch: a portfolio account in liquidation is sold to all bidders at one discount, the marginal one.

Nobody sees another's bid before all are in, so nobody can run in front of one; what a bid asks for decides whether it
is taken and, for the last of them alone, what everybody gets.  Bonds make silence and empty promises cost something.
"""

from plimsoll.book.cases import free_seals
from plimsoll.book.events import emit, note, touch
from plimsoll.book.layout import Pool
from plimsoll.book.rows import SealRow
from plimsoll.engine.checks import is_private
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.slice_payment import Payment, payment_of, strips_hedges
from plimsoll.engine.waterfall.slices import health_without, moves_lots, part_to_exit, require_taker, take_slice
from plimsoll.margin.health import Health, exit_level, health
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_floor, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    BATCH_OPEN,
    BATCH_OVER,
    EVENT_BATCH_ENDED,
    EVENT_BOND_LOST,
    EVENT_BOND_RETURNED,
    MECHANISM_BATCH,
    NAMED_BONDS,
    NAMED_FUND,
    PAUSE_BATCH,
)

NO_SEAL = 0


@command
def move_bond(pool: Pool, kind: int, giver: int, taker: int, bond: int, account: int) -> None:
    """Money of a bid on ``account`` goes from one account to another, with the event of each side."""
    pool.accounts[giver]["cash"] -= bond
    touch(pool, giver)
    emit(pool, kind, giver, taker, 0, 0, 0, -bond, 0, 0, account)
    pool.accounts[taker]["cash"] += bond
    touch(pool, taker)
    emit(pool, kind, taker, giver, 0, 0, 0, bond, 0, 0, account)


@rule
def bond_left(pool: Pool, seal: SealRow) -> int:
    """What can be paid of a bond: a write-down may have cut what is kept of them all."""
    return min(seal["bond"], max(0, pool.accounts[NAMED_BONDS]["cash"]))


@rule
def lose_bond(pool: Pool, account: int, seal: SealRow) -> None:
    """A bid that was not kept costs its bond."""
    bond = bond_left(pool, seal)
    if bond > 0:
        move_bond(pool, EVENT_BOND_LOST, NAMED_BONDS, NAMED_FUND, bond, account)
        seal["bond"] = 0


@command
def return_bonds(pool: Pool, account: int) -> None:
    """Give every bond that is left back, in the order of the list, and free the seals."""
    case = pool.accounts[account]["case"]
    if case == 0 or pool.cases[case]["seals"] == NO_SEAL:
        return
    row = pool.cases[case]["seals"]
    while row != NO_SEAL:
        seal = pool.seals[row]
        bond = bond_left(pool, seal)
        if bond > 0:
            move_bond(pool, EVENT_BOND_RETURNED, NAMED_BONDS, seal["bidder"], bond, account)
        row = seal["next"]
    free_seals(pool, account)


@command
def end_batch(pool: Pool, account: int) -> None:
    """End an open batch in which nothing went: bonds are returned, slices are offered from now on."""
    row = pool.accounts[account]["case"]
    if row != 0 and pool.cases[row]["batch"] == BATCH_OPEN:
        finish(pool, account, 0, 0)


@rule
def finish(pool: Pool, account: int, discount: int, gone: int) -> None:
    """The batch is over: what is left of the bonds goes back, and what is left of the account is for open bids."""
    return_bonds(pool, account)
    note(pool, EVENT_BATCH_ENDED, account, 0, discount, gone)
    case = pool.cases[pool.accounts[account]["case"]]
    case["batch"] = BATCH_OVER
    case["slice_since"] = pool.totals[0]["time"]


@rule
def reveals_from(pool: Pool, account: int) -> int:
    """When commits end and reveals begin."""
    return pool.accounts[account]["stage_since"] + pool.policy[0]["batch_commit"]


@rule
def reveals_until(pool: Pool, account: int) -> int:
    """When reveals end and the batch is due to be cleared."""
    return reveals_from(pool, account) + pool.policy[0]["batch_reveal"]


@rule
def is_eligible(pool: Pool, seal: SealRow) -> bool:
    """Revealed, and asking no more than the account may be made to pay."""
    return seal["revealed"] != 0 and seal["discount"] <= pool.policy[0]["batch_discount_max"]


@command
def next_offer(pool: Pool, first: int, after: int) -> int:
    """The eligible bid that comes after another (0: the first of all) by discount, ties in list order; 0 for none."""
    best = NO_SEAL
    passed = after == NO_SEAL
    row = first
    while row != NO_SEAL:
        seal = pool.seals[row]
        if row == after:
            passed = True
        elif is_eligible(pool, seal):
            is_later = after == NO_SEAL or seal["discount"] > pool.seals[after]["discount"]
            is_later = is_later or (passed and seal["discount"] == pool.seals[after]["discount"])
            if is_later and (best == NO_SEAL or seal["discount"] < pool.seals[best]["discount"]):
                best = row
        row = seal["next"]
    return best


@command
def any_revealed(pool: Pool, first: int) -> bool:
    """Whether anybody has revealed: a halt or a pause may have left nobody the time, and silence is no fault then."""
    row = first
    while row != NO_SEAL:
        if pool.seals[row]["revealed"] != 0:
            return True
        row = pool.seals[row]["next"]
    return False


@command
def forfeit_unrevealed(pool: Pool, account: int, first: int) -> int:
    """Every bid that stayed sealed loses its bond, if another did not; returns how many are eligible."""
    if not any_revealed(pool, first):
        return 0
    eligible = 0
    row = first
    while row != NO_SEAL:
        seal = pool.seals[row]
        if seal["revealed"] == 0:
            lose_bond(pool, account, seal)
        elif is_eligible(pool, seal):
            eligible += 1
        row = seal["next"]
    return eligible


@command
def marginal_offer(pool: Pool, account: int, now: Health, first: int) -> int:
    """The bid with which those before it suffice at its discount; the last of all when they never do."""
    offered = 0
    last = NO_SEAL
    row = next_offer(pool, first, NO_SEAL)
    while row != NO_SEAL:
        last = row
        offered = min(PPB, offered + pool.seals[row]["part"])
        if offered >= part_to_exit(pool, account, now, pool.seals[row]["discount"]):
            return last
        row = next_offer(pool, first, row)
    return last


@command
def sell_to(pool: Pool, account: int, seal: SealRow, now: Health, part: int, discount: int) -> int:
    """Sell a part to a bidder, who loses its bond if it cannot take it; returns the legs moved, 0 for none."""
    if not moves_lots(pool, account, part):
        return 0
    after = health_without(pool, account, part)
    if strips_hedges(now, after, part):
        return 0
    fee = payment_of(pool, account, now, after, part, discount)
    to_fund = rate_down(fee, pool.policy[0]["fund_share"])
    payment = Payment(fee - to_fund, to_fund)
    bidder = seal["bidder"]
    if is_private(pool, bidder) or require_taker(pool, account, bidder, part, payment, False) != code.OK:
        lose_bond(pool, account, seal)
        return 0
    return take_slice(pool, account, bidder, part, payment, MECHANISM_BATCH, now)


@command
def sell_batch(pool: Pool, account: int, now: Health, first: int) -> int:
    """Sell to the bids that suffice, all at the discount of the last of them, and end; returns the legs moved."""
    last = marginal_offer(pool, account, now, first)
    discount = pool.seals[last]["discount"]
    needed = part_to_exit(pool, account, now, discount)
    gone = 0
    moved = 0
    row = next_offer(pool, first, NO_SEAL)
    while row != NO_SEAL and gone < PPB:
        seal = pool.seals[row]
        wanted = min(seal["part"], needed - gone)
        restored = now.equity >= exit_level(now.maintenance, pool.policy[0]["exit_buffer"])
        if wanted < 1 or restored or now.equity < 0:
            break
        # What is left is less than the whole: its part of the rest is larger than its part of all.
        legs = sell_to(pool, account, seal, now, min(PPB, mul_div_floor(wanted, PPB, PPB - gone)), discount)
        if legs > 0:
            gone = min(PPB, gone + wanted)
            moved += legs
            now = health(pool, account)
        row = NO_SEAL if row == last else next_offer(pool, first, row)
    if moved > 0:
        # Who took it may have closed all it had: the sweep meets a debt that leaves.
        pool.totals[0]["sweep_due"] = 1
    finish(pool, account, discount, gone)
    return moved


@rule
def is_due(pool: Pool, account: int) -> bool:
    """Whether the account has an open batch in which nobody may bid or reveal any more."""
    is_open = pool.cases[pool.accounts[account]["case"]]["batch"] == BATCH_OPEN
    return is_open and pool.totals[0]["time"] >= reveals_until(pool, account)


@command
def clear_batch(pool: Pool, account: int, now: Health) -> int:
    """Clear the batch of an account that may be liquidated, if it is due; returns the steps that took, 0 when not.

    One step, one a seal and one a leg moved: at most 1 + 64 * 65; and a pass over all accounts for a debt that is left.
    """
    if not is_due(pool, account):
        return 0
    first = pool.cases[pool.accounts[account]["case"]]["seals"]
    steps = 1
    row = first
    while row != NO_SEAL:
        steps += 1
        row = pool.seals[row]["next"]
    if now.equity < 0 or pool.policy[0]["pauses"] & PAUSE_BATCH != 0:
        end_batch(pool, account)
        return steps
    if forfeit_unrevealed(pool, account, first) < max(1, pool.policy[0]["batch_bids_min"]):
        end_batch(pool, account)
        return steps
    steps += sell_batch(pool, account, now, first)
    return steps + resolve_if_bankrupt(pool, account) * pool.totals[0]["accounts"]
