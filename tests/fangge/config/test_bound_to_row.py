"""A sealed value opens where it was written and nowhere else, for each sealed column."""

from base64 import b64decode, b64encode
from datetime import datetime
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import connection, models
from psycopg import sql
from tests.fangge.portal.visiting import residents, visit_as
from tests.makers import make_staff

from fangge.access.actions.second_factor import COLUMN as CODE_MAKER
from fangge.access.models import CodeMaker, StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.attaching import NAME_COLUMN
from fangge.cases.actions.following import RATING_COLUMN
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.reseal import CASES
from fangge.cases.actions.transition import Doing, move_case
from fangge.cases.models.attachment import Attachment, StoredFile
from fangge.cases.models.case import CaseStep
from fangge.cases.models.rating import CaseRating
from fangge.fusion.actions.requests.asking import Telling, ask_life_event
from fangge.fusion.actions.reseal import RECORDS
from fangge.kernel.fields import open_vault
from fangge.portal.actions.claims import claim_deletion, rule_claim
from fangge.portal.actions.questions import answer_question, question_look
from fangge.portal.actions.reseal import WORDS
from fangge.portal.queries.looks import looks_at
from fangge.registers.actions.opening import open_resident
from fangge.registers.actions.reseal import REGISTERS, SealedColumn
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.queries.timeline import changes_of

pytestmark = pytest.mark.django_db
CODE_MAKERS = SealedColumn("access_codemaker", "secret", CODE_MAKER, row="staff_id::text")
OPEN = {
    ("access_passkey", "credential"), ("areas_area", "outline"), ("audit_entry", "leaf"),
    ("audit_entry", "link"), ("audit_tile", "root"), ("audit_treehead", "root"),
    ("audit_treehead", "link"), ("audit_treehead", "signature"),
    ("disclosure_countrelease", "sketch"),
}  # fmt: skip
"""Public halves of keys, outlines of areas, proofs of the ledger, hashes of who was counted."""
EVERY = (*REGISTERS, *RECORDS, *WORDS, *CASES, CODE_MAKERS)


def test_every_sealed_column_of_every_model_is_named_here_and_rotated() -> None:
    """A binary column is a hash, one of these that hold nothing personal, or it is sealed."""
    held = {
        (model._meta.db_table, field.name)  # noqa: SLF001 - Django's documented interface
        for model in apps.get_models()
        if model.__module__.startswith("fangge.")
        for field in model._meta.concrete_fields  # noqa: SLF001 - the same
        if isinstance(field, models.BinaryField) and not field.name.endswith("_hash")
    }
    assert held - OPEN == {(one.table, one.column) for one in EVERY}


def report_twice(now: datetime) -> None:
    centre = make_staff(Role.DISPATCHER, username="bound-centre")
    grid = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[0]
    for told in ("三楼防火门关不上", "楼道灯不亮"):
        said = Report(told=told, place="山塘街1号", grid_id=grid.pk, contact="13900000000")
        case, _ = report_case(actor=centre, report=said, token=uuid4(), now=now)
        doing = Doing("reject", note=f"不受理：{told}")
        move_case(actor=centre, number=case.number, doing=doing, seen=None, now=now)


def ask_and_answer(now: datetime) -> None:
    looker, boss, office = (
        make_staff(role, username=f"bound-{role}")
        for role in (Role.COMMUNITY_OFFICER, Role.DISPATCHER, Role.STEWARD)
    )
    for resident in residents(2):
        open_resident(actor=looker, resident_id=resident.pk, purpose="verify", now=now)
        _, visit = visit_as(resident, now)
        look = next(one for one in looks_at(visit)[0] if one.verb == "residents.open")
        asked = question_look(
            visit=visit,
            entry_id=look.entry_id,
            why="no_reason",
            text="为何",
            token=uuid4(),
            now=now,
        )
        answer_question(actor=boss, question_id=asked.pk, found_as="in_order", text="公务", now=now)
        claim = claim_deletion(visit=visit, text="已搬走", token=uuid4(), now=now)
        rule_claim(
            actor=office, claim_id=claim.pk, outcome="refused", ground="public_duty",
            text="法定职责", now=now,
        )  # fmt: skip
        told = Telling(
            "death", {"effective_on": "2026-11-01", "reason": "来报"}, entry_id=resident.pk
        )
        ask_life_event(actor=office, telling=told, token=uuid4(), now=now)


def seal_where_nothing_stands() -> None:
    """Phones of firms come with no source yet, code apps with a phone, the rest with a case."""
    vault = open_vault()
    for firm in Organisation.objects.order_by("id")[:2]:
        text = f"0512{firm.pk}"
        firm.phone_sealed = vault.seal(text, column="registers_organisation.phone", row=firm.pk)
        firm.save()
    for staff in StaffMember.objects.filter(username__startswith="bound-")[:2]:
        secret = vault.seal_bytes(b"secret", column=CODE_MAKER, row=staff.pk)
        CodeMaker.objects.create(staff=staff, secret=secret, added_at=staff.joined_at)
    for step in CaseStep.objects.filter(verb="reject").order_by("-pk")[:2]:
        row = f"{step.case_id}:1"
        stored = StoredFile.objects.create(
            sha256=f"{step.pk:064}", media_type="image/jpeg", n_bytes=1, stored_at=step.at
        )
        named = vault.seal("a.jpg", column=NAME_COLUMN, row=f"{step.pk}:{stored.pk}")
        Attachment.objects.create(
            case_id=step.case_id, step=step, file=stored, medium="photo", moment="before",
            name_sealed=named, added_by="test", added_at=step.at,
        )  # fmt: skip
        said = vault.seal("太慢", column=RATING_COLUMN, row=row)
        CaseRating.objects.create(
            case_id=step.case_id, closing=step, place=1, score=2, text_sealed=said,
            rated_at=step.at,
        )  # fmt: skip


def take_two(held: SealedColumn) -> list[tuple[str, bytes]]:
    names = {"table": sql.Identifier(held.table), "column": sql.Identifier(held.column)}
    query = "SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 2"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(query).format(row=sql.SQL(held.row), **names))
        return [(row, bytes(box)) for row, box in cursor.fetchall()]


def test_what_stands_in_a_sealed_column_opens_in_no_other_row_and_no_other_column(
    noon: datetime,
) -> None:
    report_twice(noon)
    ask_and_answer(noon)
    seal_where_nothing_stands()
    vault, opened = open_vault(), []
    columns = {held.bound_to for held in EVERY}
    for held in EVERY:
        (own, box), (other, _) = take_two(held)
        assert own != other, held
        vault.open_bytes(box, column=held.bound_to, row=own)
        elsewhere = [(held.bound_to, other), *((one, own) for one in columns - {held.bound_to})]
        for column, row in elsewhere:
            try:
                vault.open_bytes(box, column=column, row=row)
            except InvalidTag:
                continue
            opened.append((held.bound_to, column, row))
    assert len(columns) == len(EVERY)
    assert opened == []


def test_a_number_that_was_put_into_another_residents_row_opens_on_no_page(
    noon: datetime,
) -> None:
    mine, other = residents(2)
    Resident.objects.filter(pk=other.pk).update(identifier_sealed=mine.identifier_sealed)
    steward = make_staff(Role.STEWARD)
    open_resident(actor=steward, resident_id=mine.pk, purpose="correction", now=noon)
    with pytest.raises(InvalidTag):
        open_resident(actor=steward, resident_id=other.pk, purpose="correction", now=noon)


def test_a_former_value_that_was_put_into_anothers_history_does_not_open(noon: datetime) -> None:
    mine, other = residents(2)
    box = bytes(mine.identifier_sealed or b"")
    for resident in (mine, other):
        EntryChange.objects.create(
            kind="resident", entry_id=resident.pk, changed_at=noon, actor="test",
            former={"identifier_sealed": b64encode(box).decode()},
        )  # fmt: skip
    assert changes_of(EntryKind.RESIDENT, mine.pk, opened=("identifier",))
    with pytest.raises(InvalidTag):
        changes_of(EntryKind.RESIDENT, other.pk, opened=("identifier",))
    text = open_vault().open(box, column="registers_resident.identifier", row=mine.pk)
    former = EntryChange.objects.get(entry_id=mine.pk, actor="test").former
    assert text not in str(former)
    assert b64decode(former["identifier_sealed"]) == box
