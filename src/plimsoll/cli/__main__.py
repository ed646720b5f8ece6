"""The same as ``plimsoll``: ``python -m plimsoll.cli``."""

from plimsoll.cli import main

if __name__ == "__main__":
    main()
