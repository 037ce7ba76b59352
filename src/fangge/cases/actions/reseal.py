"""Seal anew what an older key sealed of what was said in cases."""

from collections.abc import Callable

from fangge.cases.actions.attaching import NAME_COLUMN
from fangge.cases.actions.following import RATING_COLUMN
from fangge.cases.actions.report import CONTACT_COLUMN, TOLD_COLUMN
from fangge.cases.actions.transition import NOTE_COLUMN
from fangge.kernel.actor import Actor
from fangge.registers.actions.reseal import SealedColumn, reseal_column

CASES = (
    SealedColumn("cases_case", "told_sealed", TOLD_COLUMN, row="number"),
    SealedColumn("cases_case", "contact_sealed", CONTACT_COLUMN, row="number"),
    SealedColumn("cases_casestep", "note_sealed", NOTE_COLUMN, row="case_id || ':' || place"),
    SealedColumn("cases_attachment", "name_sealed", NAME_COLUMN, row="step_id || ':' || file_id"),
    SealedColumn("cases_caserating", "text_sealed", RATING_COLUMN, row="case_id || ':' || place"),
)


def reseal_cases(*, actor: Actor, tell: Callable[[str, int], None]) -> int:
    """Seal anew every word that an older key sealed; give how many. May be run again."""
    actor.require("keys.rotate")
    return sum(reseal_column(held, tell=tell) for held in CASES)
