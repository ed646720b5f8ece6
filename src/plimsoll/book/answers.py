"""First answers of command ids, in a window addressed directly: id modulo its size."""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.units.jit import rule
from plimsoll.units.limits import ID_WINDOW

_MASK = (1 << 58) - 1


@rule
def fingerprint(command: CommandRow) -> int:
    """58 bits over every field but the id, enough to tell a retry from an id used twice by mistake."""
    state = command["kind"] & _MASK
    state = ((state * 31) ^ command["time"]) & _MASK
    state = ((state * 31) ^ command["account"]) & _MASK
    state = ((state * 31) ^ command["counterparty"]) & _MASK
    state = ((state * 31) ^ command["instrument"]) & _MASK
    state = ((state * 31) ^ command["lots"]) & _MASK
    state = ((state * 31) ^ command["price"]) & _MASK
    state = ((state * 31) ^ command["amount"]) & _MASK
    state = ((state * 31) ^ command["flags"]) & _MASK
    state = ((state * 31) ^ command["reserved_lots"]) & _MASK
    state = ((state * 31) ^ command["reserved_lots_counterparty"]) & _MASK
    state = ((state * 31) ^ command["premium"]) & _MASK
    state = ((state * 31) ^ command["confidence"]) & _MASK
    state = ((state * 31) ^ command["sources"]) & _MASK
    return ((state * 31) ^ command["payload_words"]) & _MASK


@rule
def slot_of(command_id: int) -> int:
    """Where the answer of an id is kept."""
    return command_id % ID_WINDOW


@rule
def is_within_window(pool: Pool, command_id: int) -> bool:
    """Whether the id is near enough to the highest one for its answer to be known or kept."""
    highest = pool.totals[0]["id_highest"]
    return highest - ID_WINDOW < command_id <= highest + ID_WINDOW


@rule
def keep_answer(pool: Pool, command_id: int, content: int, code: int) -> None:
    """Store the first answer of an id."""
    answer = pool.answers[slot_of(command_id)]
    answer["id"] = command_id
    answer["fingerprint"] = content
    answer["code"] = code
    totals = pool.totals[0]
    totals["id_highest"] = max(totals["id_highest"], command_id)
