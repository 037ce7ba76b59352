"""Who looked at me, as JSON: for the resident of a visit under way."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import APIKeyCookie
from typing_extensions import override

from fangge.audit.actions import prove_entry
from fangge.kernel import clock
from fangge.kernel.wall import reaching
from fangge.portal.queries.looks import LookMissing, look_of, looks_at
from fangge.portal.queries.visits import Visit, reach_of_visit, visit_of
from fangge.portal.rules.codes import COOKIE


class VisitCookie(APIKeyCookie):
    """The cookie of a resident's visit."""

    param_name = COOKIE

    @override
    def authenticate(self, request: HttpRequest, key: str | None) -> Visit | None:
        return visit_of(key or "", now=clock.now())


router = Router(tags=["own"], auth=VisitCookie())


class OwnLook(Schema):
    """One entry of the ledger about the reader."""

    reference: str
    entry: int
    at: datetime
    who: str
    act: str
    fields: list[str]
    purpose: str
    about: str
    is_sealed: bool
    is_questioned: bool


class OwnLooks(Schema):
    looks: list[OwnLook]
    next: int | None


class OwnRefusal(Schema):
    """What went wrong: a name for programs, a sentence for people."""

    error: str
    detail: str


class VisitorRequest(HttpRequest):
    auth: Visit


BAD = {401: OwnRefusal, 404: OwnRefusal, 422: OwnRefusal}


@router.get("/looks", response={200: OwnLooks, **BAD}, summary="Who looked at me")
def list_own_looks(request: VisitorRequest, before: int | None = None) -> OwnLooks:
    with reaching(reach_of_visit(request.auth)):
        looks, next_key = looks_at(request.auth, before=before)
    return OwnLooks(
        looks=[
            OwnLook(
                reference=one.reference,
                entry=one.entry_id,
                at=one.at,
                who=one.who,
                act=one.act,
                fields=one.fields,
                purpose=one.purpose,
                about=one.about,
                is_sealed=one.place is not None,
                is_questioned=one.question_id is not None,
            )
            for one in looks
        ],
        next=next_key,
    )


@router.get(
    "/looks/{entry_id}/proof",
    response={200: dict[str, object], **BAD},
    summary="The proof that the signed head holds this entry",
)
def prove_own_look(request: VisitorRequest, entry_id: int) -> dict[str, object]:
    with reaching(reach_of_visit(request.auth)):
        _look, entry = look_of(request.auth, entry_id=entry_id)
    if entry.place is None:
        raise LookMissing("This entry is not sealed yet. Try again in a minute.")
    return prove_entry(place=entry.place)
