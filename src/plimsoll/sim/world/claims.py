"""What can be seen of the waterfall in a block: cases of accounts, seals, pots and stakes, curves."""

from bisect import bisect_right
from typing import Any, Final

from plimsoll.book.layout import CURVE_ROWS
from plimsoll.sim.world.sight import Sight
from plimsoll.units.limits import POTS_MAX, PPB
from plimsoll.units.messages import BATCH_OPEN

COMMITS: Final = 1
REVEALS: Final = 2
CLEARS: Final = 3
OVER: Final = 0


def policy_of(sight: Sight) -> Any:
    """The row of the policy."""
    return sight.view.pool.policy[0]


def case_of(sight: Sight, account: int) -> Any:
    """The case of an account; one in which everything is 0 where it has none."""
    return sight.view.pool.cases[sight.accounts["case"][account]]


def pots_of(sight: Sight, *kinds: int) -> list[int]:
    """Numbers of the pots of some kinds."""
    pots = sight.view.pool.pots
    return [number for number in range(1, POTS_MAX + 1) if pots[number]["status"] and pots[number]["kind"] in kinds]


def reserves(sight: Sight, pot: int) -> tuple[int, int]:
    """Lots and micros of an AMM."""
    terms = sight.view.pool.pots[pot]
    if int(terms["account"]) >= sight.count or int(terms["instrument"]) >= sight.instruments:
        return 0, 0
    return int(sight.held[terms["account"], terms["instrument"]]), int(sight.cash[terms["account"]])


def stake_of(sight: Sight, account: int, pot: int) -> tuple[int, int]:
    """Shares an account has in a pot, and those of them that are on their way out."""
    pool = sight.view.pool
    row = int(case_of(sight, account)["stakes"])
    while row:
        stake = pool.stakes[row]
        if stake["pot"] == pot:
            current = stake["epoch"] == pool.pots[pot]["epoch"]
            return (int(stake["shares"]), int(stake["unbonding"])) if current else (0, 0)
        row = int(stake["next"])
    return 0, 0


def seals_on(sight: Sight, account: int) -> list[Any]:
    """The sealed bids on an account, in the order they came."""
    found, row = [], int(case_of(sight, account)["seals"])
    while row:
        seal = sight.view.pool.seals[row]
        found.append(seal)
        row = int(seal["next"])
    return found


def batch_phase(sight: Sight, account: int) -> int:
    """Whether sealed bids on an account are committed now, or revealed, or wait for the sweep, or are over."""
    if case_of(sight, account)["batch"] != BATCH_OPEN:
        return OVER
    policy = policy_of(sight)
    since = sight.time_ms - int(sight.accounts["stage_since"][account])
    if since < int(policy["batch_commit"]):
        return COMMITS
    return REVEALS if since < int(policy["batch_commit"] + policy["batch_reveal"]) else CLEARS


def curve_at(sight: Sight, curve: int, elapsed: int) -> int:
    """About the value of a curve, in ppb; 0 where there is none."""
    head = curve * CURVE_ROWS
    rows = sight.view.pool.curves
    points = int(rows[head]["time"])
    if curve == 0 or points == 0 or elapsed < 0:
        return 0
    times = [int(rows[head + 1 + place]["time"]) for place in range(points)]
    values = [int(rows[head + 1 + place]["value"]) for place in range(points)]
    place = bisect_right(times, elapsed) - 1
    if not rows[head]["value"] or place == points - 1:
        return values[place]
    part = (elapsed - times[place]) / (times[place + 1] - times[place])
    return round(values[place] + (values[place + 1] - values[place]) * part)


def auction_price(sight: Sight, account: int) -> int:
    """What lots of the asset auctioned cost a unit now; 0 where no auction runs, or it is over."""
    case, policy = case_of(sight, account), policy_of(sight)
    elapsed = sight.time_ms - int(case["auction_since"])
    if not case["auction_instrument"] or elapsed > int(policy["collateral_tail"]):
        return 0
    price = int(case["auction_top"]) * curve_at(sight, int(policy["curve_collateral"]), elapsed) // PPB
    return price if price * PPB // int(case["auction_top"]) >= int(policy["collateral_cusp"]) else 0
