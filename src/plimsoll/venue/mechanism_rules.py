"""What a refusal of the waterfall's mechanisms adds to its rule: when a phase is open, what rests, what to do next."""

from typing import Any, Final

from plimsoll.book.layout import Pool as Tables
from plimsoll.units import codes as code
from plimsoll.units.limits import CURVES_MAX, POTS_MAX
from plimsoll.units.messages import COMMAND_AUCTION, COMMAND_SET_CURVE, COMMAND_SET_POT, COMMAND_UNSTAKE, MODE_POT
from plimsoll.units.tables import array_of
from plimsoll.venue.decimals import when
from plimsoll.venue.policy import PAUSE_WORDS

HINTS: Final = {
    code.ACCOUNT_MUST_BE_SOLVENT: "it is below zero; bid_slice takes portfolio accounts, if the policy lets them wait",
    code.AUCTION_MUST_BE_OFFERED: "assets are auctioned once set_policy(curve_collateral=) names a curve: bid instead",
    code.AUCTION_MUST_BE_RUNNING: "there is no auction of it, or it is over: start one with auction",
    code.AUCTION_MUST_NEED_RESET: "the auction is running: bid",
    code.BATCH_MUST_BE_OVER: "bids are sealed until the batch is over: commit and reveal",
    code.BIDDER_MUST_BE_ENDORSED: "endorse, or wait until set_policy(endorsed_first=) seconds are over",
    code.BIDDER_MUST_COMMIT_ONCE: "its sealed bid on this account stands",
    code.CURVE_MUST_BE_WITHIN_LIMIT: f"curves are numbered from 1 to {CURVES_MAX}",
    code.INSURANCE_MUST_COVER: "the insurance may not pay that much today: bid for a smaller part",
    code.POINTS_MUST_RISE_IN_TIME: "the first point is at 0 seconds, each later one after the one before",
    code.POT_ACCOUNT_MUST_BE_FREE: "the account of a pot must be open and empty; a pool has one backstop pot",
    code.POT_MUST_BE_SOLVENT: "the backstop is below zero, or a mark of what it holds is stale",
    code.POT_MUST_BE_WITHIN_LIMIT: f"pots are numbered from 1 to {POTS_MAX}",
    code.POT_MUST_HAVE_LIQUIDITY: "stake cash and coins in it first",
    code.POT_MUST_HAVE_ROOM: "it would be above its capacity: stake less, or set_pot(capacity=)",
    code.SEAL_MUST_EXIST: "it has not committed a bid on this account",
    code.SEAL_MUST_MATCH: "the seal was made of another part, discount or salt",
    code.SLICE_MUST_BE_WHOLE: "an account this small is taken whole: bid for a part of 1",
    code.STAKES_MUST_NOT_BE_TAKEN: "what the backstop has belongs to those with a stake in its pot",
    code.STATE_MUST_BE_AS_EXPECTED: "it holds something else by now: read state_number again",
}
ASSETS_ONLY: Final = {
    COMMAND_SET_POT: "an AMM deals in an asset, against the settlement token",
    COMMAND_AUCTION: "its contracts go first: bid",
}
COMMITS: Final = (code.COMMIT_PHASE_MUST_BE_OPEN, code.REVEAL_PHASE_MUST_BE_OPEN)


def said_of_mechanism(pool: Tables, command: Any, refusal: int) -> str:
    """The detail of a refusal of this kind; empty where its rule says it all."""
    if refusal in COMMITS:
        return _phases(pool, int(command["account"]))
    if refusal == code.INSTRUMENT_MUST_BE_ASSET:
        return ASSETS_ONLY.get(int(command["kind"]), "")
    if refusal == code.PARAMETER_MUST_BE_WITHIN_BOUNDS and command["kind"] == COMMAND_SET_CURVE:
        return "times are from 0 to 366 days, values from 0 to 2"
    if refusal == code.MECHANISM_MUST_NOT_BE_PAUSED:
        return _pauses(pool)
    if refusal == code.STAKE_MUST_NOT_BE_UNBONDING:
        return _unbonding(pool, int(command["account"]), int(command["instrument"]))
    if refusal == code.SHARES_MUST_BE_HELD and command["kind"] == COMMAND_UNSTAKE:
        held = _stake(pool, int(command["account"]), int(command["instrument"]))
        return f"it has {0 if held is None else int(held['shares'])} shares of pot {command['instrument']}"
    if refusal in (code.ACCOUNT_MUST_NOT_BE_NAMED, code.COUNTERPARTY_MUST_NOT_BE_NAMED):
        return _of_pot(pool, command, refusal)
    return HINTS.get(refusal, "")


def _phases(pool: Tables, account: int) -> str:
    policy = pool.policy[0]
    commits = int(pool.accounts[account]["stage_since"]) + int(policy["batch_commit"])
    reveals = commits + int(policy["batch_reveal"])
    return f"bids are committed before {when(commits)} and revealed from then, before {when(reveals)}"


def _pauses(pool: Tables) -> str:
    bits, breaker = int(pool.policy[0]["pauses"]), int(pool.policy[0]["breaker"])
    resting = ", ".join(word for word, bit in PAUSE_WORDS.items() if bits & bit)
    return f"pauses={resting or 'none'}" + (f" breaker={breaker}" if breaker else "")


def _stake(pool: Tables, account: int, number: int) -> Any:
    """The stake of an account in the present epoch of a pot; None when it has none."""
    rows = array_of(pool.stakes)
    epoch = pool.pots[number]["epoch"]
    found = rows[(rows["account"] == account) & (rows["pot"] == number) & (rows["epoch"] == epoch)]
    return found[0] if found.size else None


def _unbonding(pool: Tables, account: int, number: int) -> str:
    held = _stake(pool, account, number)
    if held is None or not held["unbonding"]:
        return "what it had in an earlier epoch still stands in the queue"
    return f"{held['unbonding']} of its shares leave from {when(int(held['release_time']))} on: unstake the rest then"


def _of_pot(pool: Tables, command: Any, refusal: int) -> str:
    number = int(command["account" if refusal == code.ACCOUNT_MUST_NOT_BE_NAMED else "counterparty"])
    known = 0 <= number < int(pool.totals[0]["accounts"])
    return f"account {number} holds the money of a pot" if known and pool.accounts[number]["mode"] == MODE_POT else ""
