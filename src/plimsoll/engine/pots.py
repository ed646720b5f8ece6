"""Setting up pots: a tranche, the backstop's, an AMM. Rare, in plain Python on the same tables."""

from collections.abc import Mapping, Sequence

import numpy as np

from plimsoll.book.layout import POT_TERMS, Pool
from plimsoll.book.parameters import POT_BOUNDS
from plimsoll.book.rows import CommandRow
from plimsoll.engine.adopt import adopt_pot
from plimsoll.engine.listing import read_parameters, require_bounds
from plimsoll.engine.read import read_account
from plimsoll.units import codes as code
from plimsoll.units.limits import POTS_MAX, SHARES_MAX, SHARES_PER_MICRO
from plimsoll.units.messages import (
    ACTION_MARGIN,
    KIND_ASSET,
    MODE_POT,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    POT_AMM,
    POT_BACKSTOP,
    STAGE_HEALTHY,
    STATUS_CLOSED,
    STATUS_FREE,
    STATUS_OPEN,
)

POT_FIELDS: tuple[str, ...] = tuple(POT_TERMS.names or ())
POT_IDENTITY = ("kind", "account", "instrument")

Terms = Mapping[str, int]


def require_backstop(pool: Pool, terms: Terms) -> int:
    """The backstop's own row, and no other pot of it."""
    taken = any(pool.pots[number]["kind"] == POT_BACKSTOP for number in range(1, POTS_MAX + 1))
    if terms["account"] != NAMED_BACKSTOP or taken:
        return code.POT_ACCOUNT_MUST_BE_FREE
    return code.OK


def require_fresh(pool: Pool, account: int) -> int:
    """An owner's account with nothing in it, about it or of it."""
    if account >= pool.totals[0]["accounts"] or pool.accounts[account]["status"] != STATUS_OPEN:
        return code.ACCOUNT_MUST_EXIST
    row = pool.accounts[account]
    is_private = account < NAMED_COUNT or row["mode"] == MODE_POT
    if is_private or row["count"] != 0 or row["cash"] != 0 or row["case"] != 0 or row["stage"] != STAGE_HEALTHY:
        return code.POT_ACCOUNT_MUST_BE_FREE
    return code.OK


def require_asset(pool: Pool, number: int) -> int:
    """A listed custody asset that is open."""
    if number >= pool.totals[0]["instruments"]:
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] in (STATUS_FREE, STATUS_CLOSED):
        return code.INSTRUMENT_MUST_BE_LISTED
    if number == 0 or instrument["kind"] != KIND_ASSET:
        return code.INSTRUMENT_MUST_BE_ASSET
    return code.OK if instrument["status"] == STATUS_OPEN else code.INSTRUMENT_MUST_BE_OPEN


def require_new(pool: Pool, terms: Terms) -> int:
    """The rules of a number that is not set yet."""
    if terms["kind"] == POT_BACKSTOP:
        refusal = require_backstop(pool, terms)
    else:
        refusal = require_fresh(pool, terms["account"])
    if refusal != code.OK:
        return refusal
    if terms["kind"] == POT_AMM:
        return require_asset(pool, terms["instrument"])
    return code.OK if terms["instrument"] == 0 else code.INSTRUMENT_MUST_BE_ASSET


def own_shares(assets: int) -> int:
    """Shares of a new pot nobody can redeem: a thousand for every micro that is there already, and for one more."""
    return SHARES_PER_MICRO * (assets + 1)


def set_pot(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Set up a pot, or change the terms of one that is."""
    if len(payload) != len(POT_FIELDS):
        return code.PAYLOAD_MUST_FIT
    number = int(command["instrument"])
    if not 1 <= number <= POTS_MAX:
        return code.POT_MUST_BE_WITHIN_LIMIT
    terms = read_parameters(POT_FIELDS, payload)
    refusal = require_bounds(terms, POT_BOUNDS)
    if refusal != code.OK:
        return refusal
    row = pool.pots[number]
    is_new = row["status"] == 0
    if not is_new and any(row[name] != terms[name] for name in POT_IDENTITY):  # type: ignore[literal-required]
        return code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
    assets = 0
    if is_new:
        refusal = require_new(pool, terms)
        if refusal == code.OK and terms["kind"] == POT_BACKSTOP:
            figures = np.zeros(4, np.int64)
            read_account(pool, NAMED_BACKSTOP, figures)
            assets, blocked = int(figures[0]), int(figures[3])
            if assets < 0 or blocked & ACTION_MARGIN:
                refusal = code.POT_MUST_BE_SOLVENT
            elif own_shares(assets) > SHARES_MAX:
                refusal = code.SHARES_MUST_FIT
        if refusal != code.OK:
            return refusal
    # After this point the command must succeed.
    for name in POT_FIELDS:
        row[name] = terms[name]  # type: ignore[literal-required]
    if is_new:
        row["status"] = row["epoch"] = 1
        row["own"] = own_shares(assets)
    adopt_pot(pool, number)
    return code.OK
