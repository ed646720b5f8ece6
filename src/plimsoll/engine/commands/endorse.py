"""The venue endorses a bidder: in the first time of a liquidation nobody else may bid."""

from plimsoll.book.cases import close_case, open_case
from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import exists, is_private
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.messages import EVENT_ENDORSED, FLAG_OPERATOR

FLAG_ENDORSED = 1


@compiled
def endorse(pool: Pool, command: CommandRow) -> int:
    """Say of an account that it is endorsed, or is not any more."""
    account = command["account"]
    if not exists(pool, account):
        return code.ACCOUNT_MUST_EXIST
    if is_private(pool, account):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if command["flags"] & FLAG_OPERATOR == 0:
        return code.OPERATOR_MUST_ACT
    # After this point the command must succeed.
    endorsed = command["flags"] & FLAG_ENDORSED
    pool.cases[open_case(pool, account)]["endorsed"] = endorsed
    close_case(pool, account)
    note(pool, EVENT_ENDORSED, account, 0, 0, endorsed)
    return code.OK
