"""From healthy to resolved: who pays, in which order. ``order`` shows it; every mechanism is a price over ``takeover``.

What may enter: a mechanism that takes a slice of an account at a price it computes (auctions and AMMs will be such).
What never does: a way to move a position that is not ``takeover``, or a deficit that nobody is named for.
"""
