"""Parameters of a pool in human units, and the integers they become."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, TypedDict

from plimsoll.book.rows import PolicyRow
from plimsoll.units.messages import ADL_PRO_RATA, ADL_QUEUE
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, whole
from plimsoll.venue.errors import InputRefused


class PolicyParameters(TypedDict, total=False):
    """Parameters of a pool: shares as fractions, durations in seconds, amounts in tokens, ``adl`` as a word."""

    call_buffer: Amount
    call_deadline: Amount
    exit_buffer: Amount
    backstop_after: Amount
    backstop_ratio: Amount
    fund_share: Amount
    profit_haircut: Amount
    depeg_threshold: Amount
    depeg_factor: Amount
    gap_max: Amount
    grace: Amount
    accounts_per_tick: int
    steps_per_tick: int
    settlements_per_tick: int
    adl: str
    deposit_notional_min: Amount
    class_offset: Amount
    slice_discount: Amount


POLICY_UNITS: Final[dict[str, Fraction]] = {
    "call_buffer": SHARE,
    "call_deadline": SECONDS,
    "exit_buffer": SHARE,
    "backstop_after": SECONDS,
    "backstop_ratio": SHARE,
    "fund_share": SHARE,
    "profit_haircut": SHARE,
    "depeg_threshold": SHARE,
    "depeg_factor": SHARE,
    "gap_max": SECONDS,
    "grace": SECONDS,
    "accounts_per_tick": COUNT,
    "steps_per_tick": COUNT,
    "settlements_per_tick": COUNT,
    "deposit_notional_min": TOKENS,
    "class_offset": SHARE,
    "slice_discount": SHARE,
}
"""How many of the engine's units are one of the face's."""
ADL_WORDS: Final = {"queue": ADL_QUEUE, "pro_rata": ADL_PRO_RATA}


def policy_of(parameters: Mapping[str, Any]) -> dict[str, int]:
    """The engine's integers of the policy parameters given."""
    unknown = sorted(set(parameters) - set(PolicyRow.__annotations__))
    if unknown:
        raise TypeError(f"unknown policy parameter {unknown[0]!r}; known: {', '.join(PolicyRow.__annotations__)}")
    row = {}
    for name, value in parameters.items():
        if name == "adl":
            if value not in ADL_WORDS:
                raise InputRefused(f"adl: must be one of {', '.join(ADL_WORDS)}")
            row[name] = ADL_WORDS[value]
        else:
            row[name] = whole(value, POLICY_UNITS[name], name)
    return row
