"""One unit inside and one outside each bound: the code is predicted, engine and model must both say it."""

import pytest
from tests.reference.build import HOUR
from tests.reference.pair import Pair


@pytest.fixture
def pair() -> Pair:
    return Pair(backstop_after=HOUR, backstop_ratio=0, deposit_notional_min=0)
