"""The option desk of a replay: a ladder of options on a coin, accounts in portfolio mode, a risk model that keeps up.

What may enter: floats that price and guess. What leaves: ordinary commands, tables among them. Pricing needs SciPy
(``plimsoll[risk]``); a replay without it has no desk and says so.
"""

from plimsoll.sim.desk.config import DeskConfig

__all__ = ["DeskConfig"]
