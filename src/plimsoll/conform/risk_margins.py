"""Published portfolio margins (Deribit, SPAN, dYdX), put to the engine.

Coin-margined contracts are in thousandths of a coin, the engine's micro being 10^-12 coins, so that nine decimals of a
coin, which is what the venue publishes, are whole.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

import numpy as np

from plimsoll.conform.cases import NotCovered
from plimsoll.conform.derive_numbers import decimal, exact, plain
from plimsoll.conform.risk_lines import Account, Line
from plimsoll.conform.risk_pool import Answer, answer
from plimsoll.presets import deribit, span
from plimsoll.presets.deribit import DeribitRules
from plimsoll.pricing.inverse import inverse_profit_of_move
from plimsoll.risk.evaluate import ClassBook, class_margin, scenario_pnl
from plimsoll.risk.models import VolShock
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, KIND_PERP

Inputs = Mapping[str, Any]
YEAR_SECONDS: Final = 365 * 86_400
MILLI: Final = 1_000.0
"""Thousandths of a coin in a coin: the engine's coin."""
TOKEN: Final = 1e6
"""The engine's tokens in a coin; its micro is then 10^-12 coins."""


def _deribit(inputs: Inputs) -> Mapping[str, Any]:
    rules = _deribit_rules(inputs)
    positions = {name: plain(one, "a position") for name, one in inputs["positions_coin"].items()}
    index, now = plain(inputs["index"], "index"), exact(inputs["timestamp_ms"], "timestamp_ms") / 1000
    if abs(sum(positions.values())) * index > plain(inputs["delta_total_liq_shock_threshold_usd"], "the threshold"):
        raise NotCovered("the form of the delta shock, above its threshold, is not public")
    years = {name: _years(name, float(now)) for name in positions}
    rolls = {name: deribit.roll_rate(rules, one) for name, one in years.items()}
    table = deribit.coin_class(
        "deribit", 1, 1, rules, index=index, coin=TOKEN / MILLI, roll=min(rolls.values(), default=rules.move_least)
    )
    found = _margin_of(inputs, positions, rolls, table)
    grid = rules.moves()
    profits = {name: _profits(rules, one) for name, one in positions.items()}
    whole = deribit.after_gains(rules, np.sum([one[: len(grid)] for one in profits.values()], axis=0))
    extended = np.sum([one[len(grid) :] for one in profits.values()], axis=0)
    counted = deribit.counted_extended(rules, extended, index)
    book = ClassBook(linear=np.array(list(positions.values())) * TOKEN)
    worst = class_margin(table, book).loss / TOKEN
    roll = deribit.roll_shock(rules, list(positions.values()), list(years.values()))
    perpetual = next((one for name, one in profits.items() if "PERPETUAL" in name), np.zeros(len(grid)))
    return {
        "perp_vector_by_price": _decimals(perpetual[: len(grid)]),
        "aggregated_by_price": _decimals(whole),
        "aggregated_extended": _decimals(counted),
        "worst_case": decimal(worst),
        "roll_shock": decimal(roll),
        "delta_shock": 0,
        "risk_matrix_margin": decimal(deribit.risk_margin(rules, found.maintenance) / TOKEN),
        "initial_margin": decimal(found.initial / TOKEN),
        "maintenance_margin": decimal(found.maintenance / TOKEN),
    }


def _deribit_rules(inputs: Inputs) -> DeribitRules:
    def of(key: str) -> float:
        return plain(inputs[key], key)

    return DeribitRules(
        price_range=of("price_range"),
        buckets=int(of("buckets_each_side")),
        extended_moves=[plain(one, "a move") for one in inputs["extended_moves"]],
        extended_factor=of("extended_table_factor"),
        dampener=of("extended_dampener_usd"),
        move_least=of("min_annualised_move"),
        move_per_year=of("annualised_move_risk"),
        factor_maintenance=of("mm_factor"),
        gains=of("pnl_offset"),
        vol=VolShock(
            range_up=of("volatility_range_up"),
            range_down=of("volatility_range_down"),
            power_short=of("short_term_vega_power"),
            power_long=of("long_term_vega_power"),
            minimum_up=of("min_volatility_for_shock_up"),
        ),
    )


def _years(name: str, now: float) -> float:
    """Time to a contract's expiry at 8:00 UTC of the day in its name; 0 for a perpetual."""
    label = name.rsplit("-", 1)[-1]
    try:
        expiry = datetime.strptime(label, "%d%b%y").replace(hour=8, tzinfo=UTC)
    except ValueError:
        return 0.0
    return max(0.0, expiry.timestamp() - now) / YEAR_SECONDS


def _profits(rules: DeribitRules, coins: float) -> Any:
    """Coins gained at every price of the grid, then under the extended moves."""
    return coins * np.asarray(inverse_profit_of_move(1.0, np.array([*rules.moves(), *rules.edges()])))


def _margin_of(inputs: Inputs, positions: Mapping[str, float], rolls: Mapping[str, float], table: Any) -> Answer:
    """The account by the engine; a contract with a higher roll shock is listed as that many smaller ones."""
    least = min(rolls.values(), default=1.0)
    beside = sum(plain(inputs.get(key), key) for key in ("mmp_margin", "open_orders_margin", "spot_margin"))
    lines = [Line(kind=KIND_ASSET, price=TOKEN / MILLI)]
    for place, (name, coins) in enumerate(positions.items()):
        parts = rolls[name] / least
        lines.append(
            Line(
                kind=KIND_PERP,
                amount=coins * MILLI * parts,
                price=TOKEN / MILLI / parts,
                maintenance=0.01,
                initial=0.02,
                # What protection of quotes and open orders ask for is reserved beside the first contract.
                reserved=beside * TOKEN if place == 0 else 0.0,
                risk_class=1,
            )
        )
    return answer(Account(cash=0.0, lines=lines, classes=(table,)))


def _decimals(values: Any) -> list[Fraction]:
    return [decimal(float(one)) for one in values]


def _span(inputs: Inputs) -> Mapping[str, Any]:
    arrays = [[plain(one, "a risk array") for one in inputs[key]] for key in ("future", "call")]
    table = span.published_class("span", 1, 1, SPAN_REFERENCE, arrays, 2)
    covered = scenario_pnl(table, ClassBook(options=np.array([1.0, -1.0])))
    requirements = {
        name: _span_requirement(table, held)
        for name, held in (("future", (1.0, 0.0)), ("long_call", (0.0, 1.0)), ("covered_write", (1.0, -1.0)))
    }
    return {"covered_write": _decimals(covered)} | {f"{key}_requirement": one for key, one in requirements.items()}


SPAN_REFERENCE: Final = 1e6
"""Dollars; above the value of every claim that carries a risk array."""


def _span_requirement(table: Any, held: Sequence[float]) -> Fraction:
    # Claims alike in strike and type are told apart by their group.
    claims = [
        Line(kind=KIND_OPTION, amount=amount, price_max=SPAN_REFERENCE, risk_class=1, risk_group=k, is_call=True)
        for k, amount in enumerate(held, 1)
    ]
    lines = [Line(kind=KIND_ASSET, price=SPAN_REFERENCE), *claims]
    found = answer(Account(cash=0.0, lines=lines, classes=(table,))).explanation
    return Fraction(found.maintenance, 10**6)


def _open_interest(inputs: Inputs) -> Mapping[str, Any]:
    """The initial rate of a small position while the open interest is worth so much, read from the engine."""
    base, lower, upper = (plain(inputs[key], key) for key in ("base_imf", "lower", "upper"))
    rates = []
    for value in inputs["open_notional"]:
        line = Line(
            kind=KIND_PERP,
            amount=1.0,
            price=1000.0,
            maintenance=base / 2,
            initial=base,
            open_lower=lower,
            open_upper=upper,
            open_value=plain(value, "open_notional"),
        )
        found = answer(Account(cash=0.0, lines=(line,), portfolio=False))
        rates.append(Fraction(found.explanation.initial, 1000 * 10**6))
    return {"values": rates}


FORMULAS: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    "deribit.pme": _deribit,
    "span.mcmillan": _span,
    "dydx.oimf": _open_interest,
}
