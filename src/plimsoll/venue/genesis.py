"""The genesis: what the manifest of a journal says about the first state, and the engine that begins with it."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import DTYPES, LISTING, STATE_TABLES
from plimsoll.engine import Engine
from plimsoll.engine.listing import POLICY_FIELDS
from plimsoll.journal import Manifest
from plimsoll.units.tables import array_of
from plimsoll.venue.errors import GenesisMismatch

KIND: Final = "plimsoll pool"


def genesis_of(engine: Engine) -> dict[str, Any]:
    """The genesis of a new engine: its policy by name, and hashes of policy, tables and the empty pool."""
    policy = {name: int(array_of(engine.pool.policy)[name][0]) for name in POLICY_FIELDS}
    return {
        "kind": KIND,
        "policy": policy,
        "policy_hash": policy_hash(policy),
        "tables_hash": tables_hash(),
        "root": engine.root().hex(),
    }


def engine_of(manifest: Manifest) -> Engine:
    """A new engine in the first state the manifest names; GenesisMismatch when this code would begin otherwise."""
    genesis: object = manifest.genesis
    written_by = f"it was written by plimsoll {manifest.code_version}"
    if not isinstance(genesis, dict) or genesis.get("kind") != KIND:
        raise GenesisMismatch("the manifest does not name a pool: the journal belongs to something else")
    policy = genesis.get("policy")
    if not isinstance(policy, dict) or not all(type(value) is int for value in policy.values()):
        raise GenesisMismatch("the manifest has no policy of whole numbers: restore it from a copy")
    if genesis.get("tables_hash") != tables_hash():
        raise GenesisMismatch(f"the journal means other tables than this code has; {written_by}")
    if genesis.get("policy_hash") != policy_hash(policy):
        raise GenesisMismatch("the policy in the manifest is not the one its hash names")
    try:
        engine = Engine.create(policy)
    except ValueError as error:
        raise GenesisMismatch(f"{error}; {written_by}") from None
    if genesis.get("root") != engine.root().hex():
        raise GenesisMismatch(f"the empty pool has another root than the manifest says; {written_by}")
    return engine


def policy_hash(policy: Mapping[str, int]) -> str:
    """blake2b-256 of the policy's values as little-endian int64, in the order of its row."""
    try:
        words = np.array([policy[name] for name in POLICY_FIELDS], "<i8")
    except (KeyError, OverflowError):
        raise GenesisMismatch("the policy in the manifest lacks a parameter or has one that is too large") from None
    return hashlib.blake2b(words.tobytes(), digest_size=32).hexdigest()


def tables_hash() -> str:
    """Hash of the columns of every table of the state and of a listing: the meaning of payloads and snapshots."""
    lines = [f"{name}: {','.join(DTYPES[name].names or ())}" for name in STATE_TABLES]
    lines.append(f"listing: {','.join(LISTING.names or ())}")
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=32).hexdigest()


def code_note(manifest: Manifest, running: str) -> str:
    """What to say when another version of the code wrote the journal; empty when it is the same."""
    if manifest.code_version == running:
        return ""
    return f"written by plimsoll {manifest.code_version}, read by {running}: its rules may differ; verify it"
