"""The auditor against the engine's tables in pools with pots, and while accounts are bid for and auctioned."""

from collections import Counter
from collections.abc import Callable

import pytest
from tests.audit.tables import differences
from tests.core import test_differential_auctions as auctions
from tests.core import test_differential_pots as pots
from tests.reference.pair import Pair, Step
from tests.reference.streams import Stream

from plimsoll.audit import Auditor, event_records
from plimsoll.units import messages as m

STEPS = 75
BATCH = 8
RARE = {m.EVENT_BOND_LOST}
"""Met in longer streams (tests/core) and in tests of their own."""


def audited(opened: Callable[[int], tuple[Pair, Stream]], seed: int) -> Counter[int]:
    """Kinds of the events of a stream, all of which were in the books after every batch."""
    pair, stream = opened(seed)
    auditor, kinds = Auditor(), Counter[int]()
    for _ in range(STEPS):
        rows = pair.engine.events().tolist()
        auditor.read(event_records(rows))
        kinds.update(row[1] for row in rows)
        assert auditor.broken_identities() == [], f"seed {seed}"
        assert differences(auditor, pair.engine) == [], f"seed {seed}"
        steps: list[Step] = []
        answers: list[int] = []
        for _ in range(BATCH):
            steps.append(stream.next())
            answers.append(pair.decide(*steps[-1]))
        pair.compare(steps, answers)
    return kinds


@pytest.mark.parametrize(
    ("opened", "seeds", "kinds"),
    [
        (pots.opened, range(3), range(m.EVENT_STAKED, m.EVENT_SWAPPED + 1)),
        (auctions.opened, (0, 2), range(m.EVENT_CURVE_SET, m.EVENT_ENDORSED + 1)),
    ],
    ids=["pots", "auctions"],
)
def test_auditor_equals_the_tables_after_every_batch(opened, seeds, kinds):
    met: Counter[int] = Counter()
    for seed in seeds:
        met += audited(opened, seed)
    never = set(kinds) - set(met)
    print({m.name_of("EVENT", kind) for kind in never})
    assert never <= RARE
