"""The loop: one batch of commands in, one result code each. The writer of the tables, and the only one."""

from plimsoll.book.answers import fingerprint, is_within_window, keep_answer, slot_of
from plimsoll.book.holdings import CACHE_LINE, prefetch_holdings
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.book.signatures import COMMANDS, INTEGER, POOL, WORDS
from plimsoll.engine.commands.accounts import close_account, open_account, set_limits, set_mode
from plimsoll.engine.commands.auction import auction, bid_in_auction, is_for_auction
from plimsoll.engine.commands.batch import commit, reveal
from plimsoll.engine.commands.bid import bid
from plimsoll.engine.commands.cash import deposit, pay_withdrawal, transfer, withdraw
from plimsoll.engine.commands.endorse import endorse
from plimsoll.engine.commands.fill import fill
from plimsoll.engine.commands.orders import release, replace, reserve
from plimsoll.engine.commands.prices import mark
from plimsoll.engine.commands.series import delist, realise, settle, write_down
from plimsoll.engine.commands.stakes import stake, unstake
from plimsoll.engine.commands.swap import swap
from plimsoll.engine.commands.tick import tick
from plimsoll.units import codes as code
from plimsoll.units import messages as kind
from plimsoll.units.jit import command, entry, prefetch, rule
from plimsoll.units.tables import Ints, Table
from plimsoll.units.views import view

HOLDING_ROWS_SPARE = 1024
"""Rows of holdings a command that pays no exits may use, with room to spare: a few moves to a larger block."""
PROCEED = -1
FAR = 6
NEAR = 3


@command
def dispatch(pool: Pool, command: CommandRow) -> int:
    """The command's own function."""
    which = command["kind"]
    if which == kind.COMMAND_FILL:
        return fill(pool, command)
    if which == kind.COMMAND_RESERVE:
        return reserve(pool, command)
    if which == kind.COMMAND_RELEASE:
        return release(pool, command)
    if which == kind.COMMAND_REPLACE:
        return replace(pool, command)
    if which == kind.COMMAND_MARK:
        return mark(pool, command)
    if which == kind.COMMAND_TICK:
        return tick(pool, command)
    if which == kind.COMMAND_BID:
        return bid_in_auction(pool, command) if is_for_auction(pool, command) else bid(pool, command)
    if which == kind.COMMAND_DEPOSIT:
        return deposit(pool, command)
    if which == kind.COMMAND_WITHDRAW:
        return withdraw(pool, command)
    if which == kind.COMMAND_PAY_WITHDRAWAL:
        return pay_withdrawal(pool, command)
    if which == kind.COMMAND_TRANSFER:
        return transfer(pool, command)
    if which == kind.COMMAND_REALISE:
        return realise(pool, command)
    if which == kind.COMMAND_OPEN_ACCOUNT:
        return open_account(pool, command)
    if which == kind.COMMAND_CLOSE_ACCOUNT:
        return close_account(pool, command)
    if which == kind.COMMAND_SET_LIMITS:
        return set_limits(pool, command)
    if which == kind.COMMAND_SET_MODE:
        return set_mode(pool, command)
    if which == kind.COMMAND_WRITE_DOWN:
        return write_down(pool, command)
    if which == kind.COMMAND_DELIST:
        return delist(pool, command)
    if which == kind.COMMAND_SETTLE:
        return settle(pool, command)
    if which == kind.COMMAND_STAKE:
        return stake(pool, command)
    if which == kind.COMMAND_UNSTAKE:
        return unstake(pool, command)
    if which == kind.COMMAND_SWAP:
        return swap(pool, command)
    if which == kind.COMMAND_ENDORSE:
        return endorse(pool, command)
    if which == kind.COMMAND_COMMIT:
        return commit(pool, command)
    if which == kind.COMMAND_REVEAL:
        return reveal(pool, command)
    if which == kind.COMMAND_AUCTION:
        return auction(pool, command)
    return code.COMMAND_MUST_BE_KNOWN


@rule
def require_new(pool: Pool, command: CommandRow, content: int) -> int:
    """PROCEED for an id not answered yet; otherwise its first answer, or why it cannot be one."""
    number = command["id"]
    if number < 1:
        return code.ID_MUST_BE_POSITIVE
    if not is_within_window(pool, number):
        return code.ID_MUST_BE_WITHIN_WINDOW
    answer = pool.answers[slot_of(number)]
    if answer["id"] != number:
        return PROCEED
    if answer["fingerprint"] != content:
        return code.ID_MUST_NOT_BE_REUSED
    return answer["code"]


@rule
def answer_to(pool: Pool, command: CommandRow) -> int:
    """The envelope and the command: an id is answered once, the answer kept."""
    content = fingerprint(command)
    known = require_new(pool, command, content)
    if known != PROCEED:
        return known
    totals = pool.totals[0]
    totals["command_id"] = command["id"]
    result = dispatch(pool, command)
    keep_answer(pool, command["id"], content, result)
    totals["commands"] += 1
    return result


@rule
def prefetch_ahead(pool: Pool, commands: Table[CommandRow], position: int) -> None:
    """Ask for the rows of the commands to come while this one is worked on."""
    last = pool.accounts.size - 1
    far = commands[min(position + FAR, commands.size - 1)]
    prefetch(pool.accounts, min(max(far["account"], 0), last), 0)
    prefetch(pool.accounts, min(max(far["counterparty"], 0), last), 0)
    prefetch(pool.accounts, min(max(far["account"], 0), last), CACHE_LINE)
    prefetch(pool.accounts, min(max(far["counterparty"], 0), last), CACHE_LINE)
    near = commands[min(position + NEAR, commands.size - 1)]
    prefetch_holdings(pool, min(max(near["account"], 0), last))
    prefetch_holdings(pool, min(max(near["counterparty"], 0), last))


@entry((POOL, COMMANDS, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, WORDS))
def apply_hot(
    pool: Pool,
    commands: Table[CommandRow],
    first: int,
    last: int,
    events_spare: int,
    ledger_spare: int,
    holdings_spare: int,
    results: Ints,
) -> int:
    """Apply commands ``first`` to ``last`` - 1; returns where it stopped: ``last``, or where a table must grow.

    ``events_spare``, ``ledger_spare``, ``holdings_spare``: rows that one command of the batch may need at the most.
    """
    pool = view(pool)
    totals = pool.totals[0]
    for position in range(first, last):
        if totals["event_row"] + events_spare > pool.events.size:
            return position
        if totals["ledger_row"] + ledger_spare > pool.ledger.size:
            return position
        if totals["holdings"] + holdings_spare > pool.holdings.size:
            return position
        prefetch_ahead(pool, commands, position)
        totals["position"] = position
        results[position] = answer_to(pool, commands[position])
    return last


@entry((POOL, COMMANDS, INTEGER))
def open_envelope(pool: Pool, commands: Table[CommandRow], position: int) -> int:
    """For a cold command: PROCEED, or the answer it has already."""
    pool = view(pool)
    known = require_new(pool, commands[position], fingerprint(commands[position]))
    if known == PROCEED:
        pool.totals[0]["command_id"] = commands[position]["id"]
    return known


@entry((POOL, COMMANDS, INTEGER, INTEGER))
def close_envelope(pool: Pool, commands: Table[CommandRow], position: int, result: int) -> int:
    """Keep the answer to a cold command."""
    pool = view(pool)
    command = commands[position]
    keep_answer(pool, command["id"], fingerprint(command), result)
    pool.totals[0]["commands"] += 1
    return result
