"""Appends and prints what was acknowledged: ``python -m tests.journal.writer_process DIRECTORY RECORDS``."""

import sys

from tests.journal.helpers import append

from plimsoll.journal import Journal

if __name__ == "__main__":
    with Journal.open(sys.argv[1]) as journal:
        while journal.sequence < int(sys.argv[2]):
            print(append(journal, 1 + journal.sequence % 37), flush=True)
