"""Examples and figures of docs/risk-models.md are what the code says."""

import doctest
import re
from pathlib import Path

from tests.risk import markets

from plimsoll import risk

PAGE = Path(__file__).parents[2] / "docs" / "risk-models.md"


def test_examples_print_what_the_page_says():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted >= 7
    assert found.failed == 0


def test_the_digest_of_the_default_model_is_on_the_page():
    # Five of 500 is the policy; the market it is asked about makes no difference.
    (shown,) = re.findall(r"the default model's is `([0-9a-f]{16})…`", PAGE.read_text())
    for market in (markets.snapshot("BTC", days=600), markets.snapshot("BTC", days=700, options=True)):
        assert risk.policy_digest(risk.FilteredHistorical().tables(market).of("BTC"))[:16] == shown
