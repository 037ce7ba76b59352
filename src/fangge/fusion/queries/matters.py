"""Change requests, findings and pairs, as matters that a look at a resident is tied to."""

from django.utils.translation import gettext as _

from fangge.fusion.models.finding import FindingState
from fangge.fusion.models.request import RequestState
from fangge.fusion.queries.findings import findings_visible_to
from fangge.fusion.queries.pairs import entries_of, get_pair
from fangge.fusion.queries.requests import requests_visible_to
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.queries.matters import Matter, MatterKind, name_matters_by


def offer_requests(actor: Actor, resident_id: int) -> list[Matter]:
    if not actor.may("requests.see"):
        return []
    waiting = requests_visible_to(actor).filter(
        subject="resident", entry_id=resident_id, state=RequestState.WAITING
    )
    return [
        Matter("request", one, _("Change request %(number)s") % {"number": one})
        for one in waiting.order_by("id").values_list("pk", flat=True)
    ]


def is_request_about(actor: Actor, number: int, resident_id: int) -> bool:
    if not actor.may("requests.see"):
        return False
    found = requests_visible_to(actor).filter(pk=number, subject="resident", entry_id=resident_id)
    return found.exists()


def offer_findings(actor: Actor, resident_id: int) -> list[Matter]:
    if not actor.may("findings.see"):
        return []
    waiting = findings_visible_to(actor).filter(
        subject="resident", subject_id=resident_id, state=FindingState.OPEN
    )
    return [
        Matter("finding", one, _("Finding %(number)s") % {"number": one})
        for one in waiting.order_by("id").values_list("pk", flat=True)
    ]


def is_finding_about(actor: Actor, number: int, resident_id: int) -> bool:
    if not actor.may("findings.see"):
        return False
    found = findings_visible_to(actor).filter(pk=number, subject="resident", subject_id=resident_id)
    return found.exists()


def offer_no_pairs(_actor: Actor, _resident_id: int) -> list[Matter]:
    """Offer none: a pair is opened at its own desk, which names it."""
    return []


def is_pair_about(actor: Actor, number: int, resident_id: int) -> bool:
    if not actor.may("pairs.see"):
        return False
    try:
        pair = get_pair(actor=actor, pair_id=number)
    except Missing:
        return False
    return pair.kind == "resident" and resident_id in entries_of(pair)


def connect_matters() -> None:
    name_matters_by("request", MatterKind(offer_requests, is_request_about))
    name_matters_by("finding", MatterKind(offer_findings, is_finding_about))
    name_matters_by("pair", MatterKind(offer_no_pairs, is_pair_about))
