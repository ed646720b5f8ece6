"""Derive's sequence of cash (cash_sequence.json): a step a case, its events put to ``presets.derive_cash``.

Integers of 18 decimals, columns by step. The file's last step, and its columns of module balances, fee shares and
toxic debts, belong to another model of the venue's and are not used (README of the vectors, section 6).
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, rows
from plimsoll.conform.derive_numbers import WAD, decimal, exact, guarded_case, wad
from plimsoll.presets.derive_cash import CashPool
from plimsoll.presets.derive_feeds import InterestRates
from plimsoll.presets.derive_parameters import DAY_SECONDS

RATES: Final = InterestRates(*(Fraction(one) for one in ("0.05", "0.3", "2", "0.6")))
MODULE_SHARE: Final = Fraction("0.2")
"""Parameters of the venue's own test (derive_v2.md, section 11)."""
ACCOUNTS: Final = ("Alice", "Bob", "Charlie", "David", "Eric", "SM")
MODULE: Final = "SM"
USED: Final = 9
"""Steps that follow the venue's rules."""
TOLERANCE: Final = Tolerance(Fraction(2, 10**9))
"""The file's model counts a step's fees as supply before the rest of the interest is shared out, the contract (and
``CashPool``) after it: up to 1.6e-9 of what is borrowed in these steps."""
COLUMNS: Final = ("totalSupplys", "totalBorrows", "balanceOfs", "utilizations", "borrowRates")


def read(document: Any, name: str) -> list[Case] | None:
    """A case a step; None for a file of another kind."""
    if not isinstance(document, dict) or not {"EventsVec", "StartingBalances", *COLUMNS} <= document.keys():
        return None
    columns = {key: rows(document, key) for key in COLUMNS}
    steps = range(len(rows(document, "EventsVec")))
    return [
        Case(
            f"step {step}",
            "cash.step",
            document,
            {key: exact(found[step], key) / WAD for key, found in columns.items() if step < len(found)},
            TOLERANCE,
            step,
        )
        for step in steps
    ]


def _step(case: Case) -> Mapping[str, Any]:
    if case.context >= USED:
        raise NotCovered("this step of the file belongs to another model")
    pool = CashPool(
        rates=RATES,
        module_share=MODULE_SHARE,
        balances=dict(zip(ACCOUNTS, (wad(one, "a balance") for one in rows(case.inputs, "StartingBalances")))),
        module=MODULE,
        stable=wad(rows(case.inputs, "balanceOfs")[0], "balanceOfs"),
    )
    for event in rows(case.inputs, "EventsVec")[1 : case.context + 1]:
        pool.accrue(int(exact(event["key5"], "key5") / WAD) * DAY_SECONDS)
        _happen(pool, event)
        pool.hand_over_fees()
    return {
        "totalSupplys": decimal(pool.supply),
        "totalBorrows": decimal(pool.borrowed),
        "balanceOfs": decimal(pool.stable),
        "utilizations": pool.utilisation,
        "borrowRates": pool.borrow_rate,
    }


def _happen(pool: CashPool, event: Mapping[str, Any]) -> None:
    what, name, amount = event["key1"], str(event["key2"]), wad(event["key4"], "key4")
    if what == "TRADE":
        pool.pay(str(event["key3"]), name, amount)
    elif what == "SETTLEMENT":
        pool.settle(name, amount)
    elif what == "BORROW":
        pool.withdraw(name, -amount)
    elif what == "INSOLVENCY":
        pool.cover_loss(name, amount)
    else:
        raise NotCovered(f"an event {what!r} is none of TRADE, SETTLEMENT, BORROW, INSOLVENCY")


ADAPTERS: Final[dict[str, Adapter]] = {"cash.step": guarded_case(_step)}
