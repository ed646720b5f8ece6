"""The one place that knows how rules are compiled.

Every rule runs in two ways from one source: compiled by Numba over structured arrays, and, when Numba is disabled
(``NUMBA_DISABLE_JIT=1``), as plain Python over lists of dicts of Python integers, which is the exact twin the tests
compare with.  A primitive that only exists in machine code has its plain twin here or in ``fixed``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

if TYPE_CHECKING:
    COMPILED: bool

    def rule(function: Callable[P, R], /) -> Callable[P, R]:
        """A leaf helper, inlined by the compiler into its callers."""

    def command(function: Callable[P, R], /) -> Callable[P, R]:
        """A function of its own in the compiled code: commands, health, steps of the waterfall."""

    def entry(*signature: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """A function Python calls, with an explicit signature, cached on disk."""

    def shared(*signature: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """A function compiled once, by itself, and called by its name; what calls it is compiled without it.

        Every function of the compiler's carries all it calls, and is optimised with it, on every level.  A cut at the
        few functions most others reach keeps the time to compile in proportion to the code.
        """

    def borrow(array: T) -> T:
        """The same array without a reference count; only while the caller holds it, never returned or stored."""

    def prefetch(table: Any, row: int, byte: int) -> None:
        """Hint that ``table[row]`` will be needed soon; changes nothing."""
else:
    import os
    import pickle
    import warnings

    import numba
    from llvmlite import binding, ir
    from numba import config, types
    from numba.core import cgutils
    from numba.core.typing.templates import ConcreteTemplate, infer_global
    from numba.extending import intrinsic, lower_builtin

    from plimsoll._cache import forget_compiled

    COMPILED = not config.DISABLE_JIT

    _SHARED = {"error_model": "numpy", "nogil": True}

    def _for_any_numbers(dispatcher):
        """One compiled version for all constants: Numba would make one for every literal a caller passes."""
        resolve = dispatcher.get_call_template
        dispatcher.get_call_template = lambda arguments, keywords: resolve(
            tuple(types.unliteral(argument) for argument in arguments), keywords
        )
        return dispatcher

    def rule(function):
        if not COMPILED:
            return function
        options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_SHARED}
        return _for_any_numbers(numba.njit(**options)(function))

    def command(function):
        if not COMPILED:
            return function
        # forceinline is inherited by what a forced-inline caller compiles, unless it is set here.
        options = {"forceinline": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_SHARED}
        return _for_any_numbers(numba.njit(**options)(function))

    def _kept(function, signature, **options):
        """Compiled for the signatures, from the disk where it is there."""
        # Without a folder of its own, Numba would keep code beside the sources and miss changes in what is called.
        for _ in range(2 if "NUMBA_CACHE_DIR" in os.environ else 0):
            try:
                return numba.njit(list(signature), cache=True, **options)(function)
            except (EOFError, pickle.UnpicklingError):
                forget_compiled(function.__qualname__)
            except OSError as error:
                warnings.warn(f"compiled code cannot be kept ({error}); compiling again", stacklevel=3)
                break
        return numba.njit(list(signature), **options)(function)

    def entry(*signature):
        def decorate(function):
            return _kept(function, signature, **_SHARED) if COMPILED else function

        return decorate

    def shared(*signature):
        def decorate(function):
            if not COMPILED:
                return function
            options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_SHARED}
            compiled = _kept(function, signature, **options)
            (result,) = compiled.overloads.values()
            symbol = f"{function.__module__}.{function.__qualname__}"
            binding.add_symbol(symbol, result.library.get_pointer_to_function(result.fndesc.llvm_func_name))
            return _named(symbol, result.signature, compiled)

        return decorate

    def _named(symbol, signature, compiled):
        """What stands for a shared function in the code of others: a call by name, errors passed on."""

        def stub(*arguments):
            raise TypeError(f"{symbol} is for compiled rules")

        class Signature(ConcreteTemplate):
            key = stub
            cases = [signature]  # noqa: RUF012

        infer_global(stub, types.Function(Signature))

        @lower_builtin(stub, *signature.args)
        def call(context, builder, found, arguments):
            convention = context.call_conv
            kind = convention.get_function_type(signature.return_type, signature.args)
            function = cgutils.get_or_insert_function(builder.module, kind, symbol)
            status, value = convention.call_function(
                builder, function, signature.return_type, signature.args, arguments
            )
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return value

        stub.compiled = compiled  # the code lives as long as what calls it
        return stub

    if COMPILED:

        @intrinsic
        def borrow(typing_context, array):
            def build(context, builder, signature, arguments):
                view = context.make_array(signature.args[0])(context, builder, arguments[0])
                view.meminfo = view.meminfo.type(None)
                view.parent = view.parent.type(None)
                return view._getvalue()

            return array(array), build

        @intrinsic
        def prefetch(typing_context, table, row, byte):
            def build(context, builder, signature, arguments):
                view = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
                word, flag = ir.IntType(64), ir.IntType(32)
                pointer = ir.IntType(8).as_pointer()
                size = ir.Constant(word, signature.args[0].row.size)
                offset = builder.add(builder.mul(arguments[1], size), arguments[2])
                address = builder.inttoptr(builder.add(view.address, offset), pointer)
                signature_type = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
                function = cgutils.get_or_insert_function(builder.module, signature_type, "llvm.prefetch.p0")
                hints = [ir.Constant(flag, value) for value in (0, 3, 1)]  # for reading, keep close, data
                builder.call(function, [address, *hints])
                return context.get_dummy_value()

            return types.none(table, types.int64, types.int64), build
    else:

        def borrow(array):
            return array

        def prefetch(table, row, byte):
            pass
