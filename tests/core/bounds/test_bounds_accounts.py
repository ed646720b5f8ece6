"""One unit inside and one outside each bound: accounts, limits and the ids of commands."""

from tests.core.bounds.setting import traded
from tests.reference.build import ASSET, CONTRACT, PERCENT, TOKEN

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    ID_WINDOW,
    INT64_MAX,
    INT64_MIN,
    RATE_MAX,
    TRIGGER_MAX,
)


class TestAccounts:
    def test_opening_and_closing(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)

        def send(account: int, owner: int = 5, instrument: int = 0, flags: int = m.MODE_STANDARD) -> int:
            fields = {"account": account, "counterparty": owner, "instrument": instrument, "flags": flags}
            return pair.send(m.COMMAND_OPEN_ACCOUNT, **fields)

        for account in (7, -1, 9, INT64_MAX, INT64_MIN):
            assert send(account) == codes.ACCOUNT_MUST_BE_FREE
        assert send(8, owner=0) == codes.OWNER_MUST_BE_POSITIVE
        for mode in (0, 3):
            assert send(8, flags=mode) == codes.MODE_MUST_BE_KNOWN
        for instrument in (asset, 3, -1):
            assert send(8, instrument=instrument) == codes.INSTRUMENT_MUST_BE_CONTRACT
        assert send(8, instrument=number) == codes.OK
        assert send(8) == codes.ACCOUNT_MUST_BE_FREE
        pair.deposit(8, 1)
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.ACCOUNT_MUST_BE_EMPTY
        pair.must(m.COMMAND_WITHDRAW, account=8, amount=1)
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.OK
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.ACCOUNT_MUST_EXIST
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert send(8) == codes.OK
        assert pair.model.accounts[8].generation == 2

    def test_limits_of_the_owner(self, pair):
        _, long, _ = traded(pair, 10, 100 * TOKEN, 300 * TOKEN)
        limits = {"kind": m.COMMAND_SET_LIMITS, "account": long}
        for rate in (-1, RATE_MAX + 1):
            assert pair.send(**limits, amount=rate) == codes.LEVERAGE_CAP_MUST_BE_WITHIN_LIMIT
        for trigger in (-1, TRIGGER_MAX + 1):
            assert pair.send(**limits, price=trigger) == codes.TRIGGER_MUST_BE_WITHIN_LIMIT
        assert pair.send(**limits, amount=30 * PERCENT + 1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(**limits, amount=30 * PERCENT, price=TRIGGER_MAX) == codes.OK
        idle = pair.open()
        assert pair.send(m.COMMAND_SET_LIMITS, account=idle, amount=RATE_MAX) == codes.OK

    def test_ids(self, pair):
        pair.next_id = 0
        assert pair.send(m.COMMAND_TICK) == codes.ID_MUST_BE_POSITIVE
        pair.next_id = ID_WINDOW + 1
        assert pair.send(m.COMMAND_TICK) == codes.ID_MUST_BE_WITHIN_WINDOW
        pair.next_id = ID_WINDOW
        assert pair.send(m.COMMAND_TICK) == codes.OK
        for number, code in ((1, codes.COMMAND_MUST_BE_KNOWN), (ID_WINDOW + 1, codes.COMMAND_MUST_BE_KNOWN)):
            pair.next_id = number
            assert pair.send(99) == code
        for number, code in ((1, codes.ID_MUST_BE_WITHIN_WINDOW), (ID_WINDOW, codes.ID_MUST_NOT_BE_REUSED)):
            pair.next_id = number
            assert pair.send(25) == code
        pair.next_id = ID_WINDOW
        assert pair.send(m.COMMAND_TICK) == codes.OK
