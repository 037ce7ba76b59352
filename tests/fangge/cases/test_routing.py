"""The routing table: the first row that fits, tried before it holds, kept in versions."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.fangge.cases.test_pages import sign_in
from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.routing import DraftChanged, TableUnfit, publish_draft, save_draft
from fangge.cases.actions.transition import Doing, move_case
from fangge.cases.models.case import Case
from fangge.cases.models.routing import CaseProposal, CaseSorting, RoutingVersion
from fangge.cases.queries.routing import known_names, route_case, shipped_table, table_in_force
from fangge.cases.rules.routing import (
    Known,
    RoutingTable,
    Row,
    Trial,
    check_table,
    find_route,
    read_table,
    try_table,
    write_table,
)
from fangge.kernel import clock
from fangge.kernel.errors import Refused

KNOWN = Known({"gas", "litter", "labour"}, {"gas", "city"}, {"320508001001"})
GAS = Row(frozenset({"gas"}), "", "", "gas")
PIPES = Row(frozenset({"gas"}), "", "utility", "city")
HERE = Row(frozenset(), "320508", "", "city")


def test_the_first_row_that_fits_names_the_desk() -> None:
    rows = (PIPES, GAS, HERE)
    assert find_route(rows, category="gas", area="", owner="utility").row == 1
    assert find_route(rows, category="gas", area="320508001001").row == 2
    assert find_route(rows, category="litter", area="320508001001").row == 3
    assert find_route(rows, category="litter", area="320507").desk == ""


def test_a_row_that_another_takes_everything_of_is_pointed_out() -> None:
    table = RoutingTable((GAS, PIPES), (Trial("gas", "", "utility", "gas"),))
    (fault,) = check_table(table, KNOWN)
    assert (fault.code, fault.row, fault.detail) == ("never_reached", 2, "1")
    assert check_table(RoutingTable((PIPES, GAS), table.trials), KNOWN)[0].code == "trial_fails"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Row(frozenset({"moon"}), "", "", "gas"), "unknown_category"),
        (Row(frozenset(), "", "", "moon"), "unknown_desk"),
        (Row(frozenset(), "99", "", "gas"), "unknown_area"),
        (Row(frozenset(), "", "moon", "gas"), "unknown_owner"),
    ],
)
def test_what_nobody_knows_is_a_fault(row: Row, code: str) -> None:
    table = RoutingTable((row,), (Trial("litter", "", "", ""),))
    assert code in {fault.code for fault in check_table(table, KNOWN)}


ROWS = st.builds(
    Row,
    st.frozensets(st.sampled_from(sorted(KNOWN.categories)), max_size=2),
    st.sampled_from(["", "320508", "320508001001"]),
    st.sampled_from(["", "utility", "public"]),
    st.sampled_from(sorted(KNOWN.desks)),
)


@given(
    rows=st.lists(ROWS, max_size=6),
    category=st.sampled_from(sorted(KNOWN.categories)),
    area=st.sampled_from(["", "320508001001", "320507"]),
    owner=st.sampled_from(["", "utility", "public"]),
)
def test_a_row_called_never_reached_never_is(
    rows: list[Row], category: str, area: str, owner: str
) -> None:
    table = RoutingTable(tuple(rows))
    dead = {one.row for one in check_table(table, KNOWN) if one.code == "never_reached"}
    assert find_route(rows, category=category, area=area, owner=owner).row not in dead
    assert read_table(write_table(table)) == table


@pytest.mark.django_db
def test_the_table_that_comes_along_holds_and_passes_its_test_cases() -> None:
    assert check_table(shipped_table(), known_names()) == []
    assert all(one.is_right for one in try_table(shipped_table()))


@pytest.mark.django_db
def test_nothing_is_published_while_a_test_case_goes_elsewhere(noon: datetime) -> None:
    actor = make_staff(Role.DISPATCHER, username="r1")
    wrong = RoutingTable((GAS,), (Trial("gas", "", "", "city"),))
    draft = save_draft(actor=actor, table=wrong, seen="", now=noon)
    seen = draft.changed_at.isoformat()
    with pytest.raises(TableUnfit):
        publish_draft(actor=actor, seen=seen, reason="", now=noon)
    assert table_in_force() == shipped_table()
    with pytest.raises(DraftChanged):
        save_draft(actor=actor, table=wrong, seen="", now=noon)
    right = RoutingTable((GAS,), (Trial("gas", "", "", "gas"),))
    save_draft(actor=actor, table=right, seen=seen, now=noon)
    first = publish_draft(actor=actor, seen=seen, reason="试行", now=noon)
    assert table_in_force() == right
    save_draft(actor=actor, table=shipped_table(), seen="", now=noon)
    second = publish_draft(actor=actor, seen=noon.isoformat(), reason="", now=noon)
    assert (first.number, second.number) == (1, 2)
    assert read_table(RoutingVersion.objects.get(number=1).table) == right
    with pytest.raises(Refused):
        save_draft(actor=make_staff(Role.HANDLER, username="r2"), table=right, seen="", now=noon)


def type_table(table: RoutingTable) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for n, row in enumerate(table.rows, start=1):
        typed |= {
            f"order-{n}": str(n),
            f"categories-{n}": sorted(row.categories),
            f"area-{n}": row.area,
            f"owner-{n}": row.owner,
            f"desk-{n}": row.desk,
        }
    for n, one in enumerate(table.trials, start=1):
        typed |= {
            f"t-category-{n}": one.category,
            f"t-area-{n}": one.area,
            f"t-owner-{n}": one.owner,
            f"t-desk-{n}": one.desk,
        }
    return typed


@pytest.mark.django_db
def test_a_dispatcher_changes_the_order_on_the_page(client: Client) -> None:
    sign_in(client, Role.DISPATCHER, "r3")
    table = RoutingTable(
        (GAS, PIPES), (Trial("gas", "", "utility", "city"), Trial("gas", "", "", "gas"))
    )
    typed = type_table(table) | {"do": "publish", "seen": ""}
    refused = client.post("/cases/routing", typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "第 2 行永远用不到" in page
    assert "有测试用例派到了别处" in page
    draft = RoutingVersion.objects.get(number=None)
    typed |= {"order-1": "2", "order-2": "1", "seen": draft.changed_at.isoformat()}
    assert client.post("/cases/routing", typed | {"do": "save"}).status_code == 302
    page = client.get("/cases/routing").content.decode()
    assert "第 1 行" in page
    assert ">产权<" in page  # not the sense that a source's owner has
    draft.refresh_from_db()
    typed |= {"order-1": "1", "order-2": "2"} | type_table(read_table(draft.table))
    typed |= {"seen": draft.changed_at.isoformat(), "reason": "管网归公用事业单位"}
    assert client.post("/cases/routing", typed | {"do": "publish"}).status_code == 302
    assert table_in_force().rows == (PIPES, GAS)
    assert "管网归公用事业单位" in client.get("/cases/routing/1").content.decode()
    stale = client.post("/cases/routing", typed | {"do": "save", "seen": "2020"})
    assert stale.status_code == 409
    assert client.get("/cases/routing/9").status_code == 404


@pytest.mark.django_db
def test_the_owner_that_the_centre_settles_chooses_the_desk(noon: datetime) -> None:
    actor = make_staff(Role.DISPATCHER, username="r4")
    table = RoutingTable((PIPES, GAS), (Trial("gas", "", "utility", "city"),))
    draft = save_draft(actor=actor, table=table, seen="", now=noon)
    publish_draft(actor=actor, seen=draft.changed_at.isoformat(), reason="", now=noon)
    grid = Area.objects.filter(kind="grid", ends_on=None)[0]
    report = Report(told="路边闻到煤气味，像是管道漏气", place="平江路2号", grid_id=grid.pk)
    case, _ = report_case(actor=actor, report=report, token=uuid4(), now=noon)
    proposal = CaseProposal.objects.get(case=case)
    assert (proposal.category, proposal.desk) == ("gas", "gas")
    assert 0 < proposal.confidence <= proposal.desk_confidence <= 1.0001
    assert any(word in "闻到煤气味管道漏气" for word in proposal.words)
    doing = Doing("accept", category="gas", owner="utility")
    case = move_case(actor=actor, number=case.number, doing=doing, seen=None, now=noon)
    assert route_case(case).desk == "city"
    sorted_as = CaseSorting.objects.filter(case=case).values_list("is_decided", "category")
    assert list(sorted_as) == [(True, "gas")]


@pytest.mark.django_db
def test_the_page_shows_what_is_proposed_and_a_person_decides(
    client: Client, noon: datetime
) -> None:
    actor = sign_in(client, Role.DISPATCHER, "r5")
    report = Report(told="老板拖欠工资三个月，公司不签劳动合同", place="平江路2号")
    case, _ = report_case(actor=actor, report=report, token=uuid4(), now=noon)
    page = client.get(f"/cases/{case.number}").content.decode()
    assert "分类器建议" in page
    assert "<mark>" in page
    assert '<option value="labour" selected>' in page
    assert case.category == ""


@pytest.mark.django_db
def test_what_was_told_in_like_words_close_by_is_shown_at_triage(
    client: Client, noon: datetime
) -> None:
    actor = sign_in(client, Role.DISPATCHER, "r6")
    here, there = Area.objects.filter(kind="grid", ends_on=None).order_by("code")[:2]
    numbers = []
    for told, grid in (
        ("菜场旁边路灯不亮，晚上看不清", here),
        ("菜场旁边的路灯不亮了，晚上看不清路", here),
        ("燃气管道漏气", here),
        ("菜场旁边路灯不亮，晚上看不清", there),
    ):
        report = Report(told=told, place=f"{grid.code}门口", grid_id=grid.pk)
        case, _ = report_case(actor=actor, report=report, token=uuid4(), now=noon)
        numbers.append(case.number)
        Case.objects.filter(pk=case.pk).update(place=f"近处{case.pk}", reported_at=clock.now())
    page = client.get(f"/cases/{numbers[0]}").content.decode()
    assert numbers[1] in page
    assert numbers[2] not in page
    assert numbers[3] not in page
