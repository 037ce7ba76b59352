"""What a resident may ask, on which grounds a wish is refused, and who may answer."""

WHYS = ("not_me", "no_reason", "wrong_person", "too_much", "want_to_know")
"""Why somebody questions a look-up."""

FINDINGS = ("in_order", "not_in_order")
"""What a supervisor finds: the look was in order, or it was not."""

CLAIMS = ("copy", "correction", "deletion")

GROUNDS = ("law_requires", "public_duty", "purpose_holds", "case_open", "not_theirs")
"""On which grounds a deletion is refused.

Source: Personal Information Protection Law, articles 13 (3), 13 (7), 34 and 47.
"""


def may_answer(*, answerer: str, official: str) -> bool:
    """Tell whether somebody may answer for a look: never who looked."""
    return answerer != official
