"""Claims and questions, as matters that a look at a resident is tied to."""

from django.utils.translation import gettext as _

from fangge.kernel.actor import Actor
from fangge.portal.queries.claims import claims_visible_to
from fangge.portal.queries.questions import questions_visible_to
from fangge.registers.queries.matters import Matter, MatterKind, name_matters_by


def offer_claims(actor: Actor, resident_id: int) -> list[Matter]:
    if not actor.may("claims.see"):
        return []
    waiting = claims_visible_to(actor).filter(resident_id=resident_id, ruling=None)
    return [
        Matter("claim", one, _("Claim %(n)s") % {"n": one})
        for one in waiting.order_by("id").values_list("pk", flat=True)
    ]


def is_claim_about(actor: Actor, number: int, resident_id: int) -> bool:
    if not actor.may("claims.see"):
        return False
    return claims_visible_to(actor).filter(pk=number, resident_id=resident_id).exists()


def offer_questions(actor: Actor, resident_id: int) -> list[Matter]:
    if not actor.may("questions.see"):
        return []
    waiting = questions_visible_to(actor).filter(resident_id=resident_id, answer=None)
    return [
        Matter("question", one, _("Question %(n)s") % {"n": one})
        for one in waiting.order_by("id").values_list("pk", flat=True)
    ]


def is_question_about(actor: Actor, number: int, resident_id: int) -> bool:
    if not actor.may("questions.see"):
        return False
    return questions_visible_to(actor).filter(pk=number, resident_id=resident_id).exists()


def connect_matters() -> None:
    name_matters_by("claim", MatterKind(offer_claims, is_claim_about))
    name_matters_by("question", MatterKind(offer_questions, is_question_about))
