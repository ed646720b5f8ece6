"""What a caller can get wrong: one line that names the file, the row or the key."""


class SimulationError(ValueError):
    """A replay cannot be set up from what was given."""


class CandlesError(SimulationError):
    """A file of prices is missing, unreadable or contradicts itself."""


class PoolFileError(SimulationError):
    """A pool file has a wrong key or a value that is no whole number of its unit."""
