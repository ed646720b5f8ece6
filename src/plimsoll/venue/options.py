"""The part of a pool's face that lists options: one by one, or a ladder of expiries and strikes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Unpack

from plimsoll.units.messages import KIND_OPTION, OPTION_CALL
from plimsoll.venue.classes import class_over
from plimsoll.venue.decimals import Amount, Time, milliseconds, when
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.ladder import Rung, Strikes, coin_of, group_of, option_name, rungs, strike_of, times_of, type_number
from plimsoll.venue.listing import ListingFace
from plimsoll.venue.parameters import ListingParameters, OptionTerms, Terms


class OptionsFace(ListingFace):
    """Options; see ``Pool``."""

    def list_option(
        self,
        name: str | None = None,
        *,
        underlying: Instrument | str,
        type: str,
        strike: Amount,
        expiry: Time,
        group: int | None = None,
        mark_max: Amount | None = None,
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List a European ``call`` or ``put`` settled in cash, in the lots of its underlying.

        ``risk_class``: the one class of that underlying unless given; it must be published. ``group`` and ``name``
        follow from class, expiry, strike and type; ``mark_max`` is that of the underlying (a put's its strike).
        """
        option_type, expiry_ms = type_number(type), milliseconds(expiry, "expiry")
        rung = (expiry_ms, strike, option_type)
        chain = self._chain(underlying, mark_max, parameters)
        return self._list_rungs(chain, [(name or chain.name_of(rung), rung)], group)[0]

    def list_ladder(
        self,
        underlying: Instrument | str,
        *,
        expiries: Sequence[Time],
        strikes: Strikes,
        mark_max: Amount | None = None,
        **parameters: Unpack[ListingParameters],
    ) -> tuple[Instrument, ...]:
        """List a call and a put at every expiry and strike, named ``BTC-27DEC26-60000-C``; what is listed stays.

        ``strikes``: a list for all expiries, or one for each. One batch: where one is refused, those before are listed.
        """
        chain = self._chain(underlying, mark_max, parameters)
        named = [(chain.name_of(rung), rung) for rung in rungs(times_of(expiries), strikes)]
        with self._lock:
            known = self.instruments
            for name, rung in named:
                if name in known:
                    chain.require_same(known[name], rung)
                    _require_living(known[name], self.time_ms)
            self._list_rungs(chain, [item for item in named if item[0] not in known])
            listed = self.instruments
        return tuple(listed[name] for name, _ in named)

    def _chain(
        self,
        underlying: Instrument | str,
        mark_max: Amount | None,
        parameters: ListingParameters,
    ) -> "_Chain":
        one = self.instrument(underlying)
        number = class_over(self.tables, one, parameters.get("risk_class"))
        spot = self.numbered(int(self.tables.classes[number]["underlying"]))
        if spot != one:
            raise InputRefused(f"class {number} is over {spot.name}, not over {one.name}")
        given: dict[str, Any] = {**parameters, "scale": int(self.tables.classes[number]["scale"]), "risk_class": number}
        return _Chain(one, number, mark_max, given)

    def _list_rungs(
        self, chain: "_Chain", named: Sequence[tuple[str, Rung]], group: int | None = None
    ) -> list[Instrument]:
        taken: dict[int, int] = {}
        rows = []
        with self._lock:
            for name, rung in named:
                if rung[0] not in taken:
                    taken[rung[0]] = group or group_of(self.tables, chain.risk_class, rung[0], taken.values())
                terms = chain.terms(rung, taken[rung[0]])
                rows.append((name, terms.lot, terms.row))
            return self.list_rows(rows)


def _require_living(listed: Instrument, time_ms: int) -> None:
    """InputRefused for an option that was delisted before it expired; one that has expired is as it was asked for."""
    if listed.status == "closed" and listed.parameters["expiry"] > time_ms:
        raise InputRefused(f"{listed.name} was delisted: list it again under a name of its own with list_option")


class _Chain(NamedTuple):
    """What the options of one underlying have in common."""

    underlying: Instrument
    risk_class: int
    mark_max: Amount | None
    parameters: Mapping[str, Any]

    def name_of(self, rung: Rung) -> str:
        expiry_ms, strike, option_type = rung
        return option_name(coin_of(self.underlying.name), expiry_ms, strike, option_type)

    def require_same(self, listed: Instrument, rung: Rung) -> None:
        """InputRefused where the name is that of another option: of another class, or at another hour of the day."""
        expiry_ms, strike, option_type = rung
        terms = self.risk_class, expiry_ms, strike_of(strike), option_type
        row = listed.parameters
        if terms != (listed.risk_class, row["expiry"], listed.strike, row["option_type"]):
            raise InputRefused(
                f"{listed.name} is listed already, in class {listed.risk_class} and expiring {when(row['expiry'])}: "
                "give this one a name of its own with list_option"
            )

    def terms(self, rung: Rung, group: int) -> Terms:
        """The listing of one option."""
        expiry_ms, strike, option_type = rung
        highest = self.underlying.mark_max if option_type == OPTION_CALL else strike_of(strike)
        return Terms(
            KIND_OPTION,
            lot=self.underlying.lot,
            mark_max=highest if self.mark_max is None else self.mark_max,
            rate_initial=0,
            rate_maintenance=0,
            expiry=expiry_ms,
            parameters=self.parameters,
            option=OptionTerms(option_type, strike, group, self.underlying.mark_max),
        )
