"""One unit inside and one outside each bound: parameters of a listing and of the policy."""

import pytest
from tests.reference.build import CONTRACT, FUTURE, HOUR, PERCENT, TOKEN
from tests.reference.pair import Pair
from tests.reference.state import LISTING_FIELDS, POLICY_FIELDS

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    PPB,
    TIME_SUM_MAX,
)

WIDE = {
    **CONTRACT,
    "rate_initial": 20 * PERCENT,
    "segment_initial_1": 20 * PERCENT,
    "segment_initial_2": 20 * PERCENT,
    "segment_initial_3": 20 * PERCENT,
    "segment_maintenance_1": 5 * PERCENT,
    "segment_maintenance_2": 5 * PERCENT,
    "segment_maintenance_3": 5 * PERCENT,
    "segment_lots_1": 10,
    "segment_lots_2": 20,
    "segment_lots_3": 30,
}
ROOT = {**CONTRACT, "root_base_initial": PERCENT, "root_factor_initial": 10**9, "root_base_maintenance": 0}
LISTINGS = [
    ("kind", CONTRACT, {"kind": 3, "expiry": 1, "settlement_window": 1}, {"kind": 5}, "KIND_MUST_BE_KNOWN"),
    ("kind", CONTRACT, {"kind": 1}, {"kind": 0}, "KIND_MUST_BE_KNOWN"),
    ("value", CONTRACT, {"mark_max": 2 * 10**11}, {"mark_max": 2 * 10**11 + 1}, "VALUE_MAX_MUST_FIT"),
    ("open", CONTRACT, {"open_lots_max": 5 * 10**6}, {"open_lots_max": 5 * 10**6 + 1}, "VALUE_MAX_MUST_FIT"),
    (
        "precision",
        {**CONTRACT, "mark_max": 10**9},
        {"lots_max": 10_000},
        {"lots_max": 10_001},
        "PRECISION_MUST_STAY_UNDER_A_CENT",
    ),
    (
        "window",
        {**CONTRACT, "mark_max": 2**31, "lots_max": 1},
        {"settlement_window": 2**30},
        {"settlement_window": 2**30 + 1},
        "TIME_SUM_MUST_FIT",
    ),
    (
        "interval",
        CONTRACT,
        {"funding_interval": TIME_SUM_MAX // PPB},
        {"funding_interval": TIME_SUM_MAX // PPB + 1},
        "TIME_SUM_MUST_FIT",
    ),
    ("zero", CONTRACT, {"rate_initial": 1, "rate_maintenance": 1}, {"rate_initial": 0}, "RATES_MUST_BE_ORDERED"),
    *(
        (
            name,
            form,
            {f"{name}_maintenance{tail}": top},
            {f"{name}_maintenance{tail}": top + 1},
            "RATES_MUST_BE_ORDERED",
        )
        for name, tail, form, top in (
            ("rate", "", CONTRACT, 10 * PERCENT),
            ("slope", "", {**CONTRACT, "slope_initial": 7}, 7),
            ("root_base", "", ROOT, PERCENT),
            ("root_factor", "", ROOT, 10**9),
            ("segment", "_3", WIDE, 20 * PERCENT),
        )
    ),
    ("start", WIDE, {"segment_lots_2": 11}, {"segment_lots_2": 10}, "SEGMENTS_MUST_RISE"),
    ("gap", WIDE, {"segment_lots_2": 0, "segment_lots_3": 0}, {"segment_lots_2": 0}, "SEGMENTS_MUST_RISE"),
    ("rise", WIDE, {"segment_initial_1": 20 * PERCENT}, {"segment_initial_1": 20 * PERCENT - 1}, "SEGMENTS_MUST_RISE"),
    (
        "rise",
        WIDE,
        {"segment_maintenance_1": 5 * PERCENT},
        {"segment_maintenance_1": 5 * PERCENT - 1},
        "SEGMENTS_MUST_RISE",
    ),
    ("one", ROOT, {"slope_initial": 0}, {"slope_initial": 1}, "ONE_SIZE_PENALTY_MUST_BE_CHOSEN"),
    (
        "one",
        {**ROOT, "segment_initial_1": PPB, "segment_maintenance_1": 5 * PERCENT},
        {"segment_lots_1": 0},
        {"segment_lots_1": 5},
        "ONE_SIZE_PENALTY_MUST_BE_CHOSEN",
    ),
    # 10,000 lots: 10 % + 190,000 ppb a lot are 200 %; the root of 10,000 is 100, with one more for its rounding.
    ("slope", CONTRACT, {"slope_initial": 190_000}, {"slope_initial": 190_001}, "SIZE_PENALTY_MUST_FIT"),
    (
        "root",
        {**ROOT, "root_factor_initial": 10**12 // 101 * 101},
        {"root_base_initial": 2 * PPB - 101 * (10**12 // 101 * 101) // 10**9 - 1},
        {"root_base_initial": 2 * PPB},
        "SIZE_PENALTY_MUST_FIT",
    ),
    ("rebate", {**CONTRACT, "fee_taker": 5}, {"fee_maker": -5}, {"fee_maker": -6}, "REBATE_MUST_NOT_EXCEED_TAKER_FEE"),
    *(
        (
            name,
            CONTRACT,
            {name: 5 * PERCENT - 1},
            {name: 5 * PERCENT},
            "LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE",
        )
        for name in ("fee_liquidation", "fee_backstop")
    ),
    (
        "bounds",
        {**CONTRACT, "open_interest_upper": 5},
        {"open_interest_lower": 4},
        {"open_interest_lower": 5},
        "OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED",
    ),
    ("ages", CONTRACT, {"age_fill_max": 24 * HOUR}, {"age_fill_max": 24 * HOUR + 1}, "AGES_MUST_BE_ORDERED"),
    ("expiry", FUTURE, {"expiry": HOUR + 1}, {"expiry": HOUR}, "EXPIRY_MUST_BE_IN_FUTURE"),
    ("window", FUTURE, {"settlement_window": 1}, {"settlement_window": 0}, "EXPIRY_MUST_BE_IN_FUTURE"),
    ("expiry", CONTRACT, {"expiry": 0}, {"expiry": 2 * HOUR}, "EXPIRY_MUST_BE_IN_FUTURE"),
]


class TestListing:
    @pytest.mark.parametrize(("name", "form", "inside", "outside", "code"), LISTINGS)
    def test_rules_between_parameters(self, name, form, inside, outside, code):
        pair = Pair()
        pair.tick(HOUR)
        if "expiry" in inside and inside["expiry"] == 1:
            inside = {**inside, "expiry": HOUR + 1}
        for changes, expected in ((outside, code), (inside, "OK")):
            words = tuple({**form, **changes}[field] for field in LISTING_FIELDS)
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == getattr(codes, expected), name

    def test_bounds_of_every_parameter(self):
        pair = Pair()
        for name, (low, high) in LISTING_BOUNDS.items():
            for number in (low - 1, high + 1):
                words = tuple({**CONTRACT, name: number}[field] for field in LISTING_FIELDS)
                code = pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1)
                assert code == codes.PARAMETER_MUST_BE_WITHIN_BOUNDS, name
        for name, (low, high) in POLICY_BOUNDS.items():
            for number, code in (
                (low - 1, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
                (high + 1, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
                (low, codes.OK),
                (high, codes.OK),
            ):
                words = tuple({**pair.policy, name: number}[field] for field in POLICY_FIELDS)
                assert pair.send(m.COMMAND_SET_POLICY, words) == code, name

    def test_numbers_and_lengths(self):
        pair = Pair()
        words = tuple(CONTRACT[field] for field in LISTING_FIELDS)
        for number in (0, 2, -1):
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=number) == codes.INSTRUMENT_MUST_BE_FREE
        for wrong in (words[:-1], (*words, 0), ()):
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, wrong, instrument=1) == codes.PAYLOAD_MUST_FIT
            assert pair.send(m.COMMAND_SET_INSTRUMENT, wrong, instrument=1) == codes.PAYLOAD_MUST_FIT
            assert pair.send(m.COMMAND_SET_POLICY, wrong) == codes.PAYLOAD_MUST_FIT
        for number in (0, 1, -1):
            assert pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number) == codes.INSTRUMENT_MUST_BE_LISTED
        assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == codes.OK
        assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == codes.INSTRUMENT_MUST_BE_FREE

    def test_what_a_change_keeps(self):
        pair = Pair()
        number = pair.list(CONTRACT, 100 * TOKEN)

        def send(**changes: int) -> int:
            words = tuple({**CONTRACT, **changes}[field] for field in LISTING_FIELDS)
            return pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number)

        for changes in ({"scale": 1}, {"kind": m.KIND_ASSET}, {"expiry": 5}):
            assert send(**changes) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
        # Rules of the listing come first, the mark last.
        assert send(scale=1, fee_maker=-1) == codes.REBATE_MUST_NOT_EXCEED_TAKER_FEE
        assert send(scale=1, mark_max=1) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
        assert send(mark_max=100 * TOKEN - 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(mark_max=100 * TOKEN) == codes.OK
