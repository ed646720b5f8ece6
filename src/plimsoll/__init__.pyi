# What type checkers see: the face is loaded lazily at run time.
from plimsoll.venue import InputRefused as InputRefused
from plimsoll.venue import Pool as Pool
from plimsoll.venue import Refused as Refused
from plimsoll.venue import Venue as Venue
from plimsoll.venue import VenueError as VenueError
from plimsoll.venue import verify as verify

__version__: str
__all__ = ["InputRefused", "Pool", "Refused", "Venue", "VenueError", "__version__", "verify"]
