"""Say by which rule a value won among those that records say of one subject."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple


class Said(NamedTuple):
    """What one record says of a field."""

    value: str
    rank: int  # of its source; lower speaks first
    said_on: date | None
    is_winner: bool = False


def name_rule(said: Sequence[Said], *, is_told_elsewhere: bool) -> str:
    """Give the first rule that tells the winner from the others, in the order they are asked.

    `told` the identifier tells it, or a correction; `only` nobody else says anything; `agreed`
    all say the same; `most` most say so; `source` its source speaks first; `newer` its record is
    newer; `common` is left: a writing that clerks seldom mistake, or the older record.
    """
    winner = next((one for one in said if one.is_winner), None)
    if winner is None or is_told_elsewhere:
        return "told"
    others = [one for one in said if one.value != winner.value]
    if len(said) == 1:
        return "only"
    if not others:
        return "agreed"
    n_same = len(said) - len(others)
    if all(n_same > sum(one.value == other.value for other in others) for one in others):
        return "most"
    if winner.rank < min(one.rank for one in others):
        return "source"
    rivals = [one for one in others if one.rank == winner.rank]
    is_newer = all((winner.said_on or date.min) > (one.said_on or date.min) for one in rivals)
    return "newer" if rivals and is_newer else "common"
