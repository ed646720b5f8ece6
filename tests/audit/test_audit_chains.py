"""The auditor against the engine's tables in pools with options, portfolio accounts and slices."""

from collections import Counter

from tests.audit.tables import differences
from tests.core.test_differential_portfolio import opened
from tests.reference.pair import Step

from plimsoll.audit import Auditor, event_records
from plimsoll.units import messages as m

SEEDS = range(40, 43)
STEPS = 60
BATCH = 8


def test_auditor_equals_the_tables_after_every_batch():
    kinds: Counter[int] = Counter()
    for seed in SEEDS:
        pair, stream = opened(seed)
        auditor = Auditor()
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
    assert {m.EVENT_MODE_SET, m.EVENT_CLASS_PUBLISHED, m.EVENT_ARRAYS_PUBLISHED, m.EVENT_SETTLED} <= set(kinds)
