"""Streams of records for venues, and venues that have applied one."""

import numpy as np

from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_OPEN_ACCOUNT, MODE_STANDARD
from plimsoll.venue import Venue, records

ACCOUNTS = 20
FIRST = 8


def opening():
    """Accounts 8 and on, of owners 1 and on; ids 1 and on."""
    owners = np.arange(1, ACCOUNTS + 1)
    return records(
        COMMAND_OPEN_ACCOUNT, id=owners, account=owners + FIRST - 1, counterparty=owners, flags=MODE_STANDARD
    )


def deposit(identity, amount=2_000_000):
    """One deposit; which account gets it follows from the id."""
    owner = identity % ACCOUNTS + 1
    return records(COMMAND_DEPOSIT, id=identity, account=owner + FIRST - 1, counterparty=owner, amount=amount)


def deposits(first, count):
    return np.concatenate([deposit(identity) for identity in range(first, first + count)])


def filled(directory, *, snapshots=(), batches=6, **options):
    """A closed venue with accounts and ``batches`` batches of ten deposits; snapshots after the named ones."""
    with Venue.create(directory, **{"segment_bytes": 2**20, **options}) as venue:
        venue.submit(opening())
        for batch in range(batches):
            assert not venue.submit(deposits(100 + 10 * batch, 10)).any()
            if batch in snapshots:
                venue.snapshot()
        return venue.root(), venue.chain, venue.sequence
