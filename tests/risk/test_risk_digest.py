"""The digest of a policy: the same for the same demands, another for any other."""

import dataclasses
import hashlib

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk


def table(**changes):
    policy = risk.RiskPolicy(linear_initial=0.05, linear_maintenance=0.03, **changes)
    matrix = risk.ScenarioMatrix(risk.spot_vol_grid([-0.1, 0.1]), policy=policy)
    return matrix.tables(markets.snapshot("BTC", options=True)).of("BTC")


def test_it_is_blake2b_of_the_words_that_are_published():
    one = table()
    words = risk.quantise(one, 0, scale=6, shift=3).class_words
    canonical = words.copy()
    canonical[:3] = 0  # underlying, scale, shift
    expected = hashlib.blake2b(canonical.astype("<i8").tobytes(), digest_size=32).hexdigest()
    assert risk.policy_digest(one) == risk.words_digest(words) == expected
    assert words[1:3].tolist() == [6, 3]  # the words themselves are left as they were


def test_where_a_class_is_listed_does_not_matter_and_every_demand_does():
    one = table()
    same = dataclasses.replace(one, underlying=77, number=9)
    assert risk.policy_digest(same) == risk.policy_digest(one)
    changes = ({"factor_initial": 1 + 1e-9}, {"ramp_seconds": 1.0}, {"age_max_seconds": 60.0}, {"tail": 2})
    others = {risk.policy_digest(table(**each)) for each in changes}
    assert len(others | {risk.policy_digest(one)}) == len(changes) + 1
    damped = dataclasses.replace(one, policy=dataclasses.replace(one.policy, damping=np.full(6, 0.5)))
    assert risk.policy_digest(damped) not in {*others, risk.policy_digest(one)}


def test_what_is_no_policy():
    with pytest.raises(risk.RiskError, match="no class"):
        risk.words_digest(np.zeros(5, np.int64))
    with pytest.raises(risk.RiskError, match="linear_maintenance is above"):
        risk.policy_digest(dataclasses.replace(table(), policy=risk.RiskPolicy(linear_maintenance=0.1)))
