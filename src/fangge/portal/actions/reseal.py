"""Seal anew what an older key sealed of what residents and staff wrote to one another."""

from collections.abc import Callable

from fangge.kernel.actor import Actor
from fangge.portal.rules.columns import ANSWER, CLAIM, QUESTION, RULING
from fangge.registers.actions.reseal import SealedColumn, reseal_column

WORDS = (
    SealedColumn("portal_lookquestion", "text_sealed", QUESTION, row="token::text"),
    SealedColumn(
        "portal_lookanswer", "text_sealed", ANSWER, key="question_id", row="question_id::text"
    ),
    SealedColumn("portal_rightsclaim", "text_sealed", CLAIM, row="token::text"),
    SealedColumn("portal_claimruling", "text_sealed", RULING, key="claim_id", row="claim_id::text"),
)


def reseal_words(*, actor: Actor, tell: Callable[[str, int], None]) -> int:
    """Seal anew every word that an older key sealed; give how many. May be run again."""
    actor.require("keys.rotate")
    return sum(reseal_column(held, tell=tell) for held in WORDS)
