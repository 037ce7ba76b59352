"""How long each kind of record is kept, on which legal basis, and what becomes of it: one table."""

from collections.abc import Mapping
from dataclasses import dataclass

YEAR = 365


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: `days` after `clock` it is deleted or emptied; None is kept."""

    title: str
    clock: str
    days: int | None
    fate: str  # deleted, emptied or kept
    basis: str


KINDS: Mapping[str, Kind] = {
    "resident_left": Kind(
        "Resident who died or left, with addresses, history and source rows",
        "the entry ended",
        5 * YEAR,
        "emptied",
        "PIPL art. 19 and 47 (1): no longer needed for the register",
    ),
    "resident_history": Kind(
        "Former values of a resident's fields",
        "the value was replaced",
        5 * YEAR,
        "deleted",
        "PIPL art. 19: shortest time that corrections and disputes need",
    ),
    "source_row_replaced": Kind(
        "Row of a resident that its source replaced by a newer one",
        "the newer row came",
        YEAR,
        "emptied",
        "PIPL art. 6 and 19: the newer row serves the purpose",
    ),
    "quarantined_row": Kind(
        "Quarantined row that was mended or left out",
        "it was decided on",
        180,
        "emptied",
        "PIPL art. 6 and 19: nothing needs the faulty row any more",
    ),
    "change_request": Kind(
        "Life event or correction, with its reason and evidence",
        "it was decided on",
        3 * YEAR,
        "emptied",
        "PIPL art. 19; limits of administrative review and litigation",
    ),
    "case_ended": Kind(
        "What was said in a case that has ended, and how to reach who reported it",
        "the case ended",
        3 * YEAR,
        "emptied",
        "PIPL art. 19; limits of administrative review and litigation",
    ),
    "field_answer": Kind(
        "What was said in the answer to a field task, or in calling it off",
        "the task was settled",
        YEAR,
        "emptied",
        "PIPL art. 6 and 19: what the answer changed stands in the registers",
    ),
    "field_task": Kind(
        "Field task, with its question, the answer chosen and who went",
        "the task was settled",
        3 * YEAR,
        "deleted",
        "PIPL art. 19; limits of administrative review and litigation",
    ),
    "case_file": Kind(
        "Photo, document or recording that came with a case that has ended",
        "the case ended",
        3 * YEAR,
        "deleted",
        "PIPL art. 19; limits of administrative review and litigation",
    ),
    "finding_closed": Kind(
        "Why a finding about the registers was closed",
        "it was closed",
        YEAR,
        "emptied",
        "PIPL art. 6 and 19: what the answer changed stands in the registers",
    ),
    "access_code": Kind(
        "One-time code of a resident, with the visit it opened",
        "the code was issued",
        30,
        "deleted",
        "PIPL art. 19: only to find misuse",
    ),
    "look_question": Kind(
        "Question about a look, with its answer",
        "it was answered",
        3 * YEAR,
        "deleted",
        "PIPL art. 19 and 50: limits of complaint and litigation",
    ),
    "rights_claim": Kind(
        "Claim of a right, with its decision",
        "it was decided on",
        3 * YEAR,
        "deleted",
        "PIPL art. 19 and 50: limits of complaint and litigation",
    ),
    "count_release": Kind(
        "Counts that were given or refused, with a keyed sketch of whom they cover",
        "they were asked for",
        YEAR,
        "deleted",
        "PIPL art. 51: so that later counts do not tell of single people",
    ),
    "export_made": Kind(
        "File that was taken along: who, when, for what",
        "it was taken",
        3 * YEAR,
        "deleted",
        "PIPL art. 51 and 54; the ledger keeps its entry",
    ),
    "ledger_entry": Kind(
        "Entry of the access ledger: register codes, no names",
        "",
        None,
        "kept",
        "PIPL art. 51 and 54, Cybersecurity Law art. 21: at least six months; a chain has no gaps",
    ),
    "erasure": Kind(
        "Keyed hash of what was erased",
        "",
        None,
        "kept",
        "PIPL art. 47: so that a restored backup is erased again",
    ),
}
"""Every kind of personal record: a kind without an eraser, or the reverse, fails a test."""


def is_kept(kind: str) -> bool:
    return KINDS[kind].days is None
