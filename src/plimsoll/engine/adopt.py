"""What follows from new parameters: derived rates, the state of the mark, a sweep. Called from plain Python."""

from plimsoll.book.events import note, touch
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.engine.commands.prices import follow_underlying, refresh_state, set_depeg, set_peg
from plimsoll.margin.portfolio.arrays import looks_at_groups, refresh_option, write_weights
from plimsoll.margin.rates import set_confidence_rate, set_open_interest_rate
from plimsoll.units.jit import command, entry
from plimsoll.units.messages import (
    EVENT_CLASS_PUBLISHED,
    EVENT_POLICY_SET,
    EVENT_POT_SET,
    MODE_POT,
    POT_BACKSTOP,
)
from plimsoll.units.views import view


@entry((POOL, INTEGER, INTEGER))
def adopt_instrument(pool: Pool, number: int, event: int) -> int:
    """Recompute what depends on an instrument's parameters."""
    pool = view(pool)
    instrument = pool.instruments[number]
    note(pool, event, -1, number, instrument["mark"], instrument["kind"])
    instrument["rate_open_interest"] = 0
    set_open_interest_rate(instrument)
    set_confidence_rate(instrument)
    if instrument["risk_class"] == 0:
        instrument["spot"] = instrument["mark"]
    else:
        instrument["spot"] = pool.instruments[pool.classes[instrument["risk_class"]]["underlying"]]["mark"]
        refresh_option(pool, number)
    refresh_state(pool, number)
    pool.totals[0]["sweep_due"] = 1
    return 0


@command
def follow_class(pool: Pool, number: int) -> int:
    """Weights by column, values in force and states of every member, and a sweep."""
    write_weights(pool, pool.classes[number])
    pool.classes[number]["by_group"] = looks_at_groups(pool, number)
    follow_underlying(pool, pool.classes[number]["underlying"])
    pool.totals[0]["sweep_due"] = 1
    return 0


@entry((POOL, INTEGER))
def adopt_class(pool: Pool, number: int) -> int:
    """Recompute what depends on a class's policy: values in force, states of its options, what a depeg adds."""
    pool = view(pool)
    family = pool.classes[number]
    set_peg(pool, family)
    note(pool, EVENT_CLASS_PUBLISHED, -1, family["underlying"], 0, number)
    return follow_class(pool, number)


@entry((POOL,))
def adopt_policy(pool: Pool) -> int:
    """Recompute what depends on the policy."""
    pool = view(pool)
    set_depeg(pool, pool.instruments[0])
    pool.totals[0]["sweep_due"] = 1
    note(pool, EVENT_POLICY_SET, -1, 0, 0, 0)
    return 0


@entry((POOL, INTEGER))
def adopt_pot(pool: Pool, number: int) -> int:
    """Close a pot's account to everything but the rules of its pot."""
    pool = view(pool)
    pot = pool.pots[number]
    account = pool.accounts[pot["account"]]
    if pot["kind"] != POT_BACKSTOP and account["mode"] != MODE_POT:
        account["mode"] = MODE_POT
        account["isolated"] = 0
        touch(pool, pot["account"])
    note(pool, EVENT_POT_SET, pot["account"], 0, 0, number)
    return 0
