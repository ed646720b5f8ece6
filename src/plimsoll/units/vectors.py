"""Vectors of eight int64 in the compiler's own language: what ``lanes_compiled`` is written with."""

from contextlib import contextmanager

from llvmlite import ir
from numba.core import cgutils

from plimsoll.units.limits import PART_BITS, PARTS

WORD = ir.IntType(64)
VECTOR = ir.VectorType(WORD, 8)
NARROW = ir.VectorType(ir.IntType(32), 8)
BYTES = 64
LOW_WORD = 0xFFFFFFFF


def word(number):
    """A constant word."""
    return ir.Constant(WORD, number)


def every(number):
    """A constant in every lane."""
    return ir.Constant(VECTOR, [number] * 8)


def address_of(context, builder, kind, table, row=None):
    """The address of a table's row, the first unless said."""
    first = cgutils.create_struct_proxy(kind)(context, builder, value=table).address
    return first if row is None else builder.add(first, builder.mul(row, word(kind.row.size)))


class Vectors:
    """A builder, with what vectors need. Addresses are words; nothing is aligned but by eight bytes."""

    def __init__(self, builder):
        self.builder = builder

    def load(self, address):
        """The eight words at an address."""
        return self.builder.load(self.builder.inttoptr(address, VECTOR.as_pointer()), align=8)

    def load_narrow(self, address):
        """Eight numbers of 32 bits at an address, as words."""
        pointer = self.builder.inttoptr(address, NARROW.as_pointer())
        return self.builder.sext(self.builder.load(pointer, align=8), VECTOR)

    def store_narrow(self, vector, address):
        """Write the lower halves of eight words."""
        pointer = self.builder.inttoptr(address, NARROW.as_pointer())
        self.builder.store(self.builder.trunc(vector, NARROW), pointer, align=8)

    def store(self, vector, address):
        """Write eight words."""
        self.builder.store(vector, self.builder.inttoptr(address, VECTOR.as_pointer()), align=8)

    def word_at(self, address):
        """The word at an address."""
        return self.builder.load(self.builder.inttoptr(address, WORD.as_pointer()))

    def spread(self, number):
        """One word in every lane."""
        vector = self.builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
        return self.builder.shuffle_vector(vector, ir.Constant(VECTOR, ir.Undefined), lanes)

    def larger(self, one, other):
        """Lane by lane."""
        return self.builder.select(self.builder.icmp_signed(">", one, other), one, other)

    def smaller(self, one, other):
        """Lane by lane."""
        return self.builder.select(self.builder.icmp_signed("<", one, other), one, other)

    def times(self, numbers, parts):
        """``parts.times`` lane by lane."""
        build = self.builder
        high = build.shl(build.mul(build.ashr(numbers, every(32)), parts), every(2))
        low = build.lshr(build.mul(build.and_(numbers, every(LOW_WORD)), parts), every(PART_BITS))
        return build.add(high, low)

    def times_shock(self, numbers, shocks):
        """``parts.times_shock`` lane by lane."""
        build = self.builder
        whole = build.mul(numbers, build.ashr(shocks, every(PART_BITS)))
        return build.add(whole, self.times(numbers, build.and_(shocks, every(PARTS - 1))))

    def smallest(self, vector):
        """The smallest of the eight."""
        kind = ir.FunctionType(WORD, [VECTOR])
        reduce = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.vector.reduce.smin.v8i64")
        return self.builder.call(reduce, [vector])

    def first_set(self, mask):
        """The number of the lowest lane whose bit is set; 8 for none."""
        bits = self.builder.zext(self.builder.bitcast(mask, ir.IntType(8)), WORD)
        # A ninth bit, so that there is always one.
        return self.builder.cttz(self.builder.or_(bits, word(256)), ir.Constant(ir.IntType(1), 1))

    @contextmanager
    def blocks(self, width):
        """A loop over a row, vector by vector; gives the offset in bytes."""
        with cgutils.for_range(self.builder, self.builder.udiv(width, word(8))) as loop:
            yield self.builder.mul(loop.index, word(BYTES))

    @contextmanager
    def while_below(self, place, limit):
        """A loop while the word at ``place`` is below the limit; the body advances it."""
        build = self.builder
        test, body, after = (build.append_basic_block(name) for name in ("test", "body", "after"))
        build.branch(test)
        build.position_at_end(test)
        now = build.load(place)
        build.cbranch(build.icmp_unsigned("<", now, limit), body, after)
        build.position_at_end(body)
        yield now
        build.branch(test)
        build.position_at_end(after)
