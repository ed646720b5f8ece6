"""Sealed bids on a portfolio account in liquidation: first a seal and a bond, later what was sealed."""

from plimsoll.book.cases import new_seal
from plimsoll.book.events import emit
from plimsoll.book.holdings import NO_INSTRUMENT, Change
from plimsoll.book.keccak import hash_six_words
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, SealRow
from plimsoll.engine.checks import exists
from plimsoll.engine.commands.bid_rules import require_bidding, require_endorsed
from plimsoll.engine.waterfall.batch import NO_SEAL, move_bond, reveals_from, reveals_until
from plimsoll.engine.waterfall.case import batch_of
from plimsoll.margin.health import health, health_after
from plimsoll.margin.rule import of_counterparty, require_covered
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB, SEALS_MAX
from plimsoll.units.messages import (
    ACTION_WITHDRAW,
    BATCH_OPEN,
    EVENT_COMMITTED,
    EVENT_REVEALED,
    NAMED_BONDS,
    PAUSE_BATCH,
    STAGE_LIQUIDATING,
)


@compiled
def find_seal(pool: Pool, account: int, bidder: int) -> int:
    """A bidder's seal among those of an account; 0 for none."""
    row = pool.cases[pool.accounts[account]["case"]]["seals"]
    while row != NO_SEAL and pool.seals[row]["bidder"] != bidder:
        row = pool.seals[row]["next"]
    return row


@compiled
def owner_has_seal(pool: Pool, account: int, owner: int) -> bool:
    """Whether an owner has bid already: with many accounts it could fill every place and set the price alone."""
    row = pool.cases[pool.accounts[account]["case"]]["seals"]
    while row != NO_SEAL:
        if pool.accounts[pool.seals[row]["bidder"]]["owner"] == owner:
            return True
        row = pool.seals[row]["next"]
    return False


@compiled
def count_seals(pool: Pool, account: int) -> int:
    """How many seals there are on an account."""
    count = 0
    row = pool.cases[pool.accounts[account]["case"]]["seals"]
    while row != NO_SEAL:
        count += 1
        row = pool.seals[row]["next"]
    return count


@compiled
def require_commit_phase(pool: Pool, account: int) -> int:
    """A batch is open, and nobody may reveal yet."""
    if pool.accounts[account]["stage"] != STAGE_LIQUIDATING:
        return code.ACCOUNT_MUST_BE_LIQUIDATING
    if batch_of(pool, account) != BATCH_OPEN:
        return code.BATCH_MUST_BE_OPEN
    if pool.totals[0]["time"] >= reveals_from(pool, account):
        return code.COMMIT_PHASE_MUST_BE_OPEN
    return code.OK


@compiled
def require_bond(pool: Pool, bidder: int, bond: int) -> int:
    """The bidder may part with the bond, as with a withdrawal."""
    if bond > max(pool.accounts[bidder]["cash"], 0):
        return code.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
    if health(pool, bidder).blocked & ACTION_WITHDRAW != 0:
        return code.MARK_MUST_ALLOW_WITHDRAW
    after = health_after(pool, bidder, Change(NO_INSTRUMENT, 0, 0, -bond, 0, 0, 0))
    return of_counterparty(require_covered(after))


@compiled
def commit(pool: Pool, command: CommandRow) -> int:
    """Hand in a seal and a bond while nobody's bid can be read."""
    account = command["account"]
    bidder = command["counterparty"]
    bond = pool.policy[0]["batch_bond"]
    refusal = require_bidding(pool, account, bidder, PAUSE_BATCH)
    if refusal == code.OK:
        refusal = require_commit_phase(pool, account)
    if refusal == code.OK:
        refusal = require_endorsed(pool, account, bidder)
    if refusal != code.OK:
        return refusal
    if owner_has_seal(pool, account, pool.accounts[bidder]["owner"]):
        return code.BIDDER_MUST_COMMIT_ONCE
    if count_seals(pool, account) >= SEALS_MAX:
        return code.BATCH_MUST_HAVE_ROOM
    refusal = require_bond(pool, bidder, bond)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    seal = pool.seals[new_seal(pool, account, bidder)]
    seal["word_1"] = command["lots"]
    seal["word_2"] = command["price"]
    seal["word_3"] = command["amount"]
    seal["word_4"] = command["premium"]
    seal["bond"] = bond
    move_bond(pool, EVENT_COMMITTED, bidder, NAMED_BONDS, bond, account)
    return code.OK


@compiled
def require_reveal_phase(pool: Pool, account: int, bidder: int) -> int:
    """Both exist, a batch is open, commits are over and it is not too late."""
    if not exists(pool, account):
        return code.ACCOUNT_MUST_EXIST
    if not exists(pool, bidder):
        return code.COUNTERPARTY_MUST_EXIST
    if pool.policy[0]["pauses"] & PAUSE_BATCH != 0:
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    if batch_of(pool, account) != BATCH_OPEN:
        return code.BATCH_MUST_BE_OPEN
    time = pool.totals[0]["time"]
    if time < reveals_from(pool, account) or time >= reveals_until(pool, account):
        return code.REVEAL_PHASE_MUST_BE_OPEN
    return code.OK


@rule
def is_seal_of(seal: SealRow, command: CommandRow) -> bool:
    """Whether the words were sealed by this bidder for this account: a copied seal opens for nobody else."""
    digest = hash_six_words(
        command["account"],
        command["counterparty"],
        command["lots"],
        command["price"],
        command["amount"],
        command["premium"],
    )
    first_half = seal["word_1"] == digest.word_1 and seal["word_2"] == digest.word_2
    return first_half and seal["word_3"] == digest.word_3 and seal["word_4"] == digest.word_4


@compiled
def reveal(pool: Pool, command: CommandRow) -> int:
    """Say what was sealed: the part wanted, and the least discount it is wanted at."""
    account = command["account"]
    bidder = command["counterparty"]
    refusal = require_reveal_phase(pool, account, bidder)
    if refusal != code.OK:
        return refusal
    row = find_seal(pool, account, bidder)
    if row == NO_SEAL:
        return code.SEAL_MUST_EXIST
    seal = pool.seals[row]
    if seal["revealed"] != 0:
        return code.SEAL_MUST_NOT_BE_REVEALED
    part = command["lots"]
    discount = command["price"]
    if part < 1 or part > PPB:
        return code.SLICE_MUST_BE_WITHIN_LIMIT
    if discount < 0 or discount > PPB:
        return code.DISCOUNT_MUST_BE_WITHIN_LIMIT
    if not is_seal_of(seal, command):
        return code.SEAL_MUST_MATCH
    # After this point the command must succeed.
    seal["part"] = part
    seal["discount"] = discount
    seal["revealed"] = 1
    emit(pool, EVENT_REVEALED, account, bidder, 0, 0, 0, 0, 0, discount, part)
    return code.OK
