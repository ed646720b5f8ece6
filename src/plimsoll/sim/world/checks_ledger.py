"""The ledger of liquidations beside the events it belongs to: every line that moved lots has its two events."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.sim.world.moment import Step, of_kind
from plimsoll.units.messages import (
    EVENT_DELEVERAGED,
    EVENT_LIQUIDATED,
    EVENT_TAKEN_OVER,
    MECHANISM_ADL,
    MECHANISM_AMM,
    MECHANISM_AUCTION,
    MECHANISM_BACKSTOP,
    MECHANISM_BATCH,
    MECHANISM_BID,
    MECHANISM_FUND,
    MECHANISM_INSOLVENT,
    MECHANISM_SLICE,
)

TAKEOVERS: Final = (EVENT_LIQUIDATED, EVENT_TAKEN_OVER, EVENT_DELEVERAGED)
SELLING: Final = (
    MECHANISM_BID,
    MECHANISM_BACKSTOP,
    MECHANISM_SLICE,
    MECHANISM_BATCH,
    MECHANISM_AUCTION,
    MECHANISM_AMM,
    MECHANISM_INSOLVENT,
)
"""Mechanisms whose taker is paid for what it takes: the account goes on."""
MOVING: Final = (*SELLING, MECHANISM_FUND, MECHANISM_ADL)
"""Mechanisms that move lots."""


def moves(ledger: Array) -> Array:
    """Lines of the ledger that moved lots: one for each takeover, in the same order."""
    moved: Array = ledger[np.isin(ledger["mechanism"], MOVING) & (ledger["lots"] != 0)]
    return moved


def pairs(step: Step, *kinds: int) -> Iterator[tuple[Any, Any]]:
    """Giver and taker of every takeover of these kinds."""
    events = of_kind(step.events, *kinds)
    yield from zip(events[::2], events[1::2])


def cash_before(step: Step, account: int, sequence: int) -> int:
    """An account's cash in the middle of a command, just before an event of it."""
    earlier = step.events[(step.events["account"] == account) & (step.events["sequence"] < sequence)]
    return int(step.before.accounts["cash"][account]) + int(earlier["cash"].sum())


def lots_before(step: Step, account: int, instrument: int, sequence: int) -> int:
    """What an account held of an instrument in the middle of a command, just before an event of it."""
    earlier = step.events[
        (step.events["account"] == account)
        & (step.events["instrument"] == instrument)
        & (step.events["sequence"] < sequence)
    ]
    return step.before.held(account, instrument)[0] + int(earlier["lots"].sum())
