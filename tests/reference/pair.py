"""The engine and the reference model side by side: the same commands, answers and tables compared."""

import numpy as np

from plimsoll.engine import COMMAND, Engine
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.units import codes
from plimsoll.units import messages as m

from .build import Pool
from .cases import CASE_FIELDS, POT_FIELDS, SEAL_FIELDS, STAKE_FIELDS
from .margin import figures
from .model import ACCOUNT_FIELDS, INSTRUMENT_FIELDS, TOTALS_FIELDS, ReferencePool
from .state import Command

Step = tuple[Command, tuple[int, ...]]


def records(steps: list[Step]) -> tuple[np.ndarray, np.ndarray]:
    """Commands and payload words as the engine takes them."""
    commands = np.zeros(len(steps), COMMAND)
    for place, (command, payload) in enumerate(steps):
        for name, number in command.items():
            commands[name][place] = number
        commands["payload_words"][place] = len(payload)
    words = [word for _, payload in steps for word in payload]
    return commands, np.array(words, np.int64)


def dump(engine: Engine) -> dict[str, list]:
    """The engine's tables in the form of the model's dump."""
    tables = engine.tables()
    held = tables["holdings"].tolist()
    accounts = [
        (*values, held[start : start + count])
        for values, start, count in zip(
            tables["accounts"][list(ACCOUNT_FIELDS)].tolist(),
            tables["accounts"]["start"].tolist(),
            tables["accounts"]["count"].tolist(),
        )
    ]
    return {
        "accounts": accounts,
        "instruments": tables["instruments"][list(INSTRUMENT_FIELDS)].tolist(),
        "totals": list(tables["totals"][list(TOTALS_FIELDS)].tolist()[0]),
        "policy": list(tables["policy"].tolist()[0]),
        "cases": [dump_case(tables, case) for case in tables["accounts"]["case"].tolist()],
        "curves": tables["curves"].tolist(),
        "pots": [
            (*tables["pots"][list(POT_FIELDS)].tolist()[number], queue(tables, number))
            for number in range(tables["pots"].size)
        ],
    }


Tables = dict[str, np.ndarray]


def linked(table: np.ndarray, first: int, link: str) -> list[int]:
    """The rows of a list, from its first to the one that points nowhere."""
    rows = []
    while first != 0:
        assert first not in rows, f"a list of {link} runs in a circle: {[*rows, first]}"
        rows.append(first)
        first = int(table[link][first])
    return rows


def dump_case(tables: Tables, row: int) -> tuple | None:
    if row == 0:
        return None
    case = tables["cases"][row]
    stakes = linked(tables["stakes"], int(case["stakes"]), "next")
    seals = linked(tables["seals"], int(case["seals"]), "next")
    return (
        *case[list(CASE_FIELDS)].tolist(),
        tables["stakes"][list(STAKE_FIELDS)][stakes].tolist(),
        tables["seals"][list(SEAL_FIELDS)][seals].tolist(),
    )


def queue(tables: Tables, number: int) -> list[int]:
    """The accounts in a pot's queue."""
    pot, stakes = tables["pots"][number], tables["stakes"]
    rows = linked(stakes, int(pot["first"]), "behind")
    assert rows[-1:] == ([int(pot["last"])] if rows else []), f"the queue of pot {number} ends elsewhere"
    return stakes["account"][rows].tolist()


NAMES = {
    "accounts": (*ACCOUNT_FIELDS, "holdings"),
    "instruments": INSTRUMENT_FIELDS,
    "totals": TOTALS_FIELDS,
    "pots": (*POT_FIELDS, "queue"),
}


def differences(engine: dict[str, list], model: dict[str, list]) -> list[str]:
    """Every figure the two do not share, by name."""
    found = []
    for table in ("accounts", "instruments", "pots"):
        if len(engine[table]) != len(model[table]):
            found.append(f"{table}: engine has {len(engine[table])} rows, model {len(model[table])}")
        for number, (theirs, ours) in enumerate(zip(engine[table], model[table])):
            for name, left, right in zip(NAMES[table], theirs, ours):
                if left != right:
                    found.append(f"{table}[{number}].{name}: engine {left} model {right}")
    for name, left, right in zip(TOTALS_FIELDS, engine["totals"], model["totals"]):
        if left != right:
            found.append(f"totals.{name}: engine {left} model {right}")
    for number, (theirs, ours) in enumerate(zip(engine["cases"], model["cases"])):
        if theirs != ours:
            found.append(f"cases of account {number}: engine {theirs} model {ours}")
    for number, (theirs, ours) in enumerate(zip(engine["curves"], model["curves"], strict=True)):
        if theirs != ours:
            found.append(f"curves row {number}: engine {theirs} model {ours}")
    if engine["policy"] != model["policy"]:
        found.append(f"policy: engine {engine['policy']} model {model['policy']}")
    return found


FIGURES = ("equity", "mm", "im")


def figure_differences(engine: Engine, model: ReferencePool) -> list[str]:
    """Equity and requirements of every open account, as both reckon them now."""
    columns = dict(zip(FIGURES, engine.sweep()))
    found = []
    for number, account in enumerate(model.accounts):
        ours = figures(model, account)
        for name in FIGURES:
            left, right = int(columns[name][number]), getattr(ours, name)
            if account.status == m.STATUS_OPEN and left != right:
                found.append(f"figures[{number}].{name}: engine {left} model {right}")
    return found


def source(steps: list[Step]) -> str:
    """Steps as Python source, to keep a run that failed."""
    return "\n".join(f"    ({command}, {payload})," for command, payload in steps)


class Disagreement(AssertionError):
    """The engine and the model answered or remember differently."""


class Pair(Pool):
    """A pool kept twice; every command goes to both, and everything they say and remember must be the same."""

    def __init__(self, **policy: int):
        self.policy = {**DEFAULT_POLICY, **policy}
        self.model = ReferencePool(self.policy)
        self.engine = Engine.create(self.policy, accounts=16)
        self.next_id = 1
        self.steps: list[Step] = []

    def decide(self, command: Command, payload: tuple[int, ...] = ()) -> int:
        """The model's answer; the engine is asked when the batch is over."""
        self.steps.append((command, tuple(payload)))
        return self.model.apply(command, payload)

    def compare(self, steps: list[Step], answers: list[int]) -> None:
        """Give the engine the same batch and compare."""
        found = []
        theirs = self.engine.apply(*records(steps)).tolist()
        for (command, _), left, right in zip(steps, theirs, answers):
            if left != right:
                found.append(f"answer: engine {codes.sentence(left)} model {codes.sentence(right)} to {command}")
        found += differences(dump(self.engine), self.model.dump()) + self.engine.identities()
        found += figure_differences(self.engine, self.model)
        if found:
            raise Disagreement("\n".join([*found[:40], f"the last {len(steps)} commands:", source(steps)]))

    def send(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> int:
        step = ({"kind": kind, "id": self.next_id, **fields}, payload)
        self.next_id += 1
        answer = self.decide(*step)
        self.compare([step], [answer])
        return answer
