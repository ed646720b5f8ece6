"""Mistakes with risk classes and their tables. Each function is named after the rule it breaks.

Where a world has no class, most of them have nothing to get wrong.
"""

from dataclasses import replace

from plimsoll.sim.world.chain import SHOCKS, Chain, table_words
from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import CLASSES_MAX, HOLDING_VALUE_MAX, PPB
from plimsoll.units.messages import COMMAND_PUBLISH_ARRAYS, COMMAND_PUBLISH_CLASS, KIND_OPTION, STATUS_OPEN
from plimsoll.units.tables import Ints

HEAD = 3
GROUP_WORDS = 6


def chain_of(slip: Slip) -> Chain:
    """The world's class, or a bare one over the first instrument."""
    chain = slip.sight.config.chain
    if chain is not None:
        return chain
    row = {"underlying": 1, "scale": 2, "scenarios": 1, "aggregation": 1, "tail": 1}
    return Chain(7, 1, row, ((PPB, 0, 0),), 0.01)


def publish(slip: Slip, number: int | None = None, **changes: int) -> None:
    """The class as it is, with something changed."""
    chain = chain_of(slip)
    words = replace(chain, row=dict(chain.row) | changes).words()
    slip.out.post(COMMAND_PUBLISH_CLASS, words, instrument=chain.number if number is None else number)


def class_must_be_within_limit(slip: Slip) -> None:
    """A class with no number."""
    publish(slip, slip.pick((0, CLASSES_MAX + 1)))


def tail_must_be_within_scenarios(slip: Slip) -> None:
    """The worst of none."""
    publish(slip, tail=0)


def skew_must_be_grouped(slip: Slip) -> None:
    """Skew without groups."""
    chain = chain_of(slip)
    rows = tuple((damping, 1, deductible) for damping, _, deductible in chain.scenarios)
    words = replace(chain, row=dict(chain.row) | {"grouped": 0}, scenarios=rows).words()
    slip.out.post(COMMAND_PUBLISH_CLASS, words, instrument=chain.number)


def class_must_be_published(slip: Slip) -> None:
    """A table of a class nobody published."""
    slip.out.post(COMMAND_PUBLISH_ARRAYS, [1, 0, 0], instrument=CLASSES_MAX, time=slip.sight.time_ms)


def member_must_fit_class(slip: Slip) -> None:
    """A member with another scale."""
    chain = slip.sight.config.chain
    if chain is not None:
        slip.list(risk_class=chain.number, scale=chain.row["scale"] % 12 + 1, lots_max=10, open_lots_max=10)


def portfolio_value_must_fit(slip: Slip) -> None:
    """A member as large as an instrument may be."""
    chain = slip.sight.config.chain
    if chain is not None:
        unit = 10 ** chain.row["scale"]
        lots = 10_000 * unit
        fields = {"lots_max": lots, "open_lots_max": lots, "mark_max": HOLDING_VALUE_MAX // 10_000}
        slip.list(risk_class=chain.number, scale=chain.row["scale"], settlement_window=1, **fields)


def table(slip: Slip) -> Ints | None:
    """A table nothing is wrong with, where there is something to publish."""
    chain, sight = slip.sight.config.chain, slip.sight
    if chain is None:
        return None
    options = [n for n in slip.of_kind(KIND_OPTION) if sight.rows["status"][n] == STATUS_OPEN]
    if not options:
        return None
    rows = [sight.listings[number - 1].row for number in options]
    left = {row["risk_group"]: (row["expiry"] - sight.time_ms) / sight.config.block_ms for row in rows}
    return table_words(chain, sight.listings, options, max(1, int(sight.marks[chain.underlying])), left)


def send_table(slip: Slip, words: Ints | None, time: int) -> None:
    """Publish it, as of a time."""
    if words is not None:
        slip.out.post(COMMAND_PUBLISH_ARRAYS, words, instrument=chain_of(slip).number, time=time)


def table_must_be_newer(slip: Slip) -> None:
    """A table from long ago."""
    send_table(slip, table(slip), 1)


def table_must_be_fresh(slip: Slip) -> None:
    """Newer than the last, and yet too old."""
    published = int(slip.sight.view.pool.classes[chain_of(slip).number]["arrays_time"])
    if published + 1 < slip.sight.time_ms:
        send_table(slip, table(slip), published + 1)


def table_must_match_mark(slip: Slip) -> None:
    """A table at another price."""
    words = table(slip)
    if words is not None:
        words[0] *= 3
    send_table(slip, words, slip.sight.time_ms)


def table_must_be_within_bounds(slip: Slip) -> None:
    """A fall of more than everything."""
    words = table(slip)
    if words is not None:
        words[HEAD] = -2 * PPB
    send_table(slip, words, slip.sight.time_ms)


def table_must_not_allow_arbitrage(slip: Slip) -> None:
    """An option dearer than what it is on."""
    words = table(slip)
    if words is not None:
        first = HEAD + len(SHOCKS) + GROUP_WORDS * int(words[1])
        words[first + 1] = 2**50
    send_table(slip, words, slip.sight.time_ms)


def table_must_not_jump(slip: Slip) -> None:
    """Every option worth nothing, or all it may be."""
    words = table(slip)
    if words is not None:
        first = HEAD + len(SHOCKS) + GROUP_WORDS * int(words[1])
        width = 7 + len(SHOCKS)
        shift = chain_of(slip).row["shift"]
        for place in range(int(words[2])):
            at = first + place * width
            words[at + 1 : at + 4] = max(1, int(words[0]) // 2) >> shift
    send_table(slip, words, slip.sight.time_ms)
