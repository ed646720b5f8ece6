"""Requirements of random valid listings: they rise with size, and maintenance never exceeds initial."""

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.properties.lab import PERCENT, Lab, prices, quick

from plimsoll.units import codes

RATES = st.integers(0, 40 * PERCENT)


@st.composite
def pairs(draw, largest=40 * PERCENT):
    """An initial rate and a maintenance rate not above it."""
    initial = draw(st.integers(1, largest))
    return initial, draw(st.integers(0, initial))


@st.composite
def listings(draw):
    """Parameters of a contract with one of the three forms of requirement, or of none."""
    scale = draw(st.integers(0, 6))
    initial, maintenance = draw(pairs())
    listing = {"scale": scale, "rate_initial": initial, "rate_maintenance": maintenance}
    listing["lots_max"] = 10_000 * 10**scale
    listing["open_lots_max"] = 10**6 * 10**scale
    form = draw(st.sampled_from(("flat", "segments", "slope", "root")))
    if form in ("segments", "slope"):
        start = 0
        for k in range(1, draw(st.integers(0, 3)) + 1):
            start += draw(st.integers(1, 3_000 * 10**scale))
            initial += draw(st.integers(0, 30 * PERCENT))
            maintenance = min(initial, maintenance + draw(st.integers(0, 30 * PERCENT)))
            listing |= {f"segment_lots_{k}": start, f"segment_initial_{k}": initial}
            listing[f"segment_maintenance_{k}"] = maintenance
    if form == "slope":
        listing["slope_initial"], listing["slope_maintenance"] = draw(pairs(PERCENT // 200))
    if form == "root":
        listing["root_base_initial"], listing["root_base_maintenance"] = draw(pairs())
        factors = draw(pairs(10**12))
        listing["root_factor_initial"], listing["root_factor_maintenance"] = factors
    listing["open_interest_lower"] = draw(st.integers(0, 10**12))
    listing["open_interest_upper"] = draw(st.just(0) | st.integers(10**12, 10**14))
    listing["confidence_factor"] = draw(RATES)
    return listing


@quick
@given(
    listing=listings(),
    price=prices,
    confidence=st.integers(0, 10**6),
    sizes=st.lists(st.integers(1, 10**10), min_size=2, max_size=8, unique=True),
)
def test_requirement_rises_with_size_and_maintenance_is_within_initial(listing, price, confidence, sizes):
    lab = Lab()
    assume(lab.try_list(**listing) == codes.OK)
    lab.mark(1, price, confidence=min(confidence, price))
    long, short = lab.open(4 * 10**16), lab.open(4 * 10**16)
    sizes = sorted({1 + size % listing["lots_max"] for size in sizes})
    held, before = 0, lab.health(long)
    for size in sizes:
        assert lab.fill(long, short, 1, size - held, price) == codes.OK
        now = lab.health(long)
        assert before.maintenance <= now.maintenance <= now.initial
        assert before.initial <= now.initial
        other = lab.health(short)
        assert (other.maintenance, other.initial) == (now.maintenance, now.initial)
        held, before = size, now
    assert before.maintenance > 0 or listing["rate_maintenance"] == 0
    assert lab.engine.identities() == []


@quick
@given(listing=listings(), price=prices, lots=st.integers(2, 10**10))
def test_initial_margin_is_asked_for_to_the_micro(listing, price, lots):
    """With exactly the initial margin of a size the size is allowed; with a micro less it is not."""
    lab = Lab()
    assume(lab.try_list(**{**listing, "open_interest_upper": 0}) == codes.OK)
    lab.mark(1, price)
    size = 1 + lots % listing["lots_max"]
    rich, maker, other = (lab.open(3 * 10**16) for _ in range(3))
    assert lab.fill(rich, maker, 1, size, price) == codes.OK
    # What the fill itself loses to rounding is the difference between cash and equity.
    now = lab.health(rich)
    needed = now.initial + lab.cash(rich) - now.equity
    assume(1 < needed < 10**16)
    exact, short = lab.open(needed), lab.open(needed - 1)
    assert lab.fill(short, other, 1, size, price) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert lab.fill(exact, other, 1, size, price) == codes.OK
