"""How a pool opens: time, listings, a risk class, first prices, accounts with their money, fund and backstop."""

from collections.abc import Sequence
from typing import Final

from plimsoll.book.parameters import LISTING_BOUNDS
from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.chain import Chain, table_words
from plimsoll.sim.world.config import STABLE, WorldConfig, members_of
from plimsoll.sim.world.listing import Listed
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.pots import POT_OWNER, opened_pots
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_PUBLISH_CLASS,
    COMMAND_SET_CURVE,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POT,
    COMMAND_TICK,
    KIND_ASSET,
    KIND_OPTION,
    MODE_STANDARD,
    NAMED_BACKSTOP,
    NAMED_FUND,
)

SOURCES: Final = 5
DUST_DIVISOR: Final = 1e6


def opening_of(config: WorldConfig, listings: list[Listed], people: Sequence[Agent], out: Outbox) -> None:
    """Send everything a pool needs before its first block; worthless assets join ``listings``."""
    out.send(COMMAND_TICK, time=config.start_ms)
    for number, words in config.curves.items():
        out.post(COMMAND_SET_CURVE, words, instrument=number)
    listings += [dust_asset(config, place) for place in range(config.dust_assets)]
    for number, one in enumerate(listings, start=1):
        list_one(out, number, one, config)
        if config.chain is not None and number == config.chain.underlying:
            out.post(COMMAND_PUBLISH_CLASS, config.chain.words(), instrument=config.chain.number)
    for number in members_of(config):
        out.post(COMMAND_SET_INSTRUMENT, listings[number - 1].words(), instrument=number)
    if config.chain is not None:
        _first_table(config, config.chain, listings, out)
    for account, amount in ((NAMED_FUND, config.fund), (NAMED_BACKSTOP, config.backstop)):
        if amount > 0:
            out.send(COMMAND_DEPOSIT, account=account, amount=amount)
    _pots(config, out)
    for agent in people:
        agent.open(out)


def _pots(config: WorldConfig, out: Outbox) -> None:
    for number, pot, account in opened_pots(config.pots, config.listings):
        if pot.has_account:
            out.send(COMMAND_OPEN_ACCOUNT, account=account, counterparty=POT_OWNER, flags=MODE_STANDARD)
        out.post(COMMAND_SET_POT, pot.words(account), instrument=number)


def list_one(out: Outbox, number: int, one: Listed, config: WorldConfig) -> None:
    """List an instrument, outside its class if it is linear, and give it its first price if it is no option."""
    linear = Listed(one.name, one.coin, dict(one.row) | {"risk_class": 0})
    out.post(COMMAND_LIST_INSTRUMENT, (one if one.kind == KIND_OPTION else linear).words(), instrument=number)
    if one.kind != KIND_OPTION:
        price = max(1, round(config.prices[one.coin] / one.divisor))
        out.send(COMMAND_MARK, instrument=number, time=config.start_ms, price=price, sources=SOURCES)


def dust_asset(config: WorldConfig, place: int) -> Listed:
    """An asset of no worth: a micro a coin."""
    row = {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()} | {
        "kind": KIND_ASSET,
        "mark_max": 1_000,
        "lots_max": 10_000,
        "open_lots_max": 1_000_000_000,
        "rate_initial": PPB // 2,
        "rate_maintenance": PPB // 4,
        "band": PPB,
        "age_fill_max": 400 * config.block_ms // 4 * 4,
        "confidence_max": PPB,
        "backstop_lots_max": place % 2,
    }
    row["age_fill_max"] = min(row["age_fill_max"], LISTING_BOUNDS["age_fill_max"][1])
    row["age_margin_max"] = row["age_fill_max"]
    return Listed(f"DUST-{place + 1}", STABLE, row, divisor=DUST_DIVISOR)


def _first_table(config: WorldConfig, chain: Chain, listings: Sequence[Listed], out: Outbox) -> None:
    options = [number for number, one in enumerate(listings, start=1) if one.kind == KIND_OPTION]
    rows = [listings[number - 1].row for number in options]
    left = {row["risk_group"]: (row["expiry"] - config.start_ms) / config.block_ms for row in rows}
    spot = max(1, round(config.prices[listings[chain.underlying - 1].coin]))
    words = table_words(chain, listings, options, spot, left)
    out.post(COMMAND_PUBLISH_ARRAYS, words, instrument=chain.number, time=config.start_ms)
