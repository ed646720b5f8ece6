"""What was sent arrives as the faults of the way have it."""

from collections import Counter

from plimsoll.sim.world.delivery import Delivery
from plimsoll.sim.world.outbox import Outbox
from plimsoll.units import messages as m

BLOCKS = 40


def delivered(**rates):
    """Ids sent, ids that arrived by block, and the faults counted."""
    faults, out = Counter(), Outbox()
    delivery = Delivery(11, rates, faults)
    arrived = []
    for _ in range(BLOCKS):
        for account in range(20):
            out.send(m.COMMAND_DEPOSIT, account=account, amount=1)
        batches = delivery.deliver(*out.emptied())
        arrived.append([one for batch in batches for one in batch.commands["id"].tolist()])
    return list(range(1, out.id + 1)), arrived, faults, delivery


def flat(arrived):
    return [one for block in arrived for one in block]


def test_without_faults_everything_arrives_in_order_in_its_block():
    sent, arrived, faults, _ = delivered()
    assert flat(arrived) == sent
    assert {len(block) for block in arrived} == {20}
    assert not faults


def test_what_is_lost_may_be_sent_again_under_its_id():
    sent, arrived, faults, _ = delivered(lost=0.2)
    found = flat(arrived)
    assert faults["lost"] > 0 and set(found) < set(sent)
    assert len(found) == len(set(found))
    assert found != sorted(found)


def test_a_duplicate_keeps_its_id_and_its_content():
    sent, arrived, faults, _ = delivered(duplicated=0.2)
    found = flat(arrived)
    assert len(found) == len(sent) + faults["duplicated"]
    assert set(found) == set(sent)


def test_reordering_loses_nothing():
    sent, arrived, faults, _ = delivered(reordered=0.3)
    assert faults["reordered"] > 0
    assert flat(arrived) != sent and sorted(flat(arrived)) == sent


def test_a_congested_way_delivers_late_and_in_order():
    sent, arrived, faults, delivery = delivered(congested=0.3)
    assert faults["congested"] > 0
    assert min(len(block) for block in arrived) < 20 < max(len(block) for block in arrived)
    assert flat(arrived) == sent[: len(sent) - delivery.waiting]


def test_payloads_stay_with_their_commands():
    out = Outbox()
    out.post(m.COMMAND_SET_POLICY, [1, 2, 3])
    out.send(m.COMMAND_TICK, time=5)
    out.post(m.COMMAND_SET_POLICY, [4])
    batches = Delivery(1, {}, Counter()).deliver(*out.emptied())
    words = [word for batch in batches for word in batch.payload.tolist()]
    assert words == [1, 2, 3, 4]
    for batch in batches:
        assert batch.commands["payload_words"].sum() == batch.payload.size
