"""Parameters of a pool in human units, and the integers they become."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any, Final, TypedDict

from plimsoll.book.rows import PolicyRow
from plimsoll.units.messages import (
    ADL_PRO_RATA,
    ADL_QUEUE,
    PAUSE_AUCTION,
    PAUSE_BACKSTOP,
    PAUSE_BATCH,
    PAUSE_BID,
    PAUSE_RESOLVE,
    PAUSE_SLICE,
    PAUSE_STAKE,
    PAUSE_SWAP,
)
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, whole
from plimsoll.venue.errors import InputRefused


class PolicyParameters(TypedDict, total=False):
    """Parameters of a pool: shares as fractions, durations in seconds, amounts in tokens, ``adl`` as a word.

    ``pauses``: the mechanisms that rest, as words; curves by number.
    """

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
    recall_after: Amount
    cool_off: Amount
    endorsed_first: Amount
    curve_slice: int
    slice_whole: Amount
    insolvent_after: Amount
    curve_insolvent: int
    batch_commit: Amount
    batch_reveal: Amount
    batch_bond: Amount
    batch_bids_min: int
    batch_discount_max: Amount
    curve_collateral: int
    collateral_buffer: Amount
    collateral_tail: Amount
    collateral_cusp: Amount
    keeper_flat: Amount
    keeper_rate: Amount
    breaker: int
    swap_slippage: Amount
    premium_liquidation: Amount
    premium_trading: Amount
    quota_day: Amount
    quota_day_1: Amount
    quota_day_2: Amount
    quota_day_3: Amount
    backstop_day_max: Amount
    backstop_interest_max: Amount
    pauses: Collection[str]


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
    "recall_after": SECONDS,
    "cool_off": SECONDS,
    "endorsed_first": SECONDS,
    "curve_slice": COUNT,
    "slice_whole": TOKENS,
    "insolvent_after": SECONDS,
    "curve_insolvent": COUNT,
    "batch_commit": SECONDS,
    "batch_reveal": SECONDS,
    "batch_bond": TOKENS,
    "batch_bids_min": COUNT,
    "batch_discount_max": SHARE,
    "curve_collateral": COUNT,
    "collateral_buffer": SHARE,
    "collateral_tail": SECONDS,
    "collateral_cusp": SHARE,
    "keeper_flat": TOKENS,
    "keeper_rate": SHARE,
    "breaker": COUNT,
    "swap_slippage": SHARE,
    "premium_liquidation": SHARE,
    "premium_trading": SHARE,
    "quota_day": TOKENS,
    "quota_day_1": TOKENS,
    "quota_day_2": TOKENS,
    "quota_day_3": TOKENS,
    "backstop_day_max": TOKENS,
    "backstop_interest_max": SHARE,
}
"""How many of the engine's units are one of the face's."""
ADL_WORDS: Final = {"queue": ADL_QUEUE, "pro_rata": ADL_PRO_RATA}
PAUSE_WORDS: Final = {
    "bids": PAUSE_BID,
    "slices": PAUSE_SLICE,
    "batches": PAUSE_BATCH,
    "auctions": PAUSE_AUCTION,
    "swaps": PAUSE_SWAP,
    "backstop": PAUSE_BACKSTOP,
    "resolving": PAUSE_RESOLVE,
    "stakes": PAUSE_STAKE,
}
"""What may rest, and its bit."""


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
        elif name == "pauses":
            row[name] = pauses_of(value)
        else:
            row[name] = whole(value, POLICY_UNITS[name], name)
    return row


def pauses_of(words: object) -> int:
    """The bits of the mechanisms that rest; InputRefused for a word that names none."""
    if isinstance(words, str) or not isinstance(words, Collection) or any(word not in PAUSE_WORDS for word in words):
        raise InputRefused(f"pauses: give a list of words out of {', '.join(PAUSE_WORDS)}")
    return sum(PAUSE_WORDS[word] for word in set(words))
