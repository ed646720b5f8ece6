"""What follows from new parameters: derived rates, the state of the mark, a sweep. Called from plain Python."""

from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.engine.commands.prices import refresh_state, set_depeg
from plimsoll.margin.rates import set_confidence_rate, set_open_interest_rate
from plimsoll.units.jit import entry
from plimsoll.units.messages import EVENT_POLICY_SET
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
    refresh_state(pool, number)
    pool.totals[0]["sweep_due"] = 1
    return 0


@entry((POOL,))
def adopt_policy(pool: Pool) -> int:
    """Recompute what depends on the policy."""
    pool = view(pool)
    set_depeg(pool, pool.instruments[0])
    pool.totals[0]["sweep_due"] = 1
    note(pool, EVENT_POLICY_SET, -1, 0, 0, 0)
    return 0
