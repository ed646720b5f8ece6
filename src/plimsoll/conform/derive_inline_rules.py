"""Derive's inline cases of feeds, funding, settlement, fees and cash: the rules of ``presets.derive_feeds``."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.book.keccak import keccak_256
from plimsoll.conform.cases import NotCovered, number
from plimsoll.conform.derive_numbers import WAD, Inputs, exact, wad_of, wad_out
from plimsoll.presets import derive_auction as auction
from plimsoll.presets import derive_feeds as feeds

ZERO: Final = Fraction(0)


def _funding(inputs: Inputs) -> Mapping[str, Any]:
    rules = feeds.Funding(
        wad_of(inputs, "maxRatePerHour"),
        wad_of(inputs, "convergencePeriodHours"),
        wad_of(inputs, "staticInterestRate"),
    )
    index = wad_of(inputs, "index")
    bid, ask = (index + wad_of(inputs, key) for key in ("impactBidDiff", "impactAskDiff"))
    rate = feeds.funding_rate(rules, index, bid, ask)
    found: dict[str, Any] = {"fundingRatePerHour": wad_out(rate)}
    if "positions" in inputs:
        seconds = int(number(inputs, "elapsedSec"))
        positions = [exact(one, "positions") / WAD for one in inputs["positions"]]
        found["funding"] = [wad_out(feeds.funding_of(rate, index, seconds, one)) for one in positions]
    return found


def _perp_pnl(inputs: Inputs) -> Mapping[str, Any]:
    entry, mark = wad_of(inputs, "entryMark"), wad_of(inputs, "mark")
    if "positionBefore" in inputs:
        return {"pnl": wad_out(feeds.profit_of(wad_of(inputs, "positionBefore"), entry, mark))}
    positions = [exact(one, "position") / WAD for one in inputs["position"]]
    cash = [exact(one, "cashBefore") / WAD for one in inputs.get("cashBefore", [0] * len(positions))]
    profits = [feeds.profit_of(one, entry, mark) for one in positions]
    after = [had + profit for had, profit in zip(cash, profits)]
    # Once settled the loser is worth its cash alone, which is what an insolvent auction starts at.
    first = auction.insolvent_price(auction.DEPLOYED, after[0], after[0], 0)
    return {
        "pnl": [wad_out(one) for one in profits],
        "cashAfter": [wad_out(one) for one in after],
        "insolventBidPriceAtStart": wad_out(first),
    }


def _forward(inputs: Inputs) -> Mapping[str, Any]:
    if inputs.get("dataTimestampEqualsExpiry"):
        fixed, variable = feeds.settling_forward(ZERO, ZERO, wad_of(inputs, "avgSpot"), 0)
        return {"fixedPortion": wad_out(fixed), "variablePortion": wad_out(variable)}
    average = wad_of(inputs, "avgSpotInWindowSoFar") if "avgSpotInWindowSoFar" in inputs else ZERO
    spot, difference = wad_of(inputs, "spot"), wad_of(inputs, "fwdSpotDifference")
    fixed, variable = feeds.settling_forward(spot, difference, average, int(number(inputs, "secToExpiryAtData")))
    share = wad_of(inputs, "confidence") if "confidence" in inputs else Fraction(1)
    return {"fixedPortion": wad_out(fixed), "variablePortion": wad_out(variable), "confidence": wad_out(share)}


def _spot_difference(inputs: Inputs) -> Mapping[str, Any]:
    spot, difference, cap = (wad_of(inputs, key) for key in ("spot", "spotDiff", "spotDiffCap"))
    return {"result": wad_out(feeds.spot_and_difference(spot, difference, cap))}


def _settlement(inputs: Inputs) -> Mapping[str, Any]:
    over = wad_of(inputs, "settlementMinusStrike")
    return {"payout": wad_out(feeds.payout(over, bool(inputs["isCall"]), wad_of(inputs, "balance")))}


def _open_interest_fee(inputs: Inputs) -> Mapping[str, Any]:
    price = wad_of(inputs, "forward") if "forward" in inputs else wad_of(inputs, "perpPrice")
    least = wad_of(inputs, "minOIFee") if "minOIFee" in inputs else ZERO
    rate, increased = wad_of(inputs, "feeRate"), bool(inputs["oiIncreased"])
    fee = feeds.open_interest_fee(price, wad_of(inputs, "amount"), rate, least, increased=increased)
    return {"fee": wad_out(fee)}


def _interest_rates(inputs: Inputs) -> feeds.InterestRates:
    names = ("minRate", "rateMultiplier", "highRateMultiplier", "optimalUtil")
    return feeds.InterestRates(*(wad_of(inputs, key) for key in names))


def _interest(inputs: Inputs) -> Mapping[str, Any]:
    used = feeds.utilisation(number(inputs, "supply"), number(inputs, "borrows"))
    rate = feeds.borrow_rate(_interest_rates(inputs), used)
    found: dict[str, Any] = {"borrowRate": wad_out(rate), "utilization": wad_out(used)}
    if "elapsedSec" in inputs:
        found["interestFactor"] = wad_out(feeds.interest_factor(rate, int(number(inputs, "elapsedSec"))))
    return found


def _accrual(inputs: Inputs) -> Mapping[str, Any]:
    borrowed, supply = wad_of(inputs, "borrow"), wad_of(inputs, "supply")
    used = feeds.utilisation(supply, borrowed, wad_of(inputs, "netSettledCash"))
    rate = feeds.borrow_rate(_interest_rates(inputs), used)
    factor = feeds.interest_factor(rate, int(number(inputs, "elapsedSec")))
    found = feeds.accrued(borrowed, factor, wad_of(inputs, "smFee"))
    return {
        "borrowerBalanceAfter": wad_out(-float(borrowed) - found.interest),
        "supplierBalanceAfter": wad_out(float(supply) + found.interest - found.to_module),
    }


def _solvency(inputs: Inputs) -> Mapping[str, Any]:
    stable, supply, loss = (wad_of(inputs, key) for key in ("stableBalance", "totalSupply", "socializedLoss"))
    if "interestAccrued" in inputs:
        interest = wad_of(inputs, "interestAccrued")
        before = interest * wad_of(inputs, "smFee")
        after = feeds.fees_after_loss(before, loss)
        borrowed = wad_of(inputs, "totalBorrow") + interest
        rate = feeds.exchange_rate(stable, supply + interest - before + loss, borrowed, after)
        return {
            "accruedSmFeesBefore": wad_out(before),
            "accruedSmFeesAfter": wad_out(after),
            "withdrawFeeEnabled": rate < 1,
        }
    rate = feeds.exchange_rate(stable, supply + loss)
    found: dict[str, Any] = {"exchangeRate": wad_out(rate), "withdrawFeeEnabled": rate < 1}
    if "withdrawStable" in inputs:
        found["cashBurned"] = wad_out(wad_of(inputs, "withdrawStable") / rate)
    return found


def _module(inputs: Inputs) -> Mapping[str, Any]:
    found = feeds.module_payout(wad_of(inputs, "smCash"), wad_of(inputs, "requested"))
    return {"paid": wad_out(found.paid), "smCashAfter": wad_out(found.left)}


def _typehash(inputs: Inputs) -> Mapping[str, Any]:
    if "typeString" not in inputs:
        raise NotCovered("only the hash of a type string is taken; signing is no part of the engine")
    return {"keccak256": "0x" + keccak_256(str(inputs["typeString"]).encode()).hex()}


def _fixedpoint(inputs: Inputs) -> Mapping[str, Any]:
    raise NotCovered("the chain's own approximations of elementary functions; prices here are in float64")


GROUPS: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    "perp_funding": _funding,
    "perp_pnl": _perp_pnl,
    "forward_feed": _forward,
    "spot_diff_feed": _spot_difference,
    "option_settlement": _settlement,
    "oi_fee": _open_interest_fee,
    "interest_rate_model": _interest,
    "cash_accrual": _accrual,
    "cash_solvency": _solvency,
    "security_module": _module,
    "eip712": _typehash,
    "fixedpoint": _fixedpoint,
}
