"""Report something: a case opens, once, however often the report is sent."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from fangge.areas.queries import grid_at
from fangge.audit.actions import record_act
from fangge.cases.actions.attaching import Staged, keep_files
from fangge.cases.actions.transition import append_step, lifecycle_of
from fangge.cases.events import CaseReported
from fangge.cases.models.case import Case, CaseStep
from fangge.cases.models.lifecycle import LifecycleVersion
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.lifecycle import Part
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.kernel.fields import Point, open_vault

TOLD_COLUMN = "cases_case.told"
CONTACT_COLUMN = "cases_case.contact"
TRACKING_COLUMN = "cases_case.tracking"
LONGEST_TOLD = 4000
LEAST_TOLD = 2
# Nothing that reads like another: no 0 O, 1 I L, 2 Z, 5 S, 8 B.
TRACKING_SIGNS = "34679ACDEFGHJKMNPQRTUVWXY"
TRACKING_LENGTH = 10


class ReportIncomplete(Invalid):
    """A report lacks something; `field` names it."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports: what, in their words, and where."""

    told: str
    category: str = ""
    place: str = ""
    address_id: int | None = None
    point: Point | None = None
    grid_id: int | None = None
    contact: str = ""
    channel: str = "staff"


@transaction.atomic
def report_case(
    *, actor: Actor, report: Report, token: UUID, files: Sequence[Staged] = (), now: datetime
) -> tuple[Case, str]:
    """Open a case, and give it with the code by which its reporter follows it.

    The same token opens one case; the code is given only the first time, for only its hash is kept.
    """
    actor.require("cases.report")
    _check(report)
    with connection.cursor() as cursor:  # two of the same at once: the second finds the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(token)])
    known = Case.objects.filter(token=token, reported_by=actor.reference).first()
    if known is not None:
        return known, ""
    code = "".join(secrets.choice(TRACKING_SIGNS) for _ in range(TRACKING_LENGTH))
    case = _open(actor, report, code, token, files, now)
    record_act(
        actor=actor, verb="cases.report", subject_kind="case", subject_id=case.number, now=now
    )
    bus.publish(CaseReported(case.pk, now))
    return case, code


def _check(report: Report) -> None:
    told = report.told.strip()
    if len(told) < LEAST_TOLD:
        raise ReportIncomplete("told", "Say in a few words what is wrong.")
    if len(told) > LONGEST_TOLD:
        raise ReportIncomplete("told", f"A report has at most {LONGEST_TOLD} characters.")
    if report.category and report.category not in shipped_catalogue().categories:
        raise ReportIncomplete("category", f"There is no category {report.category}.")
    if not report.place.strip() and report.point is None and report.grid_id is None:
        raise ReportIncomplete("place", "Say where it is: an address, or what is near it.")


def _open(
    actor: Actor, report: Report, code: str, token: UUID, files: Sequence[Staged], now: datetime
) -> Case:
    vault = open_vault()
    version = LifecycleVersion.objects.order_by("-number").first()
    if version is None:
        raise Invalid("No table of states is published yet: run `fangge demo` or set cases up.")
    lifecycle = lifecycle_of(version.pk)
    category = shipped_catalogue().categories.get(report.category)
    number = _next_number(now)
    case = Case(
        number=number,
        kind=category.kind if category else "lead",
        category=report.category,
        severity=category.severity if category else 3,
        lifecycle=version,
        state=lifecycle.first,
        told_sealed=vault.seal(report.told.strip(), column=TOLD_COLUMN, row=number),
        place=report.place.strip()[:200],
        address_id=report.address_id,
        point=report.point,
        grid_id=report.grid_id or _grid_of(report.point),
        channel=report.channel,
        reported_by=actor.reference,
        reported_at=now,
        contact_sealed=vault.seal(report.contact, column=CONTACT_COLUMN, row=number)
        if report.contact
        else None,
        tracking_hash=vault.hash_text(code, column=TRACKING_COLUMN),
        token=token,
    )
    case.save()
    step = CaseStep(
        verb="report", end=case.state, part=Part.REPORTER, actor=actor.reference, at=now
    )
    append_step(case, step, [], lifecycle)
    keep_files(step=step, files=files, now=now)
    case.save()
    return case


def _next_number(now: datetime) -> str:
    """Give the next case number: the day on the office's wall, and a number that never repeats."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_case_number')")
        serial = cursor.fetchone()[0]
    day = timezone.localtime(now, timezone.get_default_timezone())
    return f"{day:%Y%m%d}-{serial:06d}"


def _grid_of(point: Point | None) -> int | None:
    grid = None if point is None else grid_at(point.lon, point.lat)
    return None if grid is None else grid.pk
