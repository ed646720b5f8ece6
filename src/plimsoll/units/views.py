"""What a pool is to compiled rules: one pointer to a list of (address, rows), a table being such a pair.

A NamedTuple of NumPy arrays would be handed on as seven words and a reference count a table, at every call; that cost
more time than the rules, and more compilation than everything else.  ``view`` is taken once a batch by the function
Python calls, which holds the arrays meanwhile; a view is never returned or stored.  Indices are not wrapped; with
``NUMBA_BOUNDSCHECK=1`` they are checked.
"""

from typing import TYPE_CHECKING, TypeVar

from plimsoll.units.jit import COMPILED

P = TypeVar("P")

if TYPE_CHECKING or not COMPILED:

    def view(pool: P) -> P:
        """The same pool, without reference counts, for the rules below."""
        return pool

else:
    import operator

    from llvmlite import ir
    from numba import config, types
    from numba.core import cgutils
    from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
    from numba.extending import (
        infer_getattr,
        intrinsic,
        lower_builtin,
        lower_getattr,
        lower_getattr_generic,
        models,
        register_model,
    )

    WORD = ir.IntType(64)

    class TableView(types.Type):
        """A table: address of its first row, and how many there are."""

        def __init__(self, row):
            self.row = row
            super().__init__(name=f"TableView({row.name})")

    class PoolView(types.Type):
        """The tables of a pool by name."""

        def __init__(self, tables):
            self.tables = tables
            self.names = tuple(name for name, _ in tables)
            super().__init__(name=f"PoolView({tables})")

    @register_model(TableView)
    class TableModel(models.StructModel):
        def __init__(self, manager, kind):
            super().__init__(manager, kind, [("address", types.int64), ("rows", types.int64)])

    @register_model(PoolView)
    class PoolModel(models.PrimitiveModel):
        def __init__(self, manager, kind):
            super().__init__(manager, kind, WORD.as_pointer())

    @infer_getattr
    class PoolAttributes(AttributeTemplate):
        key = PoolView

        def generic_resolve(self, pool, name):
            return dict(pool.tables).get(name)

    @infer_getattr
    class TableAttributes(AttributeTemplate):
        key = TableView

        def resolve_size(self, table):
            return types.int64

    @infer_global(operator.getitem)
    class TableItem(AbstractTemplate):
        def generic(self, arguments, keywords):
            table, row = arguments
            if isinstance(table, TableView) and isinstance(row, types.Integer):
                return signature(table.row, table, types.int64)
            return None

    @lower_getattr_generic(PoolView)
    def lower_table(context, builder, kind, pool, name):
        place = 2 * kind.names.index(name)
        table = cgutils.create_struct_proxy(dict(kind.tables)[name])(context, builder)
        table.address = builder.load(builder.gep(pool, [ir.Constant(WORD, place)]))
        table.rows = builder.load(builder.gep(pool, [ir.Constant(WORD, place + 1)]))
        return table._getvalue()

    @lower_getattr(TableView, "size")
    def lower_size(context, builder, kind, value):
        return cgutils.create_struct_proxy(kind)(context, builder, value=value).rows

    def row_address(context, builder, kind, value, row):
        """Address of a row, as an integer."""
        table = cgutils.create_struct_proxy(kind)(context, builder, value=value)
        if config.BOUNDSCHECK:
            outside = builder.icmp_unsigned(">=", row, table.rows)
            with builder.if_then(outside, likely=False):
                context.call_conv.return_user_exc(builder, IndexError, ("row outside its table",))
        return builder.add(table.address, builder.mul(row, ir.Constant(WORD, kind.row.size)))

    @lower_builtin(operator.getitem, TableView, types.int64)
    def lower_row(context, builder, signature, arguments):
        kind = signature.args[0]
        address = row_address(context, builder, kind, *arguments)
        pointer = builder.inttoptr(address, context.get_data_type(kind.row).as_pointer())
        return context.unpack_value(builder, kind.row, pointer)

    def view_of(names, rows):
        """The type of a pool's view, from the names of its tables and the types of their rows."""
        return PoolView(tuple((name, TableView(row)) for name, row in zip(names, rows)))

    @intrinsic
    def view(typing_context, pool):
        names = pool.instance_class._fields
        kind = view_of(names, [array.dtype for array in pool.types])

        def build(context, builder, signature, arguments):
            place = cgutils.alloca_once(builder, WORD, size=2 * len(names))
            for position, array_type in enumerate(signature.args[0].types):
                value = builder.extract_value(arguments[0], position)
                array = context.make_array(array_type)(context, builder, value=value)
                for offset, word in enumerate((builder.ptrtoint(array.data, WORD), array.nitems)):
                    builder.store(word, builder.gep(place, [ir.Constant(WORD, 2 * position + offset)]))
            return place

        return kind(pool), build
