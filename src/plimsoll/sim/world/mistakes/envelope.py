"""Mistakes with ids, kinds and times. Each function is named after the rule it breaks."""

from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import TIME_MAX
from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_MARK, COMMAND_SET_POLICY, COMMAND_TICK

UNKNOWN_KIND = 9_999
FAR = 1_000_000


def command_must_be_known(slip: Slip) -> None:
    """A kind nobody knows."""
    slip.out.send(UNKNOWN_KIND, account=slip.account)


def id_must_be_positive(slip: Slip) -> None:
    """An id that is none."""
    slip.out.send(COMMAND_DEPOSIT, id=-slip.pick((0, 5)), account=slip.account, amount=1)


def id_must_be_within_window(slip: Slip) -> None:
    """An id from nowhere."""
    slip.out.send(COMMAND_DEPOSIT, id=slip.out.id + FAR, account=slip.account, amount=1)


def id_must_not_be_reused(slip: Slip) -> None:
    """Another command under an id that was given already."""
    slip.out.send(COMMAND_DEPOSIT, id=max(1, slip.out.id - slip.pick((0, 1, 3))), account=slip.account, amount=7)


def time_must_not_go_back(slip: Slip) -> None:
    """A tick from the past."""
    slip.out.send(COMMAND_TICK, time=slip.sight.time_ms - FAR)


def time_must_not_be_in_future(slip: Slip) -> None:
    """A report from tomorrow."""
    slip.out.send(COMMAND_MARK, instrument=0, time=slip.sight.time_ms + FAR * 100, price=FAR)


def time_must_be_within_limit(slip: Slip) -> None:
    """A time no clock will show."""
    slip.out.send(COMMAND_TICK, time=TIME_MAX + 1)


def payload_must_fit(slip: Slip) -> None:
    """A policy of three words."""
    slip.out.post(COMMAND_SET_POLICY, [1, 2, 3])
