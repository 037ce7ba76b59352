"""What compiled code cannot say in Python: rows added up as vectors, and memory asked for early."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils as untyped_cgutils
from numba.core import types
from numba.extending import intrinsic

from fangge.engine.address.labels import N_COLUMNS

_BYTES_OF_CHECK = 2
_READ, _KEEP, _DATA = 0, 3, 1

cgutils: Any = untyped_cgutils
Code = Any
"""Types and values of Numba's compiler, which has none of its own for a checker."""


def _write_fetch(_: Code, rows: Code, place: Code) -> Code:
    def write(context: Code, builder: Code, signature: Code, values: Code) -> Code:
        row = _point_to_row(context, builder, signature.args[0], values[0], values[1])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [row.type, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetch, [row, number(_READ), number(_KEEP), number(_DATA)])
        return context.get_dummy_value()

    return types.void(rows, place), write


def _write_sum(
    _: Code, rows: Code, places: Code, checks: Code, k: Code, n_places: Code, sums: Code
) -> Code:
    def write(context: Code, builder: Code, signature: Code, values: Code) -> Code:
        at_places, at_checks, there = (
            point_to(context, builder, signature.args[i], values[i], values[3]) for i in (1, 2, 5)
        )
        narrow, wide = (ir.VectorType(ir.IntType(bits), N_COLUMNS) for bits in (8, 16))
        total = cgutils.alloca_once_value(builder, wide(None))
        with cgutils.for_range(builder, values[4]) as loop:
            place, check = (
                builder.load(builder.gep(array, [loop.index])) for array in (at_places, at_checks)
            )
            place = builder.zext(place, ir.IntType(64))
            row = _point_to_row(context, builder, signature.args[0], values[0], place)
            last = builder.gep(row, [ir.IntType(64)(N_COLUMNS - _BYTES_OF_CHECK)])
            held = builder.load(builder.bitcast(last, check.type.as_pointer()), align=1)
            weights = builder.load(builder.bitcast(row, narrow.as_pointer()), align=1)
            counted = builder.select(
                builder.icmp_unsigned("==", held, check), builder.zext(weights, wide), wide(None)
            )
            builder.store(builder.add(builder.load(total), counted), total)
        there = builder.bitcast(there, wide.as_pointer())
        builder.store(builder.load(total), there, align=1)
        return context.get_dummy_value()

    return types.void(rows, places, checks, k, n_places, sums), write


def point_to(context: Code, builder: Code, kind: Code, rows: Code, k: Code) -> Code:
    """Point to the first number of a row, in a table without gaps.

    A row by itself, `rows[k]`, would be counted as a user of the table, and that takes its time.
    """
    array = context.make_array(kind)(context, builder, rows)
    width = builder.extract_value(array.shape, 1)
    return builder.gep(array.data, [builder.mul(k, width)])


def _point_to_row(context: Code, builder: Code, kind: Code, rows: Code, place: Code) -> Code:
    array = context.make_array(kind)(context, builder, rows)
    return builder.gep(array.data, [builder.mul(place, place.type(N_COLUMNS))])


fetch_row: Any = intrinsic(_write_fetch)
"""Ask for the memory of a row, whose place is unsigned, without waiting for it."""

sum_rows: Any = intrinsic(_write_sum)
"""Add up rows of bytes into sums of sixteen bits, those whose last two bytes are the check.

Takes rows of uint8, and tables of which row `k` counts: places of uint32 and checks of uint16, `k`,
the number of places, and where to write sums of uint16; tables have no gaps.
"""
