"""Two promises to who holds collateral: more of it never hurts, and a healthy account loses it only by named events."""

from collections import Counter
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.world import TOKEN, World
from tests.properties.lab import Health, Lab, quick

from plimsoll.engine import Engine
from plimsoll.units import codes
from plimsoll.units import messages as m

SNAPSHOTS = 12
WORLDS = 3
OWN = list(range(m.NAMED_COUNT, m.NAMED_COUNT + 14))


@cache
def snapshots(seed: int) -> list[tuple[dict[str, np.ndarray], int]]:
    """States of a rough world at some distance from each other, and the last command id of each."""
    world, found = World(seed), []
    world.open()
    for _ in range(SNAPSHOTS):
        for _ in range(6):
            world.step()
        found.append((world.engine.tables(), world.id))
    return found


@st.composite
def situations(draw):
    """A state twice, and an account that has more cash in the second."""
    tables, sent = snapshots(draw(st.integers(0, WORLDS - 1)))[draw(st.integers(0, SNAPSHOTS - 1))]
    poor, rich = (Lab(Engine.restore(tables), sent) for _ in range(2))
    opened = [number for number in OWN if poor.engine.pool.accounts[number]["status"] == m.STATUS_OPEN]
    account = draw(st.sampled_from(opened))
    return poor, rich, account


@st.composite
def commands_of(draw, lab: Lab, account: int):
    """A command that the account's own margin decides."""
    pool = lab.engine.pool
    number = draw(st.integers(1, int(pool.totals[0]["instruments"]) - 1))
    start = int(pool.accounts[account]["start"])
    held = pool.holdings[start : start + int(pool.accounts[account]["count"])]
    if held.size and draw(st.booleans()):
        number = int(draw(st.sampled_from(held["instrument"].tolist())))
    mark = int(pool.instruments[number]["mark"])
    lots = draw(st.sampled_from((-lab.lots(account, number), 100, -100, 1_000, -1_000))) or draw(st.integers(1, 10_000))
    price = max(1, mark + mark * draw(st.integers(-30, 30)) // 1_000)
    other = draw(st.sampled_from([number for number in OWN if number != account]))
    amount = draw(st.integers(1, 500 * TOKEN))
    trade = {"instrument": number, "lots": lots, "price": price}
    liquidating = [n for n in OWN if lab.stage(n) == m.STAGE_LIQUIDATING and n != account]
    choices = [
        (m.COMMAND_FILL, {"account": account, "counterparty": other, **trade}),
        (m.COMMAND_FILL, {"account": other, "counterparty": account, **trade}),
        (m.COMMAND_RESERVE, {"account": account, **trade}),
        (m.COMMAND_WITHDRAW, {"account": account, "amount": amount}),
        (m.COMMAND_WITHDRAW, {"account": account, "instrument": 1, "lots": abs(lots)}),
        (m.COMMAND_TRANSFER, {"account": account, "counterparty": other, "amount": amount}),
        (m.COMMAND_REALISE, {"account": account, "instrument": number}),
        (m.COMMAND_SET_LIMITS, {"account": account, "amount": draw(st.integers(0, 10**9))}),
    ]
    if liquidating:
        target = draw(st.sampled_from(liquidating))
        leg = {"instrument": lab.next_leg(target), "lots": abs(lots)}
        choices.append((m.COMMAND_BID, {"account": target, "counterparty": account, **leg}))
    return draw(st.sampled_from(choices))


def test_more_collateral_never_hurts():
    """A command accepted with less cash is accepted with more; equity rises by what was added, requirements stay.

    Left out: fills of an account below zero equity, whose fee is waived; at zero and above it pays, so that a trade
    which only its fee spoils is allowed just below zero and refused just above.
    """
    tally: Counter[str] = Counter()

    @settings(quick, max_examples=600)
    @given(situation=situations(), extra=st.integers(1, 300 * TOKEN), data=st.data())
    def holds(situation, extra, data):
        poor, rich, account = situation
        before = poor.health(account)
        rich.must(m.COMMAND_DEPOSIT, account=account, amount=extra)
        poor.sent += 1
        assert rich.health(account) == Health(before.equity + extra, before.maintenance, before.initial)
        kind, fields = data.draw(commands_of(poor, account))
        if kind == m.COMMAND_FILL and before.equity < 0:
            return
        answer = poor.send(kind, **fields)
        tally["sent"] += 1
        if answer == codes.OK:
            tally["accepted"] += 1
            assert rich.send(kind, **fields) == codes.OK
            assert poor.engine.identities() == rich.engine.identities() == []

    holds()
    print(f"{tally['accepted']} of {tally['sent']} accepted with less, and with more")
    assert tally["accepted"] > 100


LOSSES = {m.EVENT_DELEVERAGED, m.EVENT_LOSS_SOCIALISED, m.EVENT_WRITTEN_DOWN, m.EVENT_SERIES_CUT}
"""What a healthy account may lose collateral by: deleveraging, socialising, a write-down, the cut of its series."""
MOVES_THE_MARK = {m.EVENT_FUNDING_APPLIED, m.EVENT_SETTLEMENT_PRICED, m.EVENT_MARKED}
BECOMES_UNHEALTHY = {m.EVENT_LIQUIDATION_STARTED}


def loss_of(world: World, event: m.EventRecord) -> int:
    """What one event cost its account, in micros; a rounding for every move of lots."""
    if event.kind == m.EVENT_DELEVERAGED:
        return event.amount + 1
    if event.kind == m.EVENT_LOSS_SOCIALISED and event.instrument != 0:
        return event.cost
    if event.kind == m.EVENT_WRITTEN_DOWN and event.instrument != 0:
        row = world.engine.pool.instruments[event.instrument]
        return -(-(-event.lots * int(row["mark"])) // int(row["unit"]))
    if event.kind in (m.EVENT_LOSS_SOCIALISED, m.EVENT_WRITTEN_DOWN, m.EVENT_SERIES_CUT):
        return -event.cash
    return 1 if event.lots != 0 else 0


def test_healthy_account_loses_collateral_only_by_named_events():
    """Whoever is no party of a command and stays healthy loses no more than its own loss events say."""
    seen: Counter[str] = Counter()
    for seed in range(3):
        world = World(seed, fund=1)
        world.open()
        for _ in range(70):
            for event in require_named_losses(world):
                seen[m.name_of("EVENT", event.kind)] += 1
    print(dict(seen))
    assert seen["deleveraged"] > 10
    assert seen["written_down"] > 10
    assert seen["loss_socialised"] > 5


def require_named_losses(world: World) -> list[m.EventRecord]:
    """One step of the world, a command at a time; returns the loss events that healthy bystanders met."""
    found = []
    before = world.engine.sweep()
    stages = stages_of(world)
    for parties in world.step_by_step():
        events = list(map(m.EventRecord._make, world.engine.events().tolist()))
        after = world.engine.sweep()
        kinds = {event.kind for event in events}
        moved = bool(kinds & MOVES_THE_MARK)
        unhealthy = {event.account for event in events if event.kind in BECOMES_UNHEALTHY}
        for account in range(m.NAMED_COUNT, len(before[0])):
            healthy = stages[account] == m.STAGE_HEALTHY and before[0][account] >= before[1][account]
            if account in parties or account in unhealthy or not healthy:
                continue
            own = [event for event in events if event.account == account]
            assert not any(event.kind == m.EVENT_LIQUIDATED for event in own)
            lost = [event for event in own if event.kind in LOSSES]
            found += lost
            if not moved:
                allowed = sum(loss_of(world, event) for event in own)
                assert after[0][account] >= before[0][account] - allowed, (account, own)
        before, stages = after, stages_of(world)
    return found


def stages_of(world: World) -> list[int]:
    return world.engine.pool.accounts["stage"].tolist()
