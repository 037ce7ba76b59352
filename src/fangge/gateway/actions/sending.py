"""Take a report that a partner's program sent: once, however often it is sent."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import connection, transaction

from fangge.cases.actions.report import Report, ReportIncomplete, report_case
from fangge.cases.queries.catalogue import Service, find_service
from fangge.gateway.models import PartnerKey, SentReport
from fangge.gateway.queries.keys import actor_of_key
from fangge.gateway.rules.keys import SAME_WITHIN
from fangge.gateway.rules.requests import CallUnfit, Sent
from fangge.kernel.actor import system_actor
from fangge.kernel.errors import Conflict, Missing
from fangge.kernel.fields import Point, open_vault
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.finding import find_addresses
from fangge.registers.queries.search import addresses_by_codes

CLIENT_COLUMN = "gateway_sentreport.client"
CONTENT_COLUMN = "gateway_sentreport.content"
TOKENS = UUID("5f2f5f0c-6a0e-4a44-9e0a-6d9f1c8d2b77")


class ServiceUnknown(Missing):
    """There is no service of this code."""


class SaidOtherwise(Conflict):
    """The partner's own number was used for another report."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The case that a report opened or had opened; the code is there only the first time."""

    number: str
    code: str


@dataclass(frozen=True, slots=True)
class _Where:
    place: str
    address_id: int | None = None
    grid_id: int | None = None
    point: Point | None = None


@transaction.atomic
@beyond_scope()
def take_report(*, key: PartnerKey, sent: Sent, now: datetime) -> Taken:
    """Open a case from what a partner sent, or give the one that it opened before.

    Raises `ServiceUnknown`, `CallUnfit`, `SaidOtherwise`, and `Refused` where the key may not.
    """
    actor = actor_of_key(key)
    actor.require("cases.report")
    service = find_service(sent.service)
    if service is None:
        raise ServiceUnknown(f"There is no service {sent.service[:40]}.")
    _check_attributes(service, sent)
    vault = open_vault()
    content = vault.hash_text(_write_content(sent), column=CONTENT_COLUMN)
    client = vault.hash_text(sent.client_id, column=CLIENT_COLUMN) if sent.client_id else None
    _wait_for_the_same(key, client or content)
    if known := _find_known(key, client, content, now):
        return Taken(known, "")
    token = uuid5(TOKENS, f"{key.pk}:{sent.client_id}") if sent.client_id else uuid4()
    report = _write_report(service, sent, _find_place(sent))
    try:
        case, code = report_case(actor=actor, report=report, token=token, now=now)
    except ReportIncomplete as error:
        raise CallUnfit(_FIELDS.get(error.field, str(error))) from error
    SentReport.objects.create(
        key=key, case=case, client_hash=client, content_hash=content, sent_at=now
    )
    return Taken(case.number, code)


_FIELDS = {
    "told": "description says what is wrong, in 2 to 4000 characters",
    "place": "lat and long, address_string or address_id says where it is",
}


def _check_attributes(service: Service, sent: Sent) -> None:
    known = {one.code: one for one in service.attributes}
    for code in sent.attributes:
        if code not in known:
            raise CallUnfit(f"attribute[{code[:40]}] is none of this service")
    for code, attribute in known.items():
        given = sent.attributes.get(code, ())
        if attribute.is_required and not given:
            raise CallUnfit(f"attribute[{code}] is needed")
        allowed = {value for value, _, _ in attribute.values}
        if allowed and not set(given) <= allowed:
            raise CallUnfit(f"attribute[{code}] is one of {', '.join(sorted(allowed))}")
        if len(given) > 1 and attribute.datatype != "multivaluelist":
            raise CallUnfit(f"attribute[{code}] has one value")


def _write_content(sent: Sent) -> str:
    return json.dumps(
        [
            sent.service,
            " ".join(sent.told.split()),
            sent.place,
            sent.address_code,
            sent.position,
            sorted((code, sorted(values)) for code, values in sent.attributes.items()),
        ],
        ensure_ascii=False,
    )


def _wait_for_the_same(key: PartnerKey, mark: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"{key.pk}:{mark.hex()}"]
        )


def _find_known(key: PartnerKey, client: bytes | None, content: bytes, now: datetime) -> str | None:
    held = SentReport.objects.filter(key=key).select_related("case")
    if client is not None:
        known = held.filter(client_hash=client).first()
        if known is not None and bytes(known.content_hash) != content:
            raise SaidOtherwise("This client_request_id was used for another report.")
    else:
        known = held.filter(content_hash=content, sent_at__gt=now - SAME_WITHIN).first()
    return known.case.number if known else None


def _find_place(sent: Sent) -> _Where:
    """Give the standard address that is meant without doubt; a point of the client's own wins."""
    looking = system_actor("gateway", verbs=("addresses.see",))
    if sent.address_code:
        found = addresses_by_codes(actor=looking, codes=[sent.address_code])
        if not found:
            raise CallUnfit("address_id is the code of no address here")
    elif sent.place:
        near = [one for one, _ in find_addresses(actor=looking, text=sent.place)]
        found = [one for one in near if one.full_name == sent.place] or near
        found = found if len(found) == 1 else []
    else:
        found = []
    here = Point(*sent.position) if sent.position else None
    if not found:
        return _Where(sent.place, point=here)
    one = found[0]
    return _Where(
        sent.place or one.full_name, one.pk, None if here else one.grid_id, here or one.position
    )


def _write_report(service: Service, sent: Sent, where: _Where) -> Report:
    """Put attributes and the link to a picture into the words: sealed, shown and erased alike."""
    lines = [sent.told]
    for attribute in service.attributes:
        names = {value: name for value, name, _ in attribute.values}
        said = [names.get(value, value[:200]) for value in sent.attributes.get(attribute.code, ())]
        if said:
            lines.append(f"{attribute.name}：{'、'.join(said)}")
    if sent.link:
        lines.append(f"图片链接（未下载，未检查）：{sent.link}")
    return Report(
        told="\n".join(lines) if sent.told else "",
        category=service.category.code,
        place=where.place,
        address_id=where.address_id,
        point=where.point,
        grid_id=where.grid_id,
        contact=sent.contact,
        channel="open311",
    )
