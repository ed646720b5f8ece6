"""What a measurement is, how it is printed and written."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

REPETITIONS = 5


@dataclass(frozen=True)
class Result:
    """One figure. ``ratio`` is how many times better than the peer; ``met`` is None where no target was set."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    target: str
    met: bool | None
    hash: str
    note: str = ""


def seconds_of(work: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Median wall time of several runs, the first (which warms caches) not counted."""
    times = []
    for _ in range(repetitions + 1):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return median(times[1:])


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.system(),
    }


def line_of(result: Result) -> str:
    """One line for the terminal."""
    verdict = "" if result.met is None else ("  met" if result.met else "  MISSED")
    figure = f"{result.value:>14,.2f} {result.unit:<16}"
    against = f"{result.ratio:>10,.1f}x  {result.peer} ({result.peer_value:,.2f})"
    return f"{result.name:<42}{figure}{against}  target {result.target}{verdict}"


def write(results: list[Result], path: Path) -> None:
    """All figures and the machine as one JSON object."""
    document = {"machine": machine(), "results": [asdict(result) for result in results]}
    path.write_text(json.dumps(document, indent=2) + "\n")
