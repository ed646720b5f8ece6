"""Coin-margined contracts: prices, profits and Greeks in coins (docs/pricing.md).

Symbols: F forward (or index) in quote per coin, P price in quote, p = P/F price in coins, x the relative move of F.
"""

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.greeks import Greeks
from plimsoll.pricing.inputs import Floats, broadcast, finite, float_array, out, positive


def coin_price(price: ArrayLike, forward: ArrayLike) -> Floats:
    """p = P/F, coins. Deribit divides by the forward of the option's expiry, not by the index."""
    return _ratio("price", price, forward)


def quote_price(price_coin: ArrayLike, forward: ArrayLike) -> Floats:
    """P = p·F, quote currency."""
    p, f = _pair("price_coin", price_coin, forward)
    return out(finite("price_coin·forward", p * f))


def inverse_profit(quantity: ArrayLike, entry: ArrayLike, mark: ArrayLike) -> Floats:
    """Coins gained by an inverse future of ``quantity`` quote units (negative: short): q·(1/entry − 1/mark)."""
    q, e, m = broadcast(
        {
            "quantity": finite("quantity", float_array("quantity", quantity)),
            "entry": positive("entry", float_array("entry", entry)),
            "mark": positive("mark", float_array("mark", mark)),
        }
    )
    # (mark − entry)/mark first: 1/entry − 1/mark would lose the digits of a small move.
    return out(q * ((m - e) / m) / e)


def inverse_profit_of_move(coins: ArrayLike, move: ArrayLike) -> Floats:
    """Coins gained by an inverse position worth ``coins`` now when its price moves by x: coins·x/(1 + x), x > −1."""
    q, x = broadcast(
        {
            "coins": finite("coins", float_array("coins", coins)),
            "move": finite("move", float_array("move", move)),
        }
    )
    positive("1 + move", 1.0 + x)
    return out(q * x / (1.0 + x))


def coin_greeks(in_quote: Greeks, forward: ArrayLike) -> Greeks:
    """Greeks of the price in coins, from those of the price in quote currency.

    price  p = P/F, coins
    delta  coins of exposure, F²·d(P/F)/dF /F = delta − p: Deribit's net delta, the coins a hedge must sell
    gamma  change of that delta for a move of F by 1.00: gamma − delta/F + p/F
    others of P divided by F: coins per unit of vol, year, rate; vanna: change of the net delta per unit of vol
    """
    f = positive("forward", float_array("forward", forward))
    fields = {name: float_array(name, value) for name, value in in_quote._asdict().items()}
    price, delta, gamma, vega, theta, rho, vanna, volga, f = broadcast({**fields, "forward": f})
    coin = price / f
    return Greeks(
        price=out(coin),
        delta=out(delta - coin),
        gamma=out(gamma - delta / f + coin / f),
        vega=out(vega / f),
        theta=out(theta / f),
        rho=out(rho / f),
        vanna=out(vanna - vega / f),
        volga=out(volga / f),
    )


def _pair(name: str, value: ArrayLike, forward: ArrayLike) -> list[Floats]:
    arrays = {
        name: finite(name, float_array(name, value)),
        "forward": positive("forward", float_array("forward", forward)),
    }
    return broadcast(arrays)


def _ratio(name: str, value: ArrayLike, forward: ArrayLike) -> Floats:
    p, f = _pair(name, value, forward)
    with np.errstate(over="ignore"):
        return out(finite(f"{name}/forward", p / f))
