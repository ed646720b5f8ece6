"""Funding, without keeping its sums: a time-weighted mean lies between the least and the most that was weighed."""

from collections.abc import Iterator

from plimsoll.sim.world.moment import Step, of_kind
from plimsoll.units.limits import FUNDING_MARKS_MAX, PPB
from plimsoll.units.messages import EVENT_FUNDING_APPLIED


def funding_must_lie_between_its_premiums(step: Step) -> Iterator[str]:
    """F moves by the mark times a rate between what was collected and what was in force, clamped: longs pay a premium.

    What was collected until the last tick is its mean, and the premium in force is weighed for the rest.
    """
    moved = {int(event["instrument"]): int(event["amount"]) for event in of_kind(step.events, EVENT_FUNDING_APPLIED)}
    for number in range(1, min(step.before.instruments.size, step.after.instruments.size)):
        before, after = step.before.instruments[number], step.after.instruments[number]
        change = int(after["funding"]) - int(before["funding"])
        if change != moved.get(number, 0):
            yield f"F of {number} moved by {change}, its event says {moved.get(number, 0)}"
        if number not in moved or change == 0:
            continue
        means = [int(before["premium"])]
        if before["premium_time"] > 0:
            means.append(int(before["premium_sum"]) // int(before["premium_time"]))
        bound, interest, mark = (int(before[name]) for name in ("funding_rate_max", "funding_interest", "mark"))
        lows, highs = (max(-bound, min(bound, end + interest)) for end in (min(means) - 1, max(means) + 1))
        least, most = lows * mark // PPB - 1, highs * mark // PPB + 2
        stopped = abs(int(after["funding"])) == FUNDING_MARKS_MAX * int(after["mark_max"])
        if not least <= change <= most and not stopped:
            yield f"F of {number} moved by {change}, by rule {least} to {most}"
