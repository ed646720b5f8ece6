"""The reference model as a witness of simulated worlds: the same commands, answers and tables compared."""

from plimsoll.engine import Engine
from plimsoll.units import codes as answers

from .model import ReferencePool
from .pair import differences, dump, figure_differences

SHOWN = 20


class ReferenceWitness:
    """One pool's model; ``see`` is given every batch in order."""

    def __init__(self, policy):
        self.model = ReferencePool(dict(policy))

    def see(self, batch, codes, pool):
        found = []
        words = batch.payload.tolist()
        names = batch.commands.dtype.names
        for row, code in zip(batch.commands, codes.tolist()):
            command = {name: int(row[name]) for name in names}
            size = command.pop("payload_words")
            answer = self.model.apply(command, tuple(words[:size]))
            words = words[size:]
            if answer != code:
                found.append(f"engine {answers.sentence(code)}, model {answers.sentence(answer)} to {command}")
        engine = Engine(pool)
        found += differences(dump(engine), self.model.dump()) + figure_differences(engine, self.model)
        return found[:SHOWN]
