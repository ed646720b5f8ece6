"""Bugs planted on purpose, each of which a named check must catch: proof that the checks can fail.

Bugs are planted in the uncompiled engine, in a process of their own: ``plimsoll sim --canary``.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from plimsoll.engine.waterfall.legs import NO_FEE
from plimsoll.sim.world.auditing import AUDITOR, IDENTITIES, IDS
from plimsoll.sim.world.crash import DURABLE, OF_THE_JOURNAL
from plimsoll.sim.world.kept import SUFFIX, read_world
from plimsoll.sim.world.moment import ceil_div, rated
from plimsoll.sim.world.run import HALTED, Played, run_world
from plimsoll.sim.world.world import World
from plimsoll.units.codes import OK
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import COMPILED
from plimsoll.units.limits import PPB
from plimsoll.units.messages import NAMED_DUST

CANARIES: Final = sorted((Path(__file__).parent / "canaries").glob(f"*{SUFFIX}"))
"""Kept worlds for bugs that few worlds meet."""
WORLD: Final = "plimsoll.sim.world.canary:canary_world"
NONE: Final = "none"
FILL = "plimsoll.engine.commands.fill"
WATERFALL = "plimsoll.engine.waterfall"


class Bug(NamedTuple):
    """What is wrong, the check that must say so, and where: ``make`` gives what stands in place of a name."""

    says: str
    caught_by: str
    module: str
    name: str
    make: Callable[[Any], Any]


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda real: lambda *arguments: value


def _reversed_funding(real: Any) -> Any:
    def apply_funding(instrument: Any) -> int:
        moved = int(real(instrument))
        instrument["funding"] -= 2 * moved
        return -moved

    return apply_funding


def _allowing(real: Any) -> Any:
    return lambda *arguments: real(*arguments)._replace(code=0)


def _raising(real: Any) -> Any:
    def broken(*arguments: Any) -> int:
        raise ArithmeticError("a product must fit")

    return broken


def _leaving_a_trace(real: Any) -> Any:
    def fill(pool: Any, command: Any) -> int:
        code = int(real(pool, command))
        if code != OK:
            pool.accounts[NAMED_DUST]["stage_since"] += 1
        return code

    return fill


def _charging(left_over: bool) -> Callable[[Any], Any]:
    """The step of a leg with its whole fee, or with as much of it as is left over, whatever that does to equity/MM."""

    def plant(real: Any) -> Any:
        def step_with_fee(
            instrument: Any, leg: Any, now: Any, size: int, fee_rate: int, equity: int, required: int
        ) -> Any:
            if fee_rate == NO_FEE:
                return real(instrument, leg, now, size, NO_FEE, equity, required)
            fee = rated(ceil_div(size * int(instrument["mark"]), int(instrument["unit"])), fee_rate)
            fee = max(0, min(fee, equity)) if left_over else fee
            return real(instrument, leg, now, size, NO_FEE, equity, required)._replace(fee=fee, equity=equity - fee)

        return step_with_fee

    return plant


def _swapped(real: Any) -> Any:
    return lambda instrument, lots, notional, initial: real(instrument, lots, notional, not initial)


def _floored_but_rates(real: Any) -> Any:
    return lambda a, b, divisor: real(a, b, divisor) if divisor == PPB else mul_div_floor(a, b, divisor)


BUGS: Final[Mapping[str, Bug]] = MappingProxyType(
    {
        "takeover rounds for the account": Bug(
            "a leg taken over costs its account the floor",
            "trades_must_be_priced_by_the_rule",
            f"{WATERFALL}.takeover",
            "mul_div_ceil",
            lambda real: mul_div_floor,
        ),
        "fill rounds for the taker": Bug(
            "a fill costs the taker the floor",
            "trades_must_be_priced_by_the_rule",
            FILL,
            "mul_div_ceil",
            _floored_but_rates,
        ),
        "fee is skipped": Bug("a taker pays no fee", "fees_must_follow_the_rule", FILL, "rate_up", _constant(0)),
        "command is applied twice": Bug(
            "an id sent again is not recognised", IDS, "plimsoll.engine.apply", "require_new", _constant(-1)
        ),
        "sync does nothing": Bug(
            "the journal acknowledges what is not on disk",
            DURABLE,
            "plimsoll.journal.appender",
            "sync_data",
            _constant(None),
        ),
        "funding has the wrong sign": Bug(
            "shorts pay a positive premium",
            "funding_must_lie_between_its_premiums",
            "plimsoll.engine.commands.tick",
            "apply_funding",
            _reversed_funding,
        ),
        "debt is forgotten": Bug(
            "a fill leaves an empty account its debt",
            "deficits_must_be_resolved",
            FILL,
            "resolve_if_bankrupt",
            _constant(0),
        ),
        "limit is forgotten": Bug(
            "a fill grows a position without end", "limits_must_be_kept", FILL, "fits_position_limit", _constant(True)
        ),
        "margin is not asked": Bug(
            "a fill is judged without its margin", "initial_margin_must_be_covered", FILL, "judge", _allowing
        ),
        "liquidation fee has no cap": Bug(
            "a liquidated account pays the whole fee, whatever is left of it",
            "fees_must_follow_the_rule",
            f"{WATERFALL}.legs",
            "step_with_fee",
            _charging(left_over=False),
        ),
        "liquidation worsens health": Bug(
            "a liquidated account pays its fee out of all it has left",
            "solvent_must_not_be_sold_below_bankruptcy_price",
            f"{WATERFALL}.legs",
            "step_with_fee",
            _charging(left_over=True),
        ),
        "rates are swapped": Bug(
            "initial rates are asked for maintenance",
            "maintenance_must_not_exceed_initial",
            "plimsoll.margin.terms",
            "requirement",
            _swapped,
        ),
        "refusal leaves a trace": Bug(
            "a refused fill moves a clock",
            "refusals_must_change_nothing",
            "plimsoll.engine.apply",
            "fill",
            _leaving_a_trace,
        ),
        "debt has no line": Bug(
            "bad debt is missing in the ledger",
            "bad_debt_must_match_the_ledger",
            f"{WATERFALL}.bad_debt",
            "enter_ledger",
            _constant(None),
        ),
        "rule raises": Bug("a product does not fit", HALTED, "plimsoll.engine.apply", "realise", _raising),
        "vault is not counted": Bug(
            "a deposit leaves the vault as it was",
            IDENTITIES,
            "plimsoll.engine.commands.cash",
            "add_to_vault",
            _constant(None),
        ),
        "payment without an event": Bug(
            "money moves and nobody is told", AUDITOR, "plimsoll.engine.commands.cash", "emit", _constant(None)
        ),
    }
)


def hunt(bug: str, seeds: range, world_of: Callable[[int], Played], blocks: int | None = None) -> dict[str, Any]:
    """Plant a bug and run worlds until one fails, in this process, which must be uncompiled."""
    with planted(bug):
        for seed in seeds:
            # Retries after a crash would meet many a bug by its consequences.
            crashes = bug == NONE or BUGS[bug].caught_by in OF_THE_JOURNAL
            outcome = run_world(world_of(seed), crashes=crashes, blocks=blocks)
            if outcome.failure is not None:
                return {"seed": seed, "check": outcome.failure.check, "text": outcome.failure.text}
    return {"seed": None, "check": None, "text": f"{len(seeds)} worlds passed"}


@contextmanager
def planted(bug: str) -> Iterator[None]:
    """The engine with a bug while the block lasts; compiled rules would not notice."""
    if bug == NONE:
        yield
        return
    if COMPILED:
        raise RuntimeError("bugs are planted in the uncompiled engine: set NUMBA_DISABLE_JIT=1")
    module = importlib.import_module(BUGS[bug].module)
    real = getattr(module, BUGS[bug].name)
    setattr(module, BUGS[bug].name, BUGS[bug].make(real))
    try:
        yield
    finally:
        setattr(module, BUGS[bug].name, real)


def release(bugs: Sequence[str], seeds: range, world: str = WORLD, blocks: int = 1_000) -> dict[str, dict[str, Any]]:
    """Hunt bugs one by one in an uncompiled process; ``world``: module and name of what makes a world from a seed."""
    command = [sys.executable, "-m", __name__, f"{seeds.start}:{seeds.stop}", str(blocks), world, *bugs]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the hunt ended with {done.returncode}: {done.stderr[-2_000:]}")
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def canary_world(seed: int) -> Played:
    """The kept worlds first, then those of seeds from 0 on."""
    return read_world(CANARIES[seed]) if seed < len(CANARIES) else World(seed - len(CANARIES))


def named(text: str) -> Any:
    """What ``module:name`` names; ValueError if there is none."""
    module, _, name = text.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{text!r} cannot be imported: {error}") from error


def _main(seeds: str, blocks: str, world: str, *bugs: str) -> None:
    first, _, end = seeds.partition(":")
    world_of = named(world)
    print(json.dumps({bug: hunt(bug, range(int(first), int(end)), world_of, int(blocks)) for bug in bugs}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
