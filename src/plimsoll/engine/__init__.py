"""Decide and apply: one function per command, time, the waterfall. Commands in, result codes and events out.

What may enter: rules over tables, compiled and uncompiled from one source; the host that gives them room.
What never does: a clock, randomness, files, sockets, floats, decimals.
Read ``commands/fill`` for the body every command has, ``waterfall/order`` for who pays, ``apply`` for the loop.
"""

from plimsoll.book.layout import COMMAND, EVENT, LEDGER
from plimsoll.engine.host import BatchError, Engine, EngineHalted

__all__ = ["COMMAND", "EVENT", "LEDGER", "BatchError", "Engine", "EngineHalted"]
