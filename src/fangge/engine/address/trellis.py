"""Steps of the best path through labels, a row of scores at a time, as vectors of the processor."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils as untyped_cgutils
from numba.core import types
from numba.extending import intrinsic

from fangge.engine.address.labels import FORBIDDEN, N_COLUMNS, N_SPANNED, N_STARTS
from fangge.engine.address.vectors import point_to

LOWEST = 4 * FORBIDDEN
"""Stands in the columns of a row of scores that belong to no label."""

_LANES = 8
_SCORE, _PLACE, _BITS = ir.IntType(32), ir.IntType(64), ir.IntType(N_COLUMNS)
_ROW, _EIGHT = ir.VectorType(_SCORE, N_COLUMNS), ir.VectorType(_SCORE, _LANES)
_EIGHT_SUMS = ir.VectorType(ir.IntType(16), _LANES)
_LOWEST_ROW = _ROW([LOWEST] * N_COLUMNS)
# Where eights of labels begin: of those that start, and of those that go on, the last two overlap.
_STARTS = range(0, N_STARTS, _LANES)
_SPANNED = (*range(0, N_SPANNED - _LANES, _LANES), N_SPANNED - _LANES)
_PLACE_BITS = 8

cgutils: Any = untyped_cgutils
Code = Any
"""Types and values of Numba's compiler, which has none of its own for a checker."""


def _write_step(
    _: Code, scores: Code, sums: Code, k: Code, ahead: Code, goes_in: Code, goes_on: Code,
    slack: Code,
) -> Code:  # fmt: skip
    def write(context: Code, builder: Code, signature: Code, values: Code) -> Code:
        there, score = (
            point_to(context, builder, signature.args[i], values[i], values[2]) for i in (0, 1)
        )
        past = builder.gep(there, [_PLACE(-N_COLUMNS)])
        ahead_at, in_at, on_at, slack_at = (
            context.make_array(signature.args[i])(context, builder, values[i]).data
            for i in range(3, 7)
        )
        row = _load(builder, past, 0, _ROW)
        top, first = _find_top(builder, row)
        slack_row = _load(builder, slack_at, builder.mul(first, _PLACE(N_COLUMNS)), _ROW)
        reach = builder.icmp_signed(">=", builder.add(row, slack_row), _repeat(builder, top, _ROW))
        best = _start_anew(builder, past, ahead_at, builder.bitcast(reach, _BITS))
        for begin, eight in zip(_STARTS, best, strict=True):
            _store_sum(builder, eight, score, begin, there)
        for kind in _SPANNED:
            begun, gone_on = (
                builder.add(
                    _load(builder, past, begin + kind, _EIGHT), _load(builder, at, kind, _EIGHT)
                )
                for begin, at in ((1, in_at), (N_STARTS, on_at))
            )
            _store_sum(builder, _maximum(builder, begun, gone_on), score, N_STARTS + kind, there)
        return context.get_dummy_value()

    return types.void(scores, sums, k, ahead, goes_in, goes_on, slack), write


def _start_anew(builder: Code, past: Code, ahead: Code, reach: Code) -> list[Code]:
    """Give the best score of each start behind the labels whose bits are set."""
    best = [cgutils.alloca_once_value(builder, _EIGHT([LOWEST] * _LANES)) for _ in _STARTS]
    left = cgutils.alloca_once_value(builder, reach)
    with cgutils.for_range(builder, builder.ctpop(reach)):
        bits = builder.load(left)
        place = builder.zext(builder.cttz(bits, ir.IntType(1)(1)), _PLACE)
        builder.store(builder.and_(bits, builder.sub(bits, _BITS(1))), left)
        so_far = _repeat(builder, builder.load(builder.gep(past, [place])), _EIGHT)
        begin = builder.mul(place, _PLACE(N_COLUMNS))
        for eight, raised in zip(_STARTS, best, strict=True):
            moves = _load(builder, ahead, builder.add(begin, _PLACE(eight)), _EIGHT)
            tried = builder.add(so_far, moves)
            builder.store(_maximum(builder, builder.load(raised), tried), raised)
    return [builder.load(raised) for raised in best]


def _write_find(_: Code, scores: Code, k: Code, moves: Code, label: Code) -> Code:
    def write(context: Code, builder: Code, signature: Code, values: Code) -> Code:
        past, moved = (
            _load(
                builder,
                point_to(context, builder, signature.args[i], values[i], values[i + 1]),
                0,
                _ROW,
            )
            for i in (0, 2)
        )
        tried = builder.add(past, moved)
        top, first = _find_top(builder, tried)
        others = builder.insert_element(tried, _SCORE(LOWEST), first)
        second, _next = _find_top(builder, others)
        lead = builder.zext(builder.sub(top, second), _PLACE)
        return builder.or_(builder.shl(lead, _PLACE(_PLACE_BITS)), first)

    return types.int64(scores, k, moves, label), write


def _find_top(builder: Code, row: Code) -> tuple[Code, Code]:
    """Find the highest score of a row, and the first place that has it."""
    kind = ir.FunctionType(_SCORE, [_ROW])
    reduce = cgutils.get_or_insert_function(
        builder.module, kind, f"llvm.vector.reduce.smax.v{N_COLUMNS}i32"
    )
    top = builder.call(reduce, [row])
    are = builder.bitcast(builder.icmp_signed("==", row, _repeat(builder, top, _ROW)), _BITS)
    return top, builder.zext(builder.cttz(are, ir.IntType(1)(1)), _PLACE)


def _load(builder: Code, array: Code, begin: Code, kind: Code) -> Code:
    place = _PLACE(begin) if isinstance(begin, int) else begin
    return builder.load(
        builder.bitcast(builder.gep(array, [place]), kind.as_pointer()),
        align=kind.element.width // 8,
    )


def _store_sum(builder: Code, scores: Code, sums: Code, begin: int, there: Code) -> None:
    total = builder.add(scores, builder.zext(_load(builder, sums, begin, _EIGHT_SUMS), _EIGHT))
    place = builder.bitcast(builder.gep(there, [_PLACE(begin)]), _EIGHT.as_pointer())
    builder.store(total, place, align=_SCORE.width // 8)


def _repeat(builder: Code, value: Code, kind: Code) -> Code:
    nothing = kind(ir.Undefined)
    one = builder.insert_element(nothing, value, _SCORE(0))
    return builder.shuffle_vector(one, nothing, ir.VectorType(_SCORE, kind.count)(None))


def _maximum(builder: Code, one: Code, other: Code) -> Code:
    return builder.select(builder.icmp_signed(">", one, other), one, other)


go_ahead: Any = intrinsic(_write_step)
"""Give the best score of all paths to each label of place `k`, from those of the place before.

Takes the table of scores, that of sums of uint16, `k`, and what `Moves` names so: `ahead`,
`goes_in`, `goes_on` and `slack`. A label that trails the best by more than moves can make up for
leads to no start.
"""

find_best: Any = intrinsic(_write_find)
"""Find the first best label to come from; gives by how much it beats the next, above its number.

Takes tables of scores and moves, each with the row that counts; the number is in the last eight
bits.
"""
