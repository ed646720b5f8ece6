"""What can go wrong above the engine, each said in one line."""


class VenueError(Exception):
    """The base of every error of this package that is not a caller's bad input."""


class GenesisMismatch(VenueError):
    """The journal was begun with another first state, other tables or other rules than this code has."""


class VenueStopped(VenueError):
    """An earlier submit did not come to its end: the tables may not match the journal. Close and open again."""


class InputRefused(ValueError):
    """A value at the edge that has no exact meaning here: not a decimal, too fine, too large, an unknown name."""
