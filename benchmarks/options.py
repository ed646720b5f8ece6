"""(6) European options per second on one core: price and five Greeks, and chains under scenarios."""

import math
from hashlib import sha256

import numpy as np

from benchmarks.results import Result, seconds_of

OPTIONS = 1_000_000
BLOCK = 4_096
PEER_OPTIONS = 10_000
CHAIN = 100_000
CHAIN_PEER = 10_000
DIGITS = 9
TARGET = 40_000_000
TARGET_NUMPY = 3
TARGET_QUANTLIB = 200
MOVES = (-0.18, -0.135, -0.09, -0.045, 0.0, 0.045, 0.09, 0.135, 0.18)

Chain = dict[str, np.ndarray]


def _chain(n: int) -> Chain:
    random = np.random.default_rng(1)
    years = random.uniform(0.02, 2, n)
    return {
        "forward": random.uniform(50, 150, n),
        "strike": random.uniform(50, 150, n),
        "years": years,
        "vol": random.uniform(0.1, 1.5, n),
        "is_call": random.random(n) < 0.5,
        "discount": np.exp(-random.uniform(0, 0.08, n) * years),
    }


def _numpy(chain: Chain, out: np.ndarray) -> None:
    """The same six columns with NumPy and SciPy's ndtr, the fastest way there is without a compiler."""
    from scipy.special import ndtr

    for start in range(0, out.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        f, k, t, s, call, d = (column[part] for column in chain.values())
        sign, root = np.where(call, 1.0, -1.0), np.sqrt(t)
        v = s * root
        d1 = np.log(f / k) / v + 0.5 * v
        first, second = ndtr(sign * d1), ndtr(sign * (d1 - v))
        density = d * np.exp(-0.5 * d1 * d1) / math.sqrt(2 * math.pi)
        price, vega = d * sign * (f * first - k * second), f * density * root
        out[0, part], out[1, part], out[2, part], out[3, part] = price, sign * d * first, density / (f * v), vega
        out[4, part], out[5, part] = (-np.log(d) * price - 0.5 * vega * s) / t, -t * price


def _quantlib(chain: Chain) -> np.ndarray:
    """A loop over QuantLib's BlackCalculator, its quickest form; its theta and rho hold the spot, not the forward."""
    import QuantLib as ql

    rows = []
    for f, k, t, s, call, d in zip(*(column[:PEER_OPTIONS].tolist() for column in chain.values())):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, k)
        option = ql.BlackCalculator(payoff, f, s * math.sqrt(t), d)
        shared = (option.value(), option.deltaForward(), option.gammaForward(), option.vega(t))
        rows.append((*shared, option.theta(f, t), option.rho(t)))
    return np.array(rows).T


def _agree(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Each row (a Greek, or a scenario) to 1e-11 of its largest value; a benchmark of wrong numbers is none."""
    error = float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs).max(axis=1, keepdims=True), 1e-300)))
    if not error < 1e-11:
        raise RuntimeError(f"the compiled kernel and {what} disagree by {error!r} of the largest value of a column")


def _hash(values: np.ndarray) -> str:
    # Rounded, so that another compiler's last bits do not matter. Adding 0 makes −0 a 0.
    return sha256((np.round(values, DIGITS) + 0.0).tobytes()).hexdigest()[:16]


def _greeks() -> list[Result]:
    from plimsoll.pricing.fast import price_and_greeks_into

    chain, ours, theirs = _chain(OPTIONS), np.empty((6, OPTIONS)), np.empty((6, OPTIONS))
    price_and_greeks_into(**chain, out=ours)
    rate = OPTIONS / seconds_of(lambda: price_and_greeks_into(**chain, out=ours))
    numpy_rate = OPTIONS / seconds_of(lambda: _numpy(chain, theirs))
    _agree(ours, theirs, "NumPy with ndtr")
    quantlib = _quantlib(chain)
    quantlib_rate = PEER_OPTIONS / seconds_of(lambda: _quantlib(chain))
    _agree(ours[:4, :PEER_OPTIONS], quantlib[:4], "QuantLib")
    digest, note = _hash(ours), f"price, delta, gamma, vega, theta, rho of {OPTIONS:,} options; results compared"
    results = []
    for name, peer, peer_rate, least in (
        ("options", f"NumPy + scipy ndtr, blocks of {BLOCK:,}", numpy_rate, TARGET_NUMPY),
        ("options_quantlib", "QuantLib BlackCalculator loop", quantlib_rate, TARGET_QUANTLIB),
    ):
        ratio = rate / peer_rate
        met = rate >= TARGET and ratio >= least
        target = f">= {TARGET:,}/s and >= {least}x"
        results.append(Result(name, rate, "options/s", peer, peer_rate, ratio, target, met, digest, note))
    return results


def _scenarios() -> Result:
    from plimsoll.pricing import black76
    from plimsoll.pricing.fast import price_scenarios_into

    chain = _chain(CHAIN)
    factors = np.repeat(1.0 + np.array(MOVES), 3)
    moves = np.tile(np.array([-1, 0, 1]), len(MOVES))
    vol_factors = np.tile([0.75, 1.0, 1.3], (CHAIN, 1))
    out = np.empty((CHAIN, factors.size))

    def ours() -> None:
        price_scenarios_into(
            **chain, spot_factors=factors, vol_moves=moves, vol_factors=vol_factors, vol_floor=0.4, out=out
        )

    part = {name: column[:CHAIN_PEER, None] for name, column in chain.items()}
    shocked = part["vol"] * np.array([0.75, 1.0, 1.3])[moves + 1]
    part |= {"forward": part["forward"] * factors, "vol": np.where(moves > 0, np.maximum(shocked, 0.4), shocked)}
    rate = out.size / seconds_of(ours)
    peer_rate = CHAIN_PEER * factors.size / seconds_of(lambda: black76(**part))
    _agree(out[:CHAIN_PEER].T, black76(**part).T, "black76")
    note = f"{CHAIN:,} options under {factors.size} scenarios, vol factors and a floor for each option"
    return Result(
        "option_scenarios", rate, "prices/s", "black76 (NumPy + ndtr)", peer_rate, rate / peer_rate,
        f">= {TARGET:,}/s", rate >= TARGET, _hash(out), note,
    )  # fmt: skip


def measure() -> list[Result]:
    """A million options once each, then a chain under 27 scenarios."""
    return [*_greeks(), _scenarios()]
