"""The digest by which a policy is cited: of its canonical words, the same in every pool (docs/risk-models.md).

    blake2b-256( words of publish_class, little-endian int64, with underlying, scale and shift set to 0 )

Those three say where and how finely a class is listed, not what it demands. Whoever holds a journal can take the words
of a ``publish_class`` from it and compare; two policies that differ in one ppb have different digests.
"""

import hashlib
from dataclasses import replace
from typing import Final

import numpy as np

from plimsoll.risk.errors import RiskError
from plimsoll.risk.payload import CLASS_FIELDS, class_words
from plimsoll.risk.table import ClassTable
from plimsoll.units.tables import Ints

LISTING_FIELDS: Final = ("underlying", "scale", "shift")
DIGEST_BYTES: Final = 32


def policy_digest(table: ClassTable) -> str:
    """The digest of a class's policy, 64 hex digits. RiskError for a policy the engine would refuse."""
    return words_digest(class_words(replace(table, underlying=1), scale=0, shift=0))


def words_digest(words: Ints) -> str:
    """The digest of the words of a ``publish_class``, as in ``Payload.class_words`` or in a journal."""
    canonical = np.array(words, "<i8")
    if canonical.ndim != 1 or canonical.size < len(CLASS_FIELDS):
        raise RiskError(f"words of shape {canonical.shape} are no class; give the payload of a publish_class")
    for name in LISTING_FIELDS:
        canonical[CLASS_FIELDS.index(name)] = 0
    return hashlib.blake2b(canonical.tobytes(), digest_size=DIGEST_BYTES).hexdigest()
