"""The venue: a pool that is journaled, recovered and verified, and the face a stranger can guess.

What may enter: batches of records for the engine, directories, and at the face decimals, names and times.
What never does: floats, clocks (time comes from the caller), randomness, network.
Read ``venue`` (sequence, journal, apply), ``recovery``, ``verify``; then ``pool``, the face in human units.
"""

from plimsoll.engine import BatchError, EngineHalted
from plimsoll.venue.account import Account, Position
from plimsoll.venue.answers import Explained, ExplainedTerm, LiquidationPrice, Margin
from plimsoll.venue.errors import GenesisMismatch, InputRefused, VenueError, VenueStopped
from plimsoll.venue.happenings import Event
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.pool import Pool
from plimsoll.venue.pots import Pot, Stake
from plimsoll.venue.records import records
from plimsoll.venue.recovery import Recovery
from plimsoll.venue.refused import Refused
from plimsoll.venue.seals import seal_of
from plimsoll.venue.venue import Venue
from plimsoll.venue.verify import VerifyReport, verify

__all__ = [
    "Account",
    "BatchError",
    "EngineHalted",
    "Event",
    "Explained",
    "ExplainedTerm",
    "GenesisMismatch",
    "InputRefused",
    "Instrument",
    "LiquidationPrice",
    "Margin",
    "Pool",
    "Position",
    "Pot",
    "Recovery",
    "Refused",
    "Stake",
    "Venue",
    "VenueError",
    "VenueStopped",
    "VerifyReport",
    "records",
    "seal_of",
    "verify",
]
