"""Careless people break the rules they mean to break."""

from tests.sim.worlds import busy, live, small

from plimsoll.sim.world.mistakes import MISTAKES
from plimsoll.units.codes import NAMES

UNINTENDED = {
    "mark_must_allow_fill",
    "mark_must_allow_margin",
    "counterparty_mark_must_allow_margin",
    "mark_must_allow_withdraw",
    "mark_must_allow_liquidate",
    "withdrawals_must_not_be_gated",
    "grace_must_be_over",
    "cost_must_be_within_limit",
}
"""Rules nobody has to break on purpose: oracles, halts, losses and wash trading see to them."""


def test_every_rule_has_a_mistake_or_happens_by_itself():
    meant = {mistake.__name__ for mistake in MISTAKES}
    rules = {name.lower() for name in NAMES.values()} - {"ok"}
    assert rules - meant - UNINTENDED == set(), "a rule needs a function of its name in sim/world/mistakes"
    assert not meant & UNINTENDED
    assert not UNINTENDED - rules


def test_in_a_few_careless_worlds_most_rules_are_broken():
    worlds = [(0, small(0, blocks=70, careless=12.0)), *((seed, busy(seed, 70, careless=12.0)) for seed in (4, 15, 18))]
    seen = set().union(*(live(seed, config).codes() for seed, config in worlds))
    meant = {mistake.__name__ for mistake in MISTAKES}
    assert len(meant & seen) > 0.85 * len(meant), sorted(meant - seen)
