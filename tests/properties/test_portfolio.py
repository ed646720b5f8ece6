"""Portfolio margin for random classes, chains and books: netting never costs, orders never help, mirrors agree."""

from hypothesis import given
from hypothesis import strategies as st
from tests.properties.lab import HOUR, PERCENT, PPB, TOKEN, Lab, quick

from plimsoll.book.rows import ClassRow
from plimsoll.engine import Engine
from plimsoll.units import codes
from plimsoll.units import messages as m

CLASS_FIELDS = tuple(ClassRow.__annotations__)
MAX, VAR, ES = 1, 2, 3
SPOT = 100 * TOKEN
STRIKES = (80, 100, 120)
UNIT = 100
RICH = 10**13
QUIET_CLASS = {
    **dict.fromkeys(CLASS_FIELDS, 0),
    "underlying": 1,
    "scale": 2,
    "aggregation": MAX,
    "tail": 1,
    "factor_initial": PPB,
    "factor_maintenance": PPB,
    "carry_max": PPB,
    "reference_max": PPB,
    "jump_max": PPB,
    "age_max": 24 * HOUR,
}
OPTION = {
    "kind": m.KIND_OPTION,
    "scale": 2,
    "mark_max": 10**10,
    "lots_max": 10**6,
    "open_lots_max": 10**7,
    "backstop_lots_max": 0,
    "rate_initial": 0,
    "rate_maintenance": 0,
    "risk_class": 1,
    "risk_group": 1,
    "expiry": 100 * HOUR,
    "settlement_window": HOUR,
}
LINEAR = {"scale": 2, "mark_max": 10**10, "lots_max": 10**6, "open_lots_max": 10**7, "risk_class": 1}
SIZES = st.lists(st.integers(-300, 300), min_size=7, max_size=7)
"""Lots of three calls, three puts and a perp."""


def intrinsic(kind: int, strike: int, spot: int) -> int:
    return max(0, spot - strike if kind == 1 else strike - spot)


@st.composite
def tables(draw):
    """Shocks, rows and values that a convex time value gives; never outside their bounds."""
    count = draw(st.integers(2, 6))
    shocks = draw(st.lists(st.integers(-60, 80), min_size=count, max_size=count))
    level = draw(st.integers(1, 8)) * TOKEN
    damping = draw(st.lists(st.sampled_from((PPB, PPB, PPB // 2, PPB // 3)), min_size=count, max_size=count))
    return [shock * PERCENT for shock in shocks], damping, level


def lab_with(table, **changes: int) -> tuple[Lab, list[int]]:
    """A class on a spot at 100, six options and a perp: their numbers."""
    shocks, damping, level = table
    lab = Lab()
    lab.list_instrument(SPOT, kind=m.KIND_ASSET, scale=2, mark_max=10**10, lots_max=10**6, open_lots_max=10**7)
    values = {**QUIET_CLASS, "scenarios": len(shocks), **changes}
    words = [values[name] for name in CLASS_FIELDS] + [word for part in damping for word in (part, 0, 0)]
    lab.must(m.COMMAND_PUBLISH_CLASS, tuple(words), instrument=1)
    numbers, rows = [], []
    for kind in (1, 2):
        for strike in STRIKES:
            code = lab.try_list(**OPTION, strike=strike * TOKEN, option_type=kind)
            assert code == codes.OK, codes.sentence(code)
            numbers.append(int(lab.engine.pool.totals[0]["instruments"]) - 1)
            spots = [SPOT] * 3 + [SPOT * (PPB + shock) // PPB for shock in shocks]
            worth = [intrinsic(kind, strike * TOKEN, spot) for spot in spots]
            worth = [value + level if value + level < strike * TOKEN // 2 else value for value in worth]
            rows.append([numbers[-1], *worth[:3], 0, 0, 0, *worth[3:]])
    payload = [SPOT, 1, 6, *shocks, 1, PPB, PPB, 0, PPB, SPOT, *(word for row in rows for word in row)]
    lab.must(m.COMMAND_PUBLISH_ARRAYS, tuple(payload), instrument=1, time=HOUR)
    numbers.append(lab.list_instrument(SPOT, **LINEAR))
    return lab, numbers


def account_with(lab: Lab, numbers: list[int], sizes: list[int], mode: int = m.MODE_PORTFOLIO) -> tuple[int, int]:
    """An account with these lots and its mirror, both rich."""
    account, mirror = lab.open(RICH), lab.open(RICH)
    for number, lots in zip(numbers, sizes):
        mark = int(lab.engine.pool.instruments[number]["mark"])
        if lots != 0 and mark > 0:
            assert lab.fill(account, mirror, number, lots, mark) == codes.OK
    for each in (account, mirror):
        lab.must(m.COMMAND_SET_MODE, account=each, flags=mode)
    return account, mirror


@quick
@given(table=tables(), one=SIZES, other=SIZES, rule=st.sampled_from(((MAX, 1), (ES, 2))), grouped=st.integers(0, 1))
def test_two_books_together_need_no_more_than_apart(table, one, other, rule, grouped):
    lab, numbers = lab_with(table, aggregation=rule[0], tail=rule[1], grouped=grouped)
    apart = [lab.health(account_with(lab, numbers, sizes)[0]) for sizes in (one, other)]
    both = lab.health(account_with(lab, numbers, [a + b for a, b in zip(one, other)])[0])
    # Damping rounds each group or option down by less than a product; an ES is a mean rounded up.
    assert both.maintenance <= sum(each.maintenance for each in apart) + 1
    assert both.initial <= sum(each.initial for each in apart) + 1


@quick
@given(table=tables(), sizes=SIZES, mode=st.sampled_from((m.MODE_STANDARD, m.MODE_PORTFOLIO)), rates=st.data())
def test_initial_is_never_below_maintenance_nor_that_below_zero(table, sizes, mode, rates):
    pairs = {}
    for name in ("linear", "option", "unpaired"):
        pairs[f"{name}_initial"] = rates.draw(st.integers(0, 20 * PERCENT))
        pairs[f"{name}_maintenance"] = rates.draw(st.integers(0, pairs[f"{name}_initial"]))
    singles = ("short_spot_max", "short_spot_min", "short_call", "short_put", "delta_rate", "floor_option")
    singles = {name: rates.draw(st.integers(0, 20 * PERCENT)) for name in singles}
    lab, numbers = lab_with(table, grouped=1, **pairs, **singles)
    for account in account_with(lab, numbers, sizes, mode):
        health = lab.health(account)
        assert 0 <= health.maintenance <= health.initial


@quick
@given(table=tables(), sizes=SIZES, orders=SIZES, grouped=st.integers(0, 1))
def test_open_orders_never_lower_the_requirement(table, sizes, orders, grouped):
    lab, numbers = lab_with(table, grouped=grouped)
    account, _ = account_with(lab, numbers, sizes)
    before = lab.health(account)
    for number, lots in zip(numbers, orders):
        mark = int(lab.engine.pool.instruments[number]["mark"])
        if lots != 0 and mark > 0:
            fields = {"account": account, "instrument": number, "lots": lots, "price": mark}
            assert lab.send(m.COMMAND_RESERVE, **fields) == codes.OK
            after = lab.health(account)
            assert after.initial >= before.initial
            assert (after.equity, after.maintenance) == (before.equity, before.maintenance)
            before = after


@quick
@given(table=tables(), sizes=SIZES, wrong=st.integers(0, 6))
def test_a_refused_table_changes_no_figure(table, sizes, wrong):
    lab, numbers = lab_with(table, grouped=1)
    account, _ = account_with(lab, numbers, sizes)
    shocks = table[0]
    lab.tick(1_000)
    before = lab.health(account), lab.engine.root()
    number = numbers[wrong % 6]
    payload = (SPOT, 0, 1, *shocks, number, -1 if wrong else 10**11, 0, 0, 0, 0, 0, *([0] * len(shocks)))
    answer = lab.send(m.COMMAND_PUBLISH_ARRAYS, payload, instrument=1, time=HOUR + 1_000)
    assert answer == codes.TABLE_MUST_NOT_ALLOW_ARBITRAGE
    assert lab.health(account) == before[0]


@quick
@given(table=tables(), sizes=SIZES, price=st.integers(50, 150))
def test_a_snapshot_carries_classes_and_arrays(table, sizes, price):
    lab, numbers = lab_with(table, grouped=1)
    account, mirror = account_with(lab, numbers, sizes)
    copy = Lab(Engine.restore(lab.engine.tables()), lab.sent)
    for each in (lab, copy):
        each.mark(1, price * TOKEN)
        each.mark(numbers[6], price * TOKEN)
        each.tick(1_000)
    assert lab.engine.root() == copy.engine.root()
    assert [lab.health(each) for each in (account, mirror)] == [copy.health(each) for each in (account, mirror)]
