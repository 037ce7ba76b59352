"""Ask a decided pair again when its evidence is not what it was."""

import json

from fangge.fusion.actions.review.decide import weigh
from fangge.fusion.adapters.parts import levels_of
from fangge.fusion.models.run import Pair
from fangge.fusion.queries.decisions import standing_pairs
from fangge.fusion.queries.pairs import KINDS
from fangge.fusion.rules.reviewing import changed_levels


def ask_again(*, run_id: int) -> int:
    """Offer each decided pair whose fields agree otherwise than when it was decided; how many.

    The decision holds until a person decides anew.
    """
    return sum(_ask_again(kind, run_id) for kind in KINDS)


def _ask_again(kind: str, run_id: int) -> int:
    standing = standing_pairs(kind=kind).drop_nulls("verdict")
    if standing.is_empty():
        return 0
    weighed = weigh(standing, kind=kind)
    # A part that its record does not name any longer has no evidence to compare.
    standing = standing.filter(weighed["weight"].is_not_null())
    weighed = weighed.drop_nulls("weight")
    n_asked = 0
    rows = zip(
        standing.iter_rows(named=True),
        levels_of(weighed, kind=kind),
        weighed["weight"],
        strict=True,
    )
    for row, levels, weight in rows:
        changed = changed_levels(json.loads(row["levels"]), levels)
        if changed:
            Pair.objects.update_or_create(
                kind=kind,
                left_id=row["left"],
                left_part=row["left_part"],
                right_id=row["right"],
                right_part=row["right_part"],
                defaults={"run_id": run_id, "weight_bits": weight, "changed": changed},
            )
            n_asked += 1
    return n_asked
