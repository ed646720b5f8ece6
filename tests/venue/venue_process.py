"""Submits deposits one by one and prints the ids that were acknowledged: ``... DIRECTORY FIRST_ID``."""

import sys

from tests.venue.helpers import deposit, opening

from plimsoll.venue import Venue

if __name__ == "__main__":
    with Venue.open(sys.argv[1]) as venue:
        venue.submit(opening())
        identity = int(sys.argv[2])
        while True:
            codes = venue.submit(deposit(identity))
            print(identity, int(codes[0]), flush=True)
            identity += 1
            if identity % 50 == 0:
                venue.snapshot()
