"""Compile the core once and keep it: ``python -m plimsoll.warm``. Says what it does, for it takes a minute."""

import sys
import time


def main() -> int:
    """Import the engine, which compiles it or loads it from the cache, and say how long that took."""
    print("plimsoll: compiling the core (once per version of its sources; about a minute) ...", flush=True)
    started = time.perf_counter()
    from plimsoll.engine import Engine

    root = Engine.create().root().hex()
    print(f"plimsoll: ready after {time.perf_counter() - started:.1f} s; root of an empty pool {root[:16]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
