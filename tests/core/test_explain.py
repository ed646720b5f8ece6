"""Explanations name every term, and the terms add up to what the engine decides by, to the micro."""

from collections import Counter

import pytest
from tests.core.test_differential_portfolio import opened

from plimsoll.margin.explain import Explanation, explain
from plimsoll.units import messages as m

SEEDS = range(60, 72)
STEPS = 150


def require_sums(found: Explanation) -> None:
    """Equity, maintenance and initial are the sums of what is named."""
    assert found.equity == found.cash + sum(term.value - term.cost for term in found.terms)
    for place, side in enumerate(("maintenance", "initial")):
        of_terms = sum(getattr(term, side) for term in found.terms)
        of_classes = sum(getattr(one, side).required for one in found.classes)
        beside = sum(part[1 + place] for part in found.beside)
        assert getattr(found, side) == of_terms + of_classes + beside, side
        for one in found.classes:
            assert sum(micros for _, micros in getattr(one, side).parts) == getattr(one, side).required
    for term in found.terms:
        assert sum(micros for _, micros in term.parts) == term.initial
    assert found.depeg == sum(initial for name, _, initial in found.beside if name == "depeg")


@pytest.fixture(scope="module")
def names() -> Counter[str]:
    """How often each named part was met in random pools whose every account was explained."""
    met: Counter[str] = Counter()
    for seed in SEEDS:
        pair, stream = opened(seed)
        for step in range(STEPS):
            next_one = stream.next()
            pair.compare([next_one], [pair.decide(*next_one)])
            if step % 10:
                continue
            pool = pair.engine.pool
            for account in range(int(pool.totals[0]["accounts"])):
                found = explain(pool, account)
                require_sums(found)
                mode = m.name_of("MODE", int(pool.accounts[account]["mode"]))
                for one in found.classes:
                    for side in (one.maintenance, one.initial):
                        met.update(f"{mode} {name.split('_', 2)[-1]}" for name, _ in side.parts)
                        met[f"{mode} decided by the basis"] += side.scenario == -1
                met.update(f"{mode} beside {name}" for name, _, _ in found.beside)
    return met


def test_every_kind_of_part_is_met(names):
    scanned = ("scan", "linear", "option", "factor", "delta", "gamma", "vega", "confidence", "decided by the basis")
    expected = {f"portfolio {name}" for name in scanned}
    expected |= {f"portfolio beside {name}" for name in ("joint_loss", "reserved", "depeg", "leverage_cap")}
    expected |= {f"standard {name}" for name in ("each_short_alone", "largest_loss", "confidence_and_orders", "depeg")}
    expected |= {f"standard beside {name}" for name in ("not_below_nothing", "at_least_maintenance", "depeg")}
    missing = expected - {name for name, count in names.items() if count}
    assert not missing, (missing, names)
