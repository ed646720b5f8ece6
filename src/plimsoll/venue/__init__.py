"""The venue: a pool that is journaled, recovered and verified, and the face a stranger can guess.

What may enter: batches of records for the engine, directories, and at the face decimals, names and times.
What never does: floats, clocks (time comes from the caller), randomness, network.
Read ``venue`` (sequence, journal, apply), ``recovery``, ``verify``; then ``pool``, the face in human units.
"""

