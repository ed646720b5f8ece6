"""The sweep: every account is looked at after prices moved, in order, within the limits of a tick, from a cursor."""

from plimsoll.book.holdings import prefetch_holdings
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import POOL_VIEW
from plimsoll.engine.waterfall.order import look_at
from plimsoll.units.jit import shared
from plimsoll.units.messages import MODE_POT, NAMED_BACKSTOP, NAMED_COUNT, STATUS_OPEN

AHEAD = 6


@shared((POOL_VIEW,))
def sweep(pool: Pool) -> None:
    """Continue the sweep under way, or start one that is due; publishes the shortfall when it reaches the end."""
    totals = pool.totals[0]
    policy = pool.policy[0]
    if totals["sweeping"] == 0:
        if totals["sweep_due"] == 0:
            return
        totals["sweeping"] = 1
        totals["sweep_due"] = 0
        totals["sweep_cursor"] = NAMED_BACKSTOP
        totals["sweep_since"] = totals["time"]
        totals["shortfall_running"] = 0
    steps = 0
    seen = 0
    while totals["sweep_cursor"] < totals["accounts"]:
        if seen >= policy["accounts_per_tick"] or steps >= policy["steps_per_tick"]:
            return
        account = totals["sweep_cursor"]
        prefetch_holdings(pool, min(account + AHEAD, totals["accounts"] - 1))
        totals["sweep_cursor"] = max(account + 1, NAMED_COUNT)
        seen += 1
        if pool.accounts[account]["status"] == STATUS_OPEN and pool.accounts[account]["mode"] != MODE_POT:
            steps += look_at(pool, account)
    totals["shortfall"] = totals["shortfall_running"]
    totals["sweeping"] = 0
