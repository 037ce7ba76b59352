import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from tests.fangge.portal.visiting import residents, visit_as
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.command.audit import command as audit
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused
from fangge.portal.actions.questions import OwnLook, answer_question, open_question, question_look
from fangge.portal.models.code import Visit
from fangge.portal.models.question import LookQuestion, StaffNotice
from fangge.portal.queries.looks import Look, LookMissing, look_of, looks_at
from fangge.portal.queries.questions import count_unseen, list_questions, questions_of
from fangge.registers.actions.opening import open_resident
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db


def looker() -> Actor:
    return make_staff(Role.STEWARD, username="looker")


def open_and_visit(resident: Resident, now: datetime) -> tuple[Visit, Look]:
    open_resident(actor=looker(), resident_id=resident.pk, purpose="verify", now=now)
    _, visit = visit_as(resident, now)
    return visit, next(one for one in looks_at(visit)[0] if one.verb == "residents.open")


def ask(visit: Visit, look: Look, now: datetime, text: str = "为什么查我？") -> LookQuestion:
    return question_look(
        visit=visit, entry_id=look.entry_id, why="no_reason", text=text, token=uuid4(), now=now
    )


def test_a_resident_sees_who_looked_in_plain_words_by_office_and_role(noon: datetime) -> None:
    resident, other = residents()
    open_resident(actor=looker(), resident_id=other.pk, purpose="verify", now=noon)
    visit, look = open_and_visit(resident, noon)
    assert "looker" not in look.who
    assert look.fields
    assert look.purpose
    own = {entry.pk for entry in Entry.objects.filter(subject_id=resident.code)}
    assert {one.entry_id for one in looks_at(visit)[0]} == own


def test_policy_may_name_the_official(noon: datetime) -> None:
    (resident,) = residents(1)
    visit, _ = open_and_visit(resident, noon)
    for policy, told in (("number", "looker"), ("name", "测试")):
        with override_settings(LOOK_NAMES=policy):
            looks = looks_at(visit)[0]
        assert told in next(one for one in looks if one.verb == "residents.open").who


def test_nobody_elses_look_can_be_seen_or_proven(noon: datetime) -> None:
    resident, other = residents()
    open_resident(actor=looker(), resident_id=other.pk, purpose="verify", now=noon)
    entry = Entry.objects.get(verb="residents.open", subject_id=other.code)
    token, visit = visit_as(resident, clock.now())
    with pytest.raises(LookMissing):
        look_of(visit, entry_id=entry.pk)
    client = Client()
    client.cookies["fangge_resident"] = token
    for route in ("portal:proof", "portal:ask"):
        assert client.get(reverse(route, args=[entry.pk])).status_code == 404
    assert client.get(f"/api/own/looks/{entry.pk}/proof").status_code == 404


def test_a_proof_is_checked_by_the_command_without_the_server(tmp_path: Path) -> None:
    (resident,) = residents(1)
    open_resident(actor=looker(), resident_id=resident.pk, purpose="verify", now=clock.now())
    entry = Entry.objects.get(verb="residents.open", subject_id=resident.code)
    token, _ = visit_as(resident, clock.now())
    client = Client()
    client.cookies["fangge_resident"] = token
    body = client.get(reverse("portal:proof", args=[entry.pk])).content
    file = tmp_path / "proof.json"
    file.write_bytes(body)
    told = CliRunner().invoke(audit, ["verify", str(file)])
    assert json.loads(told.output)["fault"] is None
    file.write_bytes(body.replace(b'"verify"', b'"request"'))
    assert CliRunner().invoke(audit, ["verify", str(file)]).exit_code == 1
    looks = client.get("/api/own/looks").json()["looks"]
    assert entry.pk in {one["entry"] for one in looks}
    proof = json.loads(body)
    assert Entry.objects.filter(verb="export.make", subject_id=proof.pop("export")).count() == 1
    assert client.get(f"/api/own/looks/{entry.pk}/proof").json() == proof
    assert Client().get("/api/own/looks").status_code == 401


def test_who_looked_is_told_and_only_those_above_them_are_asked(noon: datetime) -> None:
    (resident,) = residents(1)
    boss = make_staff(Role.DISPATCHER, username="boss")
    stranger = make_staff(Role.GRID_WORKER, username="stranger")
    visit, look = open_and_visit(resident, noon)
    asked, again = ask(visit, look, noon), ask(visit, look, noon)
    assert asked.pk == again.pk
    assert count_unseen(looker()) == count_unseen(boss) == 1
    assert count_unseen(stranger) == 0
    with pytest.raises(Missing):
        open_question(actor=stranger, question_id=asked.pk, now=noon)
    assert open_question(actor=boss, question_id=asked.pk, now=noon).text == "为什么查我？"
    assert count_unseen(boss) == 0


def test_nobody_answers_for_their_own_look_nor_does_the_auditor(noon: datetime) -> None:
    (resident,) = residents(1)
    visit, look = open_and_visit(resident, noon)
    asked = ask(visit, look, noon)
    own = make_staff(Role.DISPATCHER, username="looker")
    auditor = make_staff(Role.AUDITOR, username="auditor-x")
    for actor, refusal in ((own, OwnLook), (auditor, Refused)):
        with pytest.raises(refusal):
            answer_question(
                actor=actor, question_id=asked.pk, found_as="in_order", text="公务", now=noon
            )


def test_a_late_answer_is_seen_by_the_auditor_and_the_answer_by_the_resident(
    noon: datetime,
) -> None:
    (resident,) = residents(1)
    boss = make_staff(Role.DISPATCHER, username="boss")
    auditor = make_staff(Role.AUDITOR, username="auditor-x")
    visit, look = open_and_visit(resident, noon)
    asked, late = ask(visit, look, noon), noon + timedelta(days=8)
    assert not list_questions(actor=auditor, state="overdue", now=noon)
    (overdue,) = list_questions(actor=auditor, state="overdue", now=late)
    assert (overdue.is_overdue, overdue.n_left, overdue.text) == (True, 1, "")
    answer_question(
        actor=boss, question_id=asked.pk, found_as="not_in_order", text="看错了人", now=late
    )
    (told,) = questions_of(visit, now=late)
    assert (told.found_as, told.answer, told.is_overdue) == ("not_in_order", "看错了人", False)
    assert {"questions.ask", "questions.answer"} <= {one.verb for one in looks_at(visit)[0]}


def test_a_question_is_never_changed(noon: datetime) -> None:
    (resident,) = residents(1)
    visit, look = open_and_visit(resident, noon)
    asked = ask(visit, look, noon)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        LookQuestion.objects.filter(pk=asked.pk).update(why="too_much")
    assert StaffNotice.objects.filter(question=asked, recipient="staff:looker").exists()
