"""Mistakes with pots, stakes, swaps and curves. Each function is named after the rule it breaks."""

from plimsoll.sim.world.claims import pots_of, reserves, stake_of
from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.sim.world.pots import POT_OWNER, Pot
from plimsoll.units.limits import CURVES_MAX, MICROS_MAX, POTS_MAX, PPB
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_SET_CURVE,
    COMMAND_SET_POT,
    COMMAND_STAKE,
    COMMAND_SWAP,
    COMMAND_TRANSFER,
    COMMAND_UNSTAKE,
    FLAG_OPERATOR,
    KIND_ASSET,
    MODE_STANDARD,
    NAMED_BACKSTOP,
    POT_AMM,
    POT_BACKSTOP,
    POT_TRANCHE,
)

NO_POT = POTS_MAX + 1
POTS_ENOUGH = 24
GIVEN = 10_000


def new_pot(slip: Slip, pot: Pot) -> int:
    """Open a pot in an account of its own; its number, 0 where there are enough."""
    pots = pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM)
    if len(pots) >= POTS_ENOUGH:
        return 0
    number, account = max(pots, default=0) + 1, slip.sight.count
    slip.out.send(COMMAND_OPEN_ACCOUNT, account=account, counterparty=POT_OWNER, flags=MODE_STANDARD)
    slip.out.post(COMMAND_SET_POT, pot.words(account), instrument=number)
    return number


def staked(slip: Slip) -> list[tuple[int, int, int, int]]:
    """(account, pot, shares, shares on their way out) of every stake there is."""
    found = []
    for account in slip.sight.owned.tolist():
        for pot in pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM):
            shares, leaving = stake_of(slip.sight, account, pot)
            if shares:
                found.append((account, pot, shares, leaving))
    return found


def pot_must_exist(slip: Slip) -> None:
    """A stake in nothing, a swap with a tranche."""
    slip.out.send(COMMAND_STAKE, account=slip.account, instrument=NO_POT, amount=1)
    tranche = slip.pick(pots_of(slip.sight, POT_TRANCHE), NO_POT)
    slip.out.send(COMMAND_SWAP, account=slip.account, instrument=tranche, lots=1)


def pot_must_be_within_limit(slip: Slip) -> None:
    """A pot with no number."""
    slip.out.post(COMMAND_SET_POT, Pot(POT_TRANCHE).words(slip.account), instrument=slip.pick((0, NO_POT)))


def pot_account_must_be_free(slip: Slip) -> None:
    """A pot in somebody's account."""
    free = max(pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM), default=0) + 1
    slip.out.post(COMMAND_SET_POT, Pot(POT_TRANCHE).words(slip.pick(slip.sight.makers)), instrument=free)


def pot_must_have_room(slip: Slip) -> None:
    """A stake of more than there is."""
    pot = slip.pick(pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP), 1)
    slip.out.send(COMMAND_STAKE, account=slip.account, instrument=pot, amount=MICROS_MAX, lots=1)


def pot_must_be_solvent(slip: Slip) -> None:
    """A stake in a backstop that has lost everything: at a price that is there for a moment."""
    sight, pots = slip.sight, pots_of(slip.sight, POT_BACKSTOP)
    held = [one for one in sight.contracts if sight.held[NAMED_BACKSTOP, one]]
    if not pots or not held:
        return
    number = max(held, key=lambda one: abs(sight.worth(one, int(sight.held[NAMED_BACKSTOP, one]))))
    lots, mark = int(sight.held[NAMED_BACKSTOP, number]), float(sight.marks[number])
    gone = max(1.0, float(sight.equity[NAMED_BACKSTOP])) * 1.1 * float(sight.units[number]) / lots
    price = max(1, min(round(mark - gone), int(sight.rows["mark_max"][number])))
    for at in (price, max(1, round(mark))):
        slip.out.send(COMMAND_MARK, instrument=number, time=sight.time_ms, price=at, sources=5)
        if at == price:
            slip.out.send(COMMAND_STAKE, account=slip.account, instrument=pots[0], amount=1)


def pot_must_have_liquidity(slip: Slip) -> None:
    """A swap with an AMM nobody has brought anything to."""
    empty = [pot for pot in pots_of(slip.sight, POT_AMM) if 0 in reserves(slip.sight, pot)]
    custody = slip.sight.rows["kind"][slip.asset] == KIND_ASSET and slip.asset > 0
    pot = slip.pick(empty) if empty or not custody else new_pot(slip, Pot(POT_AMM, instrument=slip.asset))
    slip.out.send(COMMAND_SWAP, account=slip.account, instrument=max(pot, 0), lots=1)


def shares_must_be_positive(slip: Slip) -> None:
    """A stake of next to nothing in a pot somebody gave a lot to."""
    pot = new_pot(slip, Pot(POT_TRANCHE))
    if pot:
        slip.out.send(COMMAND_DEPOSIT, account=slip.sight.count, amount=GIVEN, counterparty=POT_OWNER)
        slip.out.send(COMMAND_STAKE, account=slip.account, instrument=pot, amount=1)


def shares_must_fit(slip: Slip) -> None:
    """A stake of more shares than a pot may have."""
    pot = new_pot(slip, Pot(POT_TRANCHE))
    if pot:
        slip.out.send(COMMAND_STAKE, account=slip.account, instrument=pot, amount=MICROS_MAX // 2)


def shares_must_reach_limit(slip: Slip) -> None:
    """A stake that asks for too many shares."""
    pot = slip.pick(pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP), 1)
    slip.out.send(COMMAND_STAKE, account=slip.account, instrument=pot, amount=1, lots=1, price=MICROS_MAX)


def shares_must_be_held(slip: Slip) -> None:
    """Taking back what one never brought."""
    pot = slip.pick(pots_of(slip.sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM), 1)
    slip.out.send(COMMAND_UNSTAKE, account=slip.account, instrument=pot, amount=MICROS_MAX)


def stake_must_not_be_unbonding(slip: Slip) -> None:
    """Leaving twice."""
    found = staked(slip)
    if found:
        account, pot, shares, _ = found[slip.pick(range(len(found)))]
        for amount in (max(1, shares // 2), 1):
            slip.out.send(COMMAND_UNSTAKE, account=account, instrument=pot, amount=amount)


def stakes_must_not_be_taken(slip: Slip) -> None:
    """The venue takes from the backstop what is others'."""
    fields = {"counterparty": slip.account, "amount": 1, "flags": FLAG_OPERATOR}
    slip.out.send(COMMAND_TRANSFER, account=NAMED_BACKSTOP, **fields)


def curve_must_be_within_limit(slip: Slip) -> None:
    """A curve with no number."""
    slip.out.post(COMMAND_SET_CURVE, [0, 0, PPB], instrument=slip.pick((0, CURVES_MAX + 1)))


def points_must_rise_in_time(slip: Slip) -> None:
    """A curve that begins late, and one that goes back."""
    slip.out.post(COMMAND_SET_CURVE, [0, 5, PPB], instrument=CURVES_MAX)
    slip.out.post(COMMAND_SET_CURVE, [1, 0, PPB, 10, PPB, 10, 0], instrument=CURVES_MAX)
