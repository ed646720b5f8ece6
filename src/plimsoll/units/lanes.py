"""Rows of scenarios, eight words at a time: the few loops whose speed decides that of a sweep over portfolios.

A lane table is a table of one column, ``word``.  Compiled, the loops are written as vectors of eight int64, since the
addresses of views tell the compiler nothing about what may overlap; uncompiled they are plain loops.  Widths are
multiples of ``LANES``.  Nothing here can overflow within the limits a listing proves (``PORTFOLIO_SUM_MAX``).
"""

from typing import TYPE_CHECKING, Any

from plimsoll.units.jit import COMPILED, rule
from plimsoll.units.limits import PART_BITS, PARTS, PPB

LOW_WORD = 0xFFFFFFFF


@rule
def part_of(rate: int) -> int:
    """A rate of 0 .. 2 * ppb in parts of 2**30, rounded down."""
    return (rate << PART_BITS) // PPB


@rule
def times(number: int, part: int) -> int:
    """floor(number * part / 2**30) for 0 <= part <= 2**31 and |number| below 2**61."""
    return (((number >> 32) * part) << 2) + (((number & LOW_WORD) * part) >> PART_BITS)


@rule
def times_shock(number: int, shock: int) -> int:
    """floor(number * shock / 2**30) for a signed shock of any whole part."""
    return number * (shock >> PART_BITS) + times(number, shock & (PARTS - 1))


if TYPE_CHECKING or not COMPILED:

    def scratch(row: type[Any], rows: int) -> Any:
        """A maker of scratch tables: ``rows`` rows of uninitialised memory that lives as long as its caller's call."""
        names = list(row.__annotations__)
        return lambda: [dict.fromkeys(names, 0) for _ in range(rows)]

    def sum_lanes(target: Any, legs: Any, first: int, last: int, source: Any, width: int) -> None:
        """target[s] = sum over legs first .. last - 1 of scaled * source[slot + s], for s < width."""
        for lane in range(width):
            target[lane]["word"] = sum(
                legs[leg]["scaled"] * source[legs[leg]["slot"] + lane]["word"]
                for leg in range(first, last)
                if legs[leg]["slot"] >= 0
            )

else:
    from contextlib import contextmanager

    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic
    from numba.np.numpy_support import from_dtype

    from plimsoll.units.tables import dtype_of
    from plimsoll.units.views import TableView

    WORD = ir.IntType(64)
    VECTOR = ir.VectorType(WORD, 8)
    BYTES = 64
    BLOCKS = 5

    def _constant(value):
        return ir.Constant(WORD, value)

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
                table.rows = _constant(rows)
                return table._getvalue()

            return kind(), build

        return make

    def _fields(context, builder, kind, value):
        return cgutils.create_struct_proxy(kind)(context, builder, value=value)

    def _load(builder, address, offset):
        pointer = builder.inttoptr(builder.add(address, offset), VECTOR.as_pointer())
        return builder.load(pointer, align=8)

    def _store(builder, value, address, offset):
        pointer = builder.inttoptr(builder.add(address, offset), VECTOR.as_pointer())
        builder.store(value, pointer, align=8)

    def _spread(builder, value):
        vector = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
        return builder.shuffle_vector(vector, ir.Constant(VECTOR, ir.Undefined), lanes)

    def _word(builder, address):
        return builder.load(builder.inttoptr(address, WORD.as_pointer()))

    @contextmanager
    def _while_below(builder, place, limit):
        """A loop while the word at ``place`` is below the limit; the body advances it."""
        test, body, after = (builder.append_basic_block(name) for name in ("test", "body", "after"))
        builder.branch(test)
        builder.position_at_end(test)
        now = builder.load(place)
        builder.cbranch(builder.icmp_unsigned("<", now, limit), body, after)
        builder.position_at_end(body)
        yield now
        builder.branch(test)
        builder.position_at_end(after)

    def _sum_blocks(builder, places, blocks):
        """Sum ``blocks`` vectors of every leg into the target, the sums kept in registers."""
        target, leg, count, stride, slot_at, source, base = places
        sums = []
        for _ in range(blocks):
            total = cgutils.alloca_once(builder, VECTOR)
            builder.store(ir.Constant(VECTOR, [0] * 8), total)
            sums.append(total)
        with cgutils.for_range(builder, count) as loop:
            row = builder.add(leg, builder.mul(loop.index, stride))
            slot = _word(builder, builder.add(row, slot_at[0]))
            with builder.if_then(builder.icmp_signed(">=", slot, _constant(0)), likely=True):
                lots = _spread(builder, _word(builder, builder.add(row, slot_at[1])))
                line = builder.add(builder.add(source, builder.mul(slot, _constant(8))), base)
                for block, total in enumerate(sums):
                    product = builder.mul(lots, _load(builder, line, _constant(BYTES * block)))
                    builder.store(builder.add(builder.load(total), product), total)
        for block, total in enumerate(sums):
            _store(builder, builder.load(total), builder.add(target, base), _constant(BYTES * block))

    @intrinsic
    def _sum_lanes(typing_context, target, legs, first, count, source, width):
        offsets = legs.row.fields

        def build(context, builder, signature, arguments):
            target_kind, legs_kind, _, _, source_kind, _ = signature.args
            into = _fields(context, builder, target_kind, arguments[0]).address
            table = _fields(context, builder, legs_kind, arguments[1])
            from_ = _fields(context, builder, source_kind, arguments[4]).address
            stride = _constant(legs_kind.row.size)
            leg = builder.add(table.address, builder.mul(arguments[2], stride))
            slot_at = [_constant(offsets[name].offset) for name in ("slot", "scaled")]
            many = _constant(BYTES * BLOCKS)
            whole = builder.mul(builder.udiv(builder.mul(arguments[5], _constant(8)), many), many)
            place = cgutils.alloca_once_value(builder, _constant(0))
            with _while_below(builder, place, whole) as base:
                _sum_blocks(builder, (into, leg, arguments[3], stride, slot_at, from_, base), BLOCKS)
                builder.store(builder.add(base, many), place)
            end = builder.mul(arguments[5], _constant(8))
            with _while_below(builder, place, end) as base:
                _sum_blocks(builder, (into, leg, arguments[3], stride, slot_at, from_, base), 1)
                builder.store(builder.add(base, _constant(BYTES)), place)
            return context.get_dummy_value()

        return types.none(target, legs, types.int64, types.int64, source, types.int64), build

    @rule
    def sum_lanes(target, legs, first, last, source, width):
        _sum_lanes(target, legs, first, last - first, source, width)
