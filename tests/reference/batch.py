"""§11.3: sealed bids for a portfolio account in liquidation, opened together and served at one discount."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB, SEALS_MAX

from .bidding import require_bidder, require_endorsed, require_not_cooling_off
from .bonds import end_batch, lose_bond
from .cases import Seal
from .insurance import resolve_bad_debt
from .keccak import keccak_256
from .margin import OF_COUNTERPARTY, figures
from .numbers import floor
from .pots import require_running
from .slice_bids import require_takeable
from .slices import Slice, apply_slice, income_of, smallest_part, taken_over, try_slice
from .state import Account, Command, Refused, State, require


def commits_until(state: State, owner: Account) -> int:
    return owner.stage_since + state.policy["batch_commit"]


def reveals_until(state: State, owner: Account) -> int:
    return commits_until(state, owner) + state.policy["batch_reveal"]


def seal_of(owner: Account, bidder: int) -> Seal | None:
    return next((seal for seal in owner.case.seals if seal.bidder == bidder), None)


def commit(state: State, command: Command) -> None:
    owner, taker = require_bidder(state, command)
    require_not_cooling_off(taker)
    require_running(state, m.PAUSE_BATCH)
    require(owner.stage == m.STAGE_LIQUIDATING, codes.ACCOUNT_MUST_BE_LIQUIDATING)
    require(owner.case.batch == m.BATCH_OPEN, codes.BATCH_MUST_BE_OPEN)
    require(state.time < commits_until(state, owner), codes.COMMIT_PHASE_MUST_BE_OPEN)
    require_endorsed(state, owner, taker)
    have_bid = {state.accounts[seal.bidder].owner for seal in owner.case.seals}
    require(taker.owner not in have_bid, codes.BIDDER_MUST_COMMIT_ONCE)
    require(len(owner.case.seals) < SEALS_MAX, codes.BATCH_MUST_HAVE_ROOM)
    bond = state.policy["batch_bond"]
    require(bond <= max(taker.cash, 0), codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE)
    require(figures(state, taker).blocks & m.ACTION_WITHDRAW == 0, codes.MARK_MUST_ALLOW_WITHDRAW)
    without = taker.copy()
    without.cash -= bond
    after = figures(state, without)
    require(after.equity >= after.im, OF_COUNTERPARTY[codes.MARGIN_INITIAL_MUST_BE_COVERED])
    require(after.blocks & m.ACTION_MARGIN == 0, OF_COUNTERPARTY[codes.MARK_MUST_ALLOW_MARGIN])

    # After this point the command must succeed.
    taker.cash -= bond
    state.accounts[m.NAMED_BONDS].cash += bond
    words = (command["lots"], command["price"], command["amount"], command["premium"])
    owner.case.seals.append(Seal(command["counterparty"], words, bond))


def sealed(words: tuple[int, ...]) -> tuple[int, ...]:
    """The four words that stand for account, bidder, part, discount and two words of salt."""
    digest = keccak_256(b"".join(word.to_bytes(8, "little", signed=True) for word in words))
    return tuple(int.from_bytes(digest[start : start + 8], "little", signed=True) for start in range(0, 32, 8))


def reveal(state: State, command: Command) -> None:
    account, bidder = command["account"], command["counterparty"]
    part, discount = command["lots"], command["price"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(state.exists(bidder), codes.COUNTERPARTY_MUST_EXIST)
    require_running(state, m.PAUSE_BATCH)
    owner = state.accounts[account]
    require(owner.case.batch == m.BATCH_OPEN, codes.BATCH_MUST_BE_OPEN)
    in_time = commits_until(state, owner) <= state.time < reveals_until(state, owner)
    require(in_time, codes.REVEAL_PHASE_MUST_BE_OPEN)
    seal = seal_of(owner, bidder)
    require(seal is not None, codes.SEAL_MUST_EXIST)
    require(not seal.revealed, codes.SEAL_MUST_NOT_BE_REVEALED)
    require(1 <= part <= PPB, codes.SLICE_MUST_BE_WITHIN_LIMIT)
    require(0 <= discount <= PPB, codes.DISCOUNT_MUST_BE_WITHIN_LIMIT)
    words = (account, bidder, part, discount, command["amount"], command["premium"])
    require(sealed(words) == seal.words, codes.SEAL_MUST_MATCH)

    # After this point the command must succeed.
    seal.part, seal.discount, seal.revealed = part, discount, 1


# Clearing.


def batch_ends_now(state: State, account: int) -> bool:
    """Nobody can bid or reveal any more."""
    owner = state.accounts[account]
    return owner.case.batch == m.BATCH_OPEN and state.time >= reveals_until(state, owner)


def clear_batch(state: State, account: int) -> int:
    """Serve the bids, return or keep their bonds; the steps: one, one a seal and one a leg moved."""
    owner = state.accounts[account]
    case, steps = owner.case, 1 + len(owner.case.seals)
    rests = state.policy["pauses"] & m.PAUSE_BATCH
    if figures(state, owner).equity >= 0 and not rests:
        if any(seal.revealed for seal in case.seals):
            for seal in case.seals:
                if not seal.revealed:
                    lose_bond(state, seal)
        moved = serve(state, account)
        steps += moved
        if moved > 0:
            state.sweep_due = True
    end_batch(state, case)
    return steps + resolve_bad_debt(state, account)


def serve(state: State, account: int) -> int:
    """The cheapest bids that are enough, everybody at the discount of the last of them; how many legs went."""
    seals = [seal for seal in state.accounts[account].case.seals if seal.revealed]
    bids = [seal for seal in seals if seal.discount <= state.policy["batch_discount_max"]]
    if len(bids) < state.policy["batch_bids_min"]:
        return 0
    taken, discount, needed = enough(state, account, sorted(bids, key=lambda seal: seal.discount))
    gone = moved = 0
    for seal in taken:
        now = figures(state, state.accounts[account])
        wanted = min(seal.part, needed - gone)
        if gone == PPB or wanted < 1 or not 0 <= now.equity < now.exit:
            break
        # What is left of the account is less than it was: the same part of the whole is more of it.
        cut = try_slice(state, account, min(PPB, floor(wanted * PPB, PPB - gone)), discount)
        if not cut.moves or cut.strips_hedges:
            continue
        if takes_part(state, account, seal.bidder, cut):
            gone, moved = min(PPB, gone + wanted), moved + len(cut.moves)
        else:
            lose_bond(state, seal)
    return moved


def enough(state: State, account: int, bids: list[Seal]) -> tuple[list[Seal], int, int]:
    """The first bids that bring the account to its exit, the discount for all of them, the part that takes."""
    total, taken = 0, []
    for seal in bids:
        taken.append(seal)
        total = min(PPB, total + seal.part)
        needed = smallest_part(state, account, seal.discount)
        if total >= needed:
            break
    return taken, taken[-1].discount, needed


def takes_part(state: State, account: int, bidder: int, cut: Slice) -> bool:
    """The bidder takes its part, if it is still an owner's and has room, cash and margin for it."""
    taker, income = state.accounts[bidder], income_of(state, cut)
    if state.is_private(bidder):
        return False
    try:
        require_takeable(state, taker, cut, taken_over(state, bidder, cut, income))
    except Refused:
        return False
    apply_slice(state, account, bidder, cut, income)
    return True
