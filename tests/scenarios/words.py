"""Words of the scenario language: parameters of listings and policies, and exact numbers from decimal text."""

import re
from decimal import Decimal, InvalidOperation

from plimsoll.book.layout import LISTING
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

TOKEN = 1_000_000
DURATIONS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
PART_OF_DURATION = re.compile(r"([\d.]+)(ms|[smhd])")
DURATION = re.compile(f"(?:{PART_OF_DURATION.pattern})+")
NAMED = {
    "fund": m.NAMED_FUND,
    "fees": m.NAMED_FEES,
    "dust": m.NAMED_DUST,
    "backstop": m.NAMED_BACKSTOP,
    "suspense": m.NAMED_SUSPENSE,
    "pending": m.NAMED_PENDING,
    "settlement": m.NAMED_SETTLEMENT,
    "bonds": m.NAMED_BONDS,
}
KINDS = {"asset": m.KIND_ASSET, "perp": m.KIND_PERP, "future": m.KIND_FUTURE}


class WordError(Exception):
    """Text that is not what its place asks for."""


def exactly(text: str, factor: int) -> int:
    """``text`` times ``factor``, which must be whole: a scenario never rounds."""
    try:
        number = Decimal(text) * factor
    except InvalidOperation:
        raise WordError(f"{text!r} is not a number") from None
    if number != int(number):
        raise WordError(f"{text!r} has more decimals than can be kept ({factor} to one)")
    return int(number)


def micros(text: str) -> int:
    return exactly(text, TOKEN)


def ppb(text: str) -> int:
    """A rate such as ``0.05%``."""
    if not text.endswith("%"):
        raise WordError(f"{text!r} must be a percentage, such as 5%")
    return exactly(text[:-1], PPB // 100)


def milliseconds(text: str) -> int:
    """A duration such as ``30s``, ``1.5h``, ``1h30m``."""
    if not DURATION.fullmatch(text):
        raise WordError(f"{text!r} must be a duration: numbers with ms, s, m, h or d")
    return sum(exactly(number, DURATIONS[unit]) for number, unit in PART_OF_DURATION.findall(text))


def whole(text: str) -> int:
    return exactly(text, 1)


def per_root_lot(text: str) -> int:
    """A rate for every root of a lot, kept to a billionth of a ppb."""
    if not text.endswith("%"):
        raise WordError(f"{text!r} must be a percentage, such as 0.0001%")
    return exactly(text[:-1], PPB // 100 * PPB)


def adl(text: str) -> int:
    return chosen(text, {"queue": m.ADL_QUEUE, "pro_rata": m.ADL_PRO_RATA})


def chosen(text: str, choices: dict[str, int]) -> int:
    if text not in choices:
        raise WordError(f"{text!r} must be one of: {', '.join(choices)}")
    return choices[text]


LOTS = "lots"
"""Marks a quantity of the instrument itself, in whole units."""

# Word -> (parameter, how its text is read), one pair for every value that follows the word.
LISTING_WORDS = {
    "initial": [("rate_initial", ppb)],
    "maintenance": [("rate_maintenance", ppb)],
    "slope": [("slope_initial", ppb), ("slope_maintenance", ppb)],
    "root": [
        ("root_base_initial", ppb),
        ("root_base_maintenance", ppb),
        ("root_factor_initial", per_root_lot),
        ("root_factor_maintenance", per_root_lot),
    ],
    "open_interest": [("open_interest_lower", micros), ("open_interest_upper", micros)],
    "confidence_factor": [("confidence_factor", ppb)],
    "taker": [("fee_taker", ppb)],
    "maker": [("fee_maker", ppb)],
    "liquidation": [("fee_liquidation", ppb)],
    "backstop": [("fee_backstop", ppb)],
    "backstop_max": [("backstop_lots_max", LOTS)],
    "max": [("lots_max", LOTS)],
    "open_max": [("open_lots_max", LOTS)],
    "mark_max": [("mark_max", micros)],
    "minimum": [("notional_min", micros)],
    "band": [("band", ppb)],
    "stale": [("age_fill_max", milliseconds), ("age_margin_max", milliseconds)],
    "sources": [("sources_min", whole)],
    "uncertain": [("confidence_max", ppb)],
    "volatile": [("volatility_max", ppb), ("volatility_window", milliseconds)],
    "funding": [("funding_interval", milliseconds), ("funding_rate_max", ppb)],
    "interest": [("funding_interest", ppb)],
    "expires": [("expiry", milliseconds)],
    "window": [("settlement_window", milliseconds)],
    "class": [("risk_class", whole)],
    "tier": [("tier", whole)],
}
SEGMENT = [("segment_lots", LOTS), ("segment_initial", ppb), ("segment_maintenance", ppb)]
WEIGHTS = {"weight": "rate_initial", "weight_maintenance": "rate_maintenance"}

POLICY_WORDS = {
    "call": [("call_buffer", ppb)],
    "deadline": [("call_deadline", milliseconds)],
    "exit": [("exit_buffer", ppb)],
    "backstop_after": [("backstop_after", milliseconds)],
    "backstop_ratio": [("backstop_ratio", ppb)],
    "fund_share": [("fund_share", ppb)],
    "profit_haircut": [("profit_haircut", ppb)],
    "depeg": [("depeg_threshold", ppb), ("depeg_factor", ppb)],
    "gap": [("gap_max", milliseconds)],
    "grace": [("grace", milliseconds)],
    "accounts_per_tick": [("accounts_per_tick", whole)],
    "steps_per_tick": [("steps_per_tick", whole)],
    "settlements_per_tick": [("settlements_per_tick", whole)],
    "adl": [("adl", adl)],
    "deposit_min": [("deposit_notional_min", micros)],
    "offset": [("class_offset", ppb)],
    "slice_discount": [("slice_discount", ppb)],
    "recall": [("recall_after", milliseconds)],
    "cool_off": [("cool_off", milliseconds)],
    "endorsed_first": [("endorsed_first", milliseconds)],
    "slice_curve": [("curve_slice", whole)],
    "slice_whole": [("slice_whole", micros)],
    "insolvent": [("insolvent_after", milliseconds), ("curve_insolvent", whole)],
    "batch": [("batch_commit", milliseconds), ("batch_reveal", milliseconds)],
    "bond": [("batch_bond", micros)],
    "bids_min": [("batch_bids_min", whole)],
    "batch_discount": [("batch_discount_max", ppb)],
    "collateral": [("curve_collateral", whole), ("collateral_buffer", ppb)],
    "tail": [("collateral_tail", milliseconds)],
    "cusp": [("collateral_cusp", ppb)],
    "keeper": [("keeper_flat", micros), ("keeper_rate", ppb)],
    "breaker": [("breaker", whole)],
    "slippage": [("swap_slippage", ppb)],
    "premium_liquidation": [("premium_liquidation", ppb)],
    "premium_trading": [("premium_trading", ppb)],
    "quota": [("quota_day", micros)],
    "quotas": [("quota_day_1", micros), ("quota_day_2", micros), ("quota_day_3", micros)],
    "backstop_day": [("backstop_day_max", micros)],
    "backstop_interest": [("backstop_interest_max", ppb)],
    "pauses": [("pauses", whole)],
}

QUIET_POLICY = {
    "call_buffer": 0,
    "call_deadline": 3_600_000,
    "exit_buffer": 0,
    "backstop_after": 366 * 86_400_000,
    "backstop_ratio": 0,
    "fund_share": PPB // 2,
    "profit_haircut": 0,
    "depeg_threshold": 0,
    "depeg_factor": 0,
    "gap_max": 86_400_000,
    "grace": 0,
    "accounts_per_tick": 1_000_000,
    "steps_per_tick": 1_000_000,
    "settlements_per_tick": 1_000_000,
    "adl": m.ADL_QUEUE,
    "deposit_notional_min": 0,
    "class_offset": 0,
    "slice_discount": 0,
    "recall_after": 0,
    "cool_off": 0,
    "endorsed_first": 0,
    "curve_slice": 0,
    "slice_whole": 0,
    "insolvent_after": 0,
    "curve_insolvent": 0,
    "batch_commit": 0,
    "batch_reveal": 0,
    "batch_bond": 0,
    "batch_bids_min": 1,
    "batch_discount_max": PPB,
    "curve_collateral": 0,
    "collateral_buffer": 0,
    "collateral_tail": 366 * 86_400_000,
    "collateral_cusp": 0,
    "keeper_flat": 0,
    "keeper_rate": 0,
    "breaker": 0,
    "swap_slippage": 0,
    "premium_liquidation": 0,
    "premium_trading": 0,
    "quota_day": 10**17,
    "quota_day_1": 10**17,
    "quota_day_2": 10**17,
    "quota_day_3": 10**17,
    "backstop_day_max": 10**17,
    "backstop_interest_max": PPB,
    "pauses": 0,
}
"""What a scenario does not name is off: no call level above MM, no exit buffer, no backstop, no depeg, no grace."""


def quiet_listing(kind: int, scale: int) -> dict[str, int]:
    """A listing that asks for nothing a scenario has not named."""
    unit = 10**scale
    return {
        **dict.fromkeys(LISTING.names, 0),
        "kind": kind,
        "scale": scale,
        "mark_max": 100_000 * TOKEN,
        "lots_max": 10_000 * unit,
        "open_lots_max": min(1_000_000 * unit, 10**17),
        "backstop_lots_max": 10_000 * unit,
        "rate_initial": PPB // 10,
        "rate_maintenance": PPB // 20,
        "band": PPB,
        "age_fill_max": 366 * 86_400_000,
        "age_margin_max": 366 * 86_400_000,
        "confidence_max": PPB,
    }


def read_values(values: dict[str, int], words: list[str], known: dict, unit: int, extra: tuple[str, ...] = ()) -> None:
    """Read ``word value value word value ...`` into parameters; raises WordError for a word nobody knows."""
    place = 0
    segments = sum(values.get(f"segment_lots_{k}", 0) > 0 for k in (1, 2, 3))
    while place < len(words):
        word = words[place]
        if word in extra and word in WEIGHTS:
            pairs = [(WEIGHTS[word], lambda text: PPB - ppb(text))]
        elif word in extra and word == "segment":
            segments += 1
            pairs = [(f"{name}_{segments}", read) for name, read in SEGMENT]
        elif word in known:
            pairs = known[word]
        else:
            raise WordError(f"{word!r} is no parameter here; known: {', '.join([*known, *extra])}")
        texts = words[place + 1 : place + 1 + len(pairs)]
        if len(texts) < len(pairs):
            raise WordError(f"{word!r} needs {len(pairs)} value(s)")
        for (name, read), text in zip(pairs, texts):
            if name not in values:
                raise WordError(f"{word!r}: there are only three segments beyond the first")
            values[name] = exactly(text, unit) if read == LOTS else read(text)
        place += 1 + len(pairs)
