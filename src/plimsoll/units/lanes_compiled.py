"""The loops of ``lanes`` as vectors of eight int64; ``lanes_plain`` says what each computes."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from plimsoll.units.jit import rule
from plimsoll.units.parts import LOW_WORD
from plimsoll.units.tables import dtype_of
from plimsoll.units.vectors import BYTES, VECTOR, WORD, Vectors, address_of, every, word
from plimsoll.units.views import TableView

HALF_SIGN = 1 << 31
BLOCKS = 5
"""Vectors of sums kept in registers at once."""


def scratch(row, rows):
    dtype = dtype_of(row)
    kind = TableView(from_dtype(dtype))
    size = dtype.itemsize * rows // 8

    @intrinsic
    def make(typing_context):
        def build(context, builder, signature, arguments):
            place = cgutils.alloca_once(builder, WORD, size=size)
            place.align = 64
            table = cgutils.create_struct_proxy(kind)(context, builder)
            table.address = builder.ptrtoint(place, WORD)
            table.rows = word(rows)
            return table._getvalue()

        return kind(), build

    return make


def copier(row, into, source, first, words):
    offsets = [dtype_of(kind).fields[name][1] for kind, name in ((row, into), (source, first))]

    @intrinsic
    def copy(typing_context, table, place, other, line):
        def build(context, builder, signature, arguments):
            kinds = signature.args
            rows = (address_of(context, builder, kinds[k], arguments[k], arguments[k + 1]) for k in (0, 2))
            byte = ir.IntType(8).as_pointer()
            to, out_of = (builder.inttoptr(builder.add(at, word(by)), byte) for at, by in zip(rows, offsets))
            cgutils.raw_memcpy(builder, to, out_of, word(words), 8)
            return context.get_dummy_value()

        return types.none(table, types.int64, other, types.int64), build

    return copy


def _sum_blocks(vectors, places, blocks, narrow):
    """Sum ``blocks`` vectors of every leg into the target, the sums kept in registers."""
    builder = vectors.builder
    target, leg, count, stride, slot_at, lots_at, source, base = places
    load, size = (vectors.load_narrow, BYTES // 2) if narrow else (vectors.load, BYTES)
    inside = builder.udiv(base, word(BYTES // size))
    sums = []
    for _ in range(blocks):
        total = cgutils.alloca_once(builder, VECTOR)
        builder.store(every(0), total)
        sums.append(total)
    with cgutils.for_range(builder, count) as loop:
        row = builder.add(leg, builder.mul(loop.index, stride))
        slot = vectors.word_at(builder.add(row, slot_at))
        with builder.if_then(builder.icmp_signed(">=", slot, word(0)), likely=True):
            lots = vectors.spread(vectors.word_at(builder.add(row, lots_at)))
            line = builder.add(builder.add(source, builder.mul(slot, word(8))), inside)
            for block, total in enumerate(sums):
                values = load(builder.add(line, word(size * block)))
                builder.store(builder.add(builder.load(total), builder.mul(lots, values)), total)
    for block, total in enumerate(sums):
        vectors.store(builder.load(total), builder.add(builder.add(target, base), word(BYTES * block)))


def _sum_of(column, narrow):
    """``sum_lots`` for one column of the legs and one width of the lanes."""

    @intrinsic
    def total(typing_context, target, legs, first, count, source, width):
        def build(context, builder, signature, arguments):
            target_kind, legs_kind, _, _, source_kind, _ = signature.args
            vectors, fields = Vectors(builder), legs_kind.row.fields
            into = address_of(context, builder, target_kind, arguments[0])
            leg = address_of(context, builder, legs_kind, arguments[1], arguments[2])
            source = address_of(context, builder, source_kind, arguments[4])
            at = [word(fields[name].offset) for name in ("slot", column)]
            places = (into, leg, arguments[3], word(legs_kind.row.size), *at, source)
            many = word(BYTES * BLOCKS)
            end = builder.mul(arguments[5], word(8))
            whole = builder.mul(builder.udiv(end, many), many)
            place = cgutils.alloca_once_value(builder, word(0))
            for limit, blocks in ((whole, BLOCKS), (end, 1)):
                with vectors.while_below(place, limit) as base:
                    _sum_blocks(vectors, (*places, base), blocks, narrow)
                    builder.store(builder.add(base, word(BYTES * blocks)), place)
            return context.get_dummy_value()

        return types.none(target, legs, types.int64, types.int64, source, types.int64), build

    return total


_sum_lots, _sum_lots_narrow = _sum_of("lots", False), _sum_of("lots", True)
_sum_scaled, _sum_scaled_narrow = _sum_of("scaled", False), _sum_of("scaled", True)


@rule
def sum_lots(target, legs, first, last, source, width, narrow):
    if narrow != 0:
        _sum_lots_narrow(target, legs, first, last - first, source, width)
    else:
        _sum_lots(target, legs, first, last - first, source, width)


@rule
def sum_scaled(target, legs, first, last, source, width, narrow):
    if narrow != 0:
        _sum_scaled_narrow(target, legs, first, last - first, source, width)
    else:
        _sum_scaled(target, legs, first, last - first, source, width)


@rule
def lane_of(source, slot, lane, narrow):
    if narrow == 0:
        return source[slot + lane]["word"]
    packed = source[slot + lane // 2]["word"]
    if lane % 2 == 1:
        return packed >> 32
    return ((packed & LOW_WORD) ^ HALF_SIGN) - HALF_SIGN


@intrinsic
def narrow_lanes(typing_context, table, slot, width):
    def build(context, builder, signature, arguments):
        vectors = Vectors(builder)
        row = address_of(context, builder, signature.args[0], arguments[0], arguments[1])
        with vectors.blocks(arguments[2]) as offset:
            # Forward, so that a block is read before the words it is in are written.
            lanes = vectors.load(builder.add(row, offset))
            vectors.store_narrow(lanes, builder.add(row, builder.udiv(offset, word(2))))
        return context.get_dummy_value()

    return types.none(table, types.int64, types.int64), build


@intrinsic
def add_linear_lanes(typing_context, pnl, weights, start, width, low, high):
    def build(context, builder, signature, arguments):
        vectors = Vectors(builder)
        into = address_of(context, builder, signature.args[0], arguments[0])
        weight = address_of(context, builder, signature.args[1], arguments[1], arguments[2])
        low, high = (vectors.spread(number) for number in arguments[4:])
        with vectors.blocks(arguments[3]) as offset:
            shocks = vectors.load(builder.add(weight, offset))
            products = builder.select(builder.icmp_signed(">=", shocks, every(0)), low, high)
            place = builder.add(into, offset)
            vectors.store(builder.add(vectors.load(place), vectors.times_shock(products, shocks)), place)
        return context.get_dummy_value()

    return types.none(pnl, weights, types.int64, types.int64, types.int64, types.int64), build


@intrinsic
def add_group_lanes(typing_context, pnl, values, weights, damping, skew, width, base, long, short):
    def build(context, builder, signature, arguments):
        vectors = Vectors(builder)
        kinds = signature.args
        into, source = (address_of(context, builder, kinds[k], arguments[k]) for k in (0, 1))
        dampings, skews = (address_of(context, builder, kinds[2], arguments[2], arguments[k]) for k in (3, 4))
        base, long, short = (vectors.spread(number) for number in arguments[6:])
        with vectors.blocks(arguments[5]) as offset:
            shocked = vectors.load(builder.add(source, offset))
            discounts = builder.select(builder.icmp_signed(">=", shocked, every(0)), long, short)
            change = builder.sub(vectors.times(shocked, discounts), base)
            profits = vectors.times(change, vectors.load(builder.add(dampings, offset)))
            turned = vectors.smaller(profits, builder.sub(every(0), profits))
            plain = builder.icmp_signed("==", vectors.load(builder.add(skews, offset)), every(0))
            place = builder.add(into, offset)
            vectors.store(builder.add(vectors.load(place), builder.select(plain, profits, turned)), place)
        return context.get_dummy_value()

    return types.none(pnl, values, weights, *(types.int64,) * 6), build


def _shortfalls(vectors, pnl, weights, offset):
    """Profit and what is let go, of eight scenarios."""
    return vectors.builder.add(
        vectors.load(vectors.builder.add(pnl, offset)), vectors.load(vectors.builder.add(weights, offset))
    )


def _first_lane(vectors, pnl, weights, places, holds):
    """The lowest lane from a multiple of eight on for whose vector ``holds`` gives a set bit; the width for none."""
    builder = vectors.builder
    place, width = places
    found = cgutils.alloca_once_value(builder, width)
    with vectors.while_below(place, width) as lane:
        sums = _shortfalls(vectors, pnl, weights, builder.mul(lane, word(8)))
        bit = vectors.first_set(holds(sums, lane))
        hit = builder.icmp_unsigned("<", bit, word(8))
        builder.store(builder.select(hit, builder.add(lane, bit), width), found)
        builder.store(builder.select(hit, width, builder.add(lane, word(8))), place)
    return builder.load(found)


def _smallest(vectors, pnl, weights, width):
    builder = vectors.builder
    least = cgutils.alloca_once_value(builder, every(2**63 - 1))
    with vectors.blocks(width) as offset:
        builder.store(vectors.smaller(_shortfalls(vectors, pnl, weights, offset), builder.load(least)), least)
    return vectors.smallest(builder.load(least))


@intrinsic
def smallest_sum(typing_context, pnl, weights, start, width):
    def build(context, builder, signature, arguments):
        source = address_of(context, builder, signature.args[0], arguments[0])
        weight = address_of(context, builder, signature.args[1], arguments[1], arguments[2])
        return _smallest(Vectors(builder), source, weight, arguments[3])

    return types.int64(pnl, weights, types.int64, types.int64), build


@intrinsic
def smallest_lane(typing_context, pnl, weights, start, width):
    def build(context, builder, signature, arguments):
        vectors = Vectors(builder)
        source = address_of(context, builder, signature.args[0], arguments[0])
        weight = address_of(context, builder, signature.args[1], arguments[1], arguments[2])
        wanted = vectors.spread(_smallest(vectors, source, weight, arguments[3]))
        places = cgutils.alloca_once_value(builder, word(0)), arguments[3]
        return _first_lane(vectors, source, weight, places, lambda sums, _: builder.icmp_signed("==", sums, wanted))

    return types.int64(pnl, weights, types.int64, types.int64), build


@intrinsic
def lane_above(typing_context, pnl, weights, start, lane, width, limit):
    def build(context, builder, signature, arguments):
        vectors = Vectors(builder)
        source = address_of(context, builder, signature.args[0], arguments[0])
        weight = address_of(context, builder, signature.args[1], arguments[1], arguments[2])
        limit = vectors.spread(builder.neg(arguments[5]))
        from_lane, numbers = vectors.spread(arguments[3]), ir.Constant(VECTOR, list(range(8)))

        def holds(sums, lane):
            reached = builder.icmp_signed(">=", builder.add(vectors.spread(lane), numbers), from_lane)
            return builder.and_(builder.icmp_signed("<", sums, limit), reached)

        place = cgutils.alloca_once_value(builder, builder.and_(arguments[3], word(-8)))
        return _first_lane(vectors, source, weight, (place, arguments[4]), holds)

    return types.int64(pnl, weights, types.int64, types.int64, types.int64, types.int64), build


@intrinsic
def clamp_lanes(typing_context, target, source, slot, width, move, tops, most):
    def build(context, builder, signature, arguments):
        vectors, kinds = Vectors(builder), signature.args
        into, published = (address_of(context, builder, kinds[k], arguments[k], arguments[2]) for k in (0, 1))
        tops = address_of(context, builder, kinds[5], arguments[5])
        move, most = vectors.spread(arguments[4]), vectors.spread(arguments[6])
        with vectors.blocks(arguments[3]) as offset:
            moved = builder.add(vectors.load(builder.add(published, offset)), move)
            top = vectors.smaller(vectors.load(builder.add(tops, offset)), most)
            vectors.store(vectors.smaller(vectors.larger(moved, every(0)), top), builder.add(into, offset))
        return context.get_dummy_value()

    return types.none(target, source, types.int64, types.int64, types.int64, tops, types.int64), build


@intrinsic
def damp_lanes(typing_context, target, slot, width, value, weights, start):
    def build(context, builder, signature, arguments):
        vectors, kinds = Vectors(builder), signature.args
        into = address_of(context, builder, kinds[0], arguments[0], arguments[1])
        dampings = address_of(context, builder, kinds[4], arguments[4], arguments[5])
        value = vectors.spread(arguments[3])
        with vectors.blocks(arguments[2]) as offset:
            place = builder.add(into, offset)
            change = builder.sub(vectors.load(place), value)
            vectors.store(vectors.times(change, vectors.load(builder.add(dampings, offset))), place)
        return context.get_dummy_value()

    return types.none(target, types.int64, types.int64, types.int64, weights, types.int64), build


@intrinsic
def rank_words(typing_context, ranks, words, count):
    def build(context, builder, signature, arguments):
        vectors, kinds = Vectors(builder), signature.args
        into, source = (address_of(context, builder, kinds[k], arguments[k]) for k in (0, 1))
        width = builder.and_(builder.add(arguments[2], word(7)), word(-8))
        with vectors.blocks(width) as offset:
            own = vectors.load(builder.add(source, offset))
            rank = cgutils.alloca_once(builder, VECTOR)
            builder.store(every(0), rank)
            with cgutils.for_range(builder, arguments[2]) as loop:
                other = vectors.spread(vectors.word_at(builder.add(source, builder.mul(loop.index, word(8)))))
                behind = builder.zext(builder.icmp_signed("<", other, own), VECTOR)
                builder.store(builder.add(builder.load(rank), behind), rank)
            vectors.store(builder.load(rank), builder.add(into, offset))
        return context.get_dummy_value()

    return types.none(ranks, words, types.int64), build
