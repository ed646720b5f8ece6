"""Run the measurements named on the command line, or all of them."""

import sys
from pathlib import Path

from benchmarks import cycle, durable, fills, footprint, latency, options, portfolio, portfolio_fills, shortfall, sweep
from benchmarks.results import line_of, machine, write

MEASUREMENTS = {
    "fills": fills.measure,
    "sweep": sweep.measure,
    "durable": durable.measure,
    "latency": latency.measure,
    "footprint": footprint.measure,
    "options": options.measure,
    "portfolio": portfolio.measure,
    "cycle": cycle.measure,
    "portfolio_fills": portfolio_fills.measure,
    "shortfall": shortfall.measure,
}


def main(names: list[str]) -> int:
    """Print a line a figure; write the file only when everything was measured."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"no measurement called {unknown[0]!r}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    print(" ".join(f"{key}={value}" for key, value in machine().items()), flush=True)
    results = []
    for name in names or MEASUREMENTS:
        for result in MEASUREMENTS[name]():
            print(line_of(result) + (f"\n{'':<42}{result.note}" if result.note else ""), flush=True)
            results.append(result)
    if not names:
        write(results, Path("bench-results.json"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
