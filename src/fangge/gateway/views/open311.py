"""GeoReport v2: services, requests, tokens. Source: Open311 wiki, GeoReport v2."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangge.cases.actions.reading import follow_case
from fangge.cases.queries.catalogue import Service, find_service, public_services, say_category
from fangge.cases.queries.public import (
    PublicCase,
    PublicWanted,
    find_public_case,
    list_public_cases,
)
from fangge.cases.queries.wording import say_day, say_next, say_state
from fangge.gateway.actions.sending import take_report
from fangge.gateway.queries.sent import own_states
from fangge.gateway.rules.requests import Wanted, read_sent, read_wanted
from fangge.gateway.views.calling import Answer, Calling, KeyRefused, call
from fangge.kernel.errors import Missing
from fangge.kernel.wall import beyond_scope

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-25T00:00:00Z"
CREATED = 201
KINDS = {"hazard": "安全隐患", "safety": "社会治安", "lead": "线索与诉求"}


def _say(chinese: str, english: str) -> str:
    return chinese if (get_language() or "").startswith("zh") else english


@call("GET")
def discovery(calling: Calling) -> Answer:
    root = calling.request.build_absolute_uri(reverse("gateway:root"))
    endpoint = {
        "specification": SPECIFICATION,
        "url": root.rstrip("/"),
        "changeset": CHANGED,
        "type": "test" if settings.DEBUG else "production",
        "formats": ["text/xml", "application/json"],
    }
    told = _("A key is issued by the district's security administrator.")
    body = {"changeset": CHANGED, "contact": told, "key_service": told, "endpoints": [endpoint]}
    return Answer(body, "discovery")


@call("GET")
def services(calling: Calling) -> Answer:  # noqa: ARG001 - every call is given what it is
    return Answer([_write_service(one) for one in public_services()], "services")


def _write_service(service: Service) -> dict[str, Any]:
    category = service.category
    return {
        "service_code": category.code,
        "service_name": say_category(category.code),
        "description": say_category(category.code),
        "metadata": bool(service.attributes),
        "type": "realtime",
        "keywords": category.english.lower(),
        "group": _say(KINDS.get(category.kind, category.kind), category.kind),
    }


@call("GET")
def service(calling: Calling, code: str) -> Answer:  # noqa: ARG001 - as above
    found = find_service(code)
    if found is None:
        raise Missing(f"There is no service {code[:40]}.")
    attributes = [
        {
            "variable": True,
            "code": one.code,
            "datatype": one.datatype,
            "required": one.is_required,
            "datatype_description": "",
            "order": order,
            "description": _say(one.name, one.english),
            "values": [{"key": key, "name": _say(name, en)} for key, name, en in one.values],
        }
        for order, one in enumerate(found.attributes, start=1)
    ]
    return Answer({"service_code": code, "attributes": attributes}, "service_definition")


@call("GET", "POST")
def requests(calling: Calling) -> Answer:
    if calling.request.method == "POST":
        return _take(calling)
    wanted = read_wanted(calling.request.GET.dict(), now=calling.now)
    by_number = PublicWanted(numbers=wanted.numbers)
    by_span = PublicWanted((), wanted.services, wanted.since, wanted.until, wanted.is_open)
    rows, has_more = list_public_cases(
        wanted=by_number if wanted.numbers else by_span,
        page=wanted.page,
        page_size=wanted.page_size,
    )
    body = [_write_request(one) for one in rows]
    if calling.may_follow and wanted.numbers:
        shown = {one.number for one in rows}
        own = own_states(calling.key, wanted.numbers)
        body += [_write_bare(*one) for one in own if one[0] not in shown]
    headers = {"Link": _next_page(calling, wanted)} if has_more else {}
    return Answer(body, "service_requests", headers=headers)


def _next_page(calling: Calling, wanted: Wanted) -> str:
    given = calling.request.GET.copy()
    given.pop("api_key", None)
    given["page"], given["page_size"] = str(wanted.page + 1), str(wanted.page_size)
    path = calling.request.build_absolute_uri(calling.request.path)
    return f'<{path}?{urlencode(list(given.items()))}>; rel="next"'


def _take(calling: Calling) -> Answer:
    if calling.key is None:
        raise KeyRefused("api_key is missing: a report needs one.")
    request = calling.request
    given = request.POST
    sent = read_sent(given.dict(), {name: given.getlist(name) for name in given})
    if request.FILES:
        raise KeyRefused("A file is not taken: send media_url, the address of the picture.")
    taken = take_report(key=calling.key, sent=sent, now=calling.now)
    told = (
        _("Follow it with the code %(code)s: it is given only this once.") % {"code": taken.code}
        if taken.code
        else _("This report came before; nothing new was opened.")
    )
    body: dict[str, Any] = {
        "service_request_id": taken.number,
        "service_notice": told,
        "account_id": None,
    }
    if taken.code:
        body["tracking_code"] = taken.code
    return Answer([body], "service_requests", CREATED if taken.code else 200)


@call("GET")
def request(calling: Calling, number: str) -> Answer:
    found = find_public_case(number=number)
    if found is not None:
        return Answer([_write_request(found)], "service_requests")
    own = own_states(calling.key, (number,)) if calling.may_follow else []
    if not own:
        raise Missing(f"There is no request {number[:40]} that everybody may see.")
    return Answer([_write_bare(*own[0])], "service_requests")


@call("GET")
def token(calling: Calling, code: str) -> Answer:  # noqa: ARG001 - as above
    # Whoever has the code is the reporter: the number is all that is told.
    with beyond_scope():
        case, _steps = follow_case(code=code)
    return Answer([{"service_request_id": case.number, "token": code}], "service_requests")


@call("GET", "POST")
def nowhere(calling: Calling, rest: str = "") -> Answer:  # noqa: ARG001 - as above
    raise Missing("There is no such resource.")


def _write_bare(number: str, is_open: bool) -> dict[str, Any]:  # noqa: FBT001 - a row
    return {"service_request_id": number, "status": "open" if is_open else "closed"}


def _write_request(case: PublicCase) -> dict[str, Any]:
    return {
        **_write_bare(case.number, case.is_open),
        "status_notes": _write_notes(case),
        "service_name": say_category(case.category),
        "service_code": case.category,
        # What was said may name people: it is between the reporter and the office.
        "description": None,
        "agency_responsible": case.office or None,
        "service_notice": None,
        "requested_datetime": _write_instant(case.reported_at),
        "updated_datetime": _write_instant(case.updated_at),
        "expected_datetime": _write_instant(case.due_at if case.clock_name == "handle" else None),
        "address": case.place or None,
        "address_id": None,
        "zipcode": None,
        "lat": case.point.lat if case.point else None,
        "long": case.point.lon if case.point else None,
        "media_url": None,
    }


def _write_notes(case: PublicCase) -> str:
    notes = [say_state(case.state)]
    if case.is_open and (coming := say_next(case.clock_name, state=case.state)):
        notes.append(coming)
        if case.due_at:
            notes.append(_("Due %(day)s.") % {"day": say_day(case.due_at)})
    return " · ".join(notes)


def _write_instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
