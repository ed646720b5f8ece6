"""The state root: keccak-256 over an account tree's root and a blake2b-256 hash of every other table.

Leaf of an account: keccak-256 of 16 words (docs/decisions/hash.md); where its holdings are stored is not part of it.
"""

import hashlib

import numpy as np

from plimsoll.book.keccak import hash_rows, keccak_256
from plimsoll.book.layout import Array, Pool, rows_in_use
from plimsoll.book.merkle import AccountTree
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX
from plimsoll.units.tables import Ints, array_of

LEAF_FIELDS = (
    "owner",
    "cash",
    "status",
    "mode",
    "isolated",
    "stage",
    "stage_since",
    "leverage_rate",
    "trigger_ppb",
    "triggered",
    "generation",
)
OTHER_TABLES = (
    *("instruments", "policy", "totals", "answers", "classes", "scenarios", "groups", "risks", "published"),
    *("cases", "pots", "stakes", "seals", "curves"),
)
NOT_STATE = ("event_row", "ledger_row", "position", "changed")
HOLDING_WORDS = 6


def leaf_words(pool: Pool, accounts: Ints) -> Array:
    """The 16 words of each account's leaf, as uint64 of shape (n, 16)."""
    rows = array_of(pool.accounts)[accounts]
    words = np.zeros((accounts.size, 16), np.int64)
    words[:, 0] = accounts
    for column, name in enumerate(LEAF_FIELDS, start=1):
        words[:, column] = rows[name]
    unsigned = words.view(np.uint64)
    unsigned[:, 12:] = _holdings_digests(pool, rows)
    return unsigned


def _holdings_digests(pool: Pool, rows: Array) -> Array:
    """keccak-256 of each account's holdings in row order, zero words for none; one call for all of one size."""
    digests = np.zeros((rows.size, 4), np.uint64)
    flat = array_of(pool.holdings).view(np.uint64).reshape(-1, HOLDING_WORDS)
    counts = rows["count"]
    for count in range(1, HOLDINGS_PER_ACCOUNT_MAX + 1):
        chosen = np.flatnonzero(counts == count)
        if chosen.size:
            where = rows["start"][chosen][:, None] + np.arange(count)
            words = np.ascontiguousarray(flat[where].reshape(chosen.size, count * HOLDING_WORDS))
            hashed = np.zeros((chosen.size, 4), np.uint64)
            hash_rows(words, hashed)
            digests[chosen] = hashed
    return digests


def hash_of_other_tables(pool: Pool) -> bytes:
    """blake2b-256 of the tables in use other than accounts and holdings; ``arrays`` follow from the published ones."""
    state = hashlib.blake2b(digest_size=32)
    for name in OTHER_TABLES:
        table = array_of(getattr(pool, name))
        table = table[: rows_in_use(pool).get(name)]
        if name == "totals":
            table = table.copy()
            for field in NOT_STATE:
                table[field] = 0
        state.update(table.tobytes())
    return state.digest()


class StateRoot:
    """Keeps the account tree up to date with the accounts that changed."""

    def __init__(self) -> None:
        self._tree: AccountTree | None = None

    def update(self, pool: Pool) -> bytes:
        """The root of the state now; clears the list of changed accounts."""
        totals = pool.totals[0]
        if self._tree is None:
            self._tree = AccountTree()
            changed = np.arange(int(totals["accounts"]), dtype=np.int64)
        else:
            changed = np.sort(array_of(pool.changed)["account"][: totals["changed"]])
        if changed.size:
            digests = np.zeros((changed.size, 4), np.uint64)
            hash_rows(leaf_words(pool, changed), digests)
            self._tree.update(changed, digests)
        array_of(pool.accounts)["changed"] = 0
        totals["changed"] = 0
        return keccak_256(self._tree.root() + hash_of_other_tables(pool))

    def proof(self, account: int) -> list[bytes]:
        """Siblings of an account's leaf, lowest first; valid for the root of the last ``update``."""
        if self._tree is None:
            raise ValueError("update the root before asking for a proof")
        return self._tree.proof(account)
