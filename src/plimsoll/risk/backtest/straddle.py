"""A short straddle in a backtest: sold at the money every step, priced at a vol index, bought back a step later.

The index (Deribit's DVOL) stands in for the vol of both options, on the day of sale and the day after: a flat smile,
no carry, DVOL for at-the-money vol (it is a little above, being the price of a variance swap). Time passes between
sale and repurchase, so the loss has its theta.
"""

from typing import Final

import numpy as np

from plimsoll.pricing import black76
from plimsoll.risk.checks import Floats
from plimsoll.risk.snapshot import OptionChain

YEARS: Final = 30.0 / 365.0
CALL_ID: Final = 1001
PUT_ID: Final = 1002
GROUP: Final = 1


def straddle_chain(spot: float, vol: float) -> OptionChain:
    """A call and a put at the money with 30 days to go."""
    two = np.ones(2)
    return OptionChain.of(
        instruments=np.array([CALL_ID, PUT_ID]),
        groups=np.array([GROUP, GROUP]),
        years=two * YEARS,
        strikes=two * spot,
        is_call=np.array([True, False]),
        vols=two * vol,
        forwards=two * spot,
    )


def straddle_units(spot: float, weight: float) -> Floats:
    """Units of call and put for a notional of ``weight`` each; negative is sold."""
    return np.full(2, weight / spot)


def straddle_loss(
    spot: float, vol: float, spot_after: float, vol_after: float, years_passed: float, weight: float
) -> float:
    """Loss of the straddle from one step to the next, as a share of notional."""
    flags = np.array([True, False])
    before = black76(spot, spot, YEARS, vol, flags)
    after = black76(spot_after, spot, max(YEARS - years_passed, 0.0), vol_after, flags)
    return -float(straddle_units(spot, weight) @ (after - before))
