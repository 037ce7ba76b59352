"""Another version of the table of states: drafted by one, published by another, kept by cases."""

from datetime import datetime, timedelta
from itertools import combinations

import pytest
from django.test import Client
from tests.fangge.cases.people import People, move, report
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.cases.actions.drafting import (
    DraftChangedMeanwhile,
    DraftUnknown,
    OwnDraft,
    RowUnfit,
    TableFaulty,
    begin_draft,
    change_row,
    newest_version,
    publish_draft,
)
from fangge.cases.actions.migrating import preview_cases, take_over_cases
from fangge.cases.models.lifecycle import LifecycleDraft, LifecycleVersion
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.lifecycle import read_lifecycle
from fangge.cases.rules.picture import (
    BOX_HEIGHT,
    BOX_WIDTH,
    LINE,
    WORDS_APART,
    draw_lifecycle,
)
from fangge.kernel.actor import Actor

pytestmark = pytest.mark.django_db
WEEK = {"state": "reported", "name": "accept", "amount": 7, "unit": "days", "owner": "centre"}
FAST = {
    "start": ["reported"], "verb": "settle", "end": "closed", "who": ["centre"], "needs": ["note"],
}  # fmt: skip


@pytest.fixture
def admin() -> Actor:
    return make_staff(Role.SYSTEM_ADMINISTRATOR, username="a1")


def place_of(draft: LifecycleDraft, verb: str) -> int:
    return next(i for i, row in enumerate(draft.table["moves"]) if row["verb"] == verb)


def publish(admin: Actor, people: People, now: datetime) -> LifecycleVersion:
    draft = begin_draft(actor=admin, now=now)
    draft = change_row(
        actor=admin, section="moves", place=None, row=FAST, seen=draft.n_changes, now=now
    )
    draft = change_row(
        actor=admin, section="clocks", place=0, row=WEEK, seen=draft.n_changes, now=now
    )
    return publish_draft(actor=people.centre, reason="简易办结", seen=draft.n_changes, now=now)


def test_running_cases_keep_their_table_and_new_ones_begin_with_the_next(
    admin: Actor, people: People, noon: datetime
) -> None:
    old = report(people, noon)
    version = publish(admin, people, noon)
    assert version.number == old.lifecycle.number + 1
    new = report(people, noon)
    assert move(people.centre, new, "settle", noon, note="当场解决").state == "closed"
    with pytest.raises(Exception, match="cannot settle"):
        move(people.centre, old, "settle", noon, note="当场解决")


def test_who_drafts_does_not_publish(admin: Actor, people: People, noon: datetime) -> None:
    draft = begin_draft(actor=admin, now=noon)
    assert begin_draft(actor=admin, now=noon).pk == draft.pk
    with pytest.raises(OwnDraft):
        publish_draft(actor=admin, reason="改", seen=0, now=noon)
    other = make_staff(Role.SYSTEM_ADMINISTRATOR, username="a2")
    change_row(actor=other, section="moves", place=None, row=FAST, seen=0, now=noon)
    with pytest.raises(OwnDraft):
        publish_draft(actor=other, reason="改", seen=1, now=noon)
    with pytest.raises(DraftChangedMeanwhile):
        publish_draft(actor=people.centre, reason="改", seen=0, now=noon)
    publish_draft(actor=people.centre, reason="改", seen=1, now=noon)
    with pytest.raises(DraftUnknown):
        publish_draft(actor=people.centre, reason="改", seen=1, now=noon)


def test_a_table_that_would_lose_cases_is_not_published(
    admin: Actor, people: People, noon: datetime
) -> None:
    draft = begin_draft(actor=admin, now=noon)
    place = place_of(draft, "verify")
    change_row(actor=admin, section="moves", place=place, row=None, seen=0, now=noon)
    with pytest.raises(TableFaulty):
        publish_draft(actor=people.centre, reason="改", seen=1, now=noon)
    assert newest_version().number == draft.based_on.number


@pytest.mark.parametrize(
    ("section", "row"),
    [
        ("moves", {"start": ["reported"], "verb": "x", "who": ["nobody"]}),
        ("moves", {"start": ["reported"], "verb": "<b>", "who": ["centre"]}),
        ("moves", {"verb": "x"}),
        ("clocks", WEEK | {"amount": 0}),
        ("clocks", WEEK | {"unit": "moons"}),
        ("persons", {}),
    ],
)
def test_a_row_of_another_form_is_refused(
    admin: Actor, noon: datetime, section: str, row: dict[str, object]
) -> None:
    begin_draft(actor=admin, now=noon)
    with pytest.raises(RowUnfit):
        change_row(actor=admin, section=section, place=None, row=row, seen=0, now=noon)


def test_running_cases_are_taken_over_after_a_preview(
    admin: Actor, people: People, noon: datetime
) -> None:
    case = report(people, noon)
    publish(admin, people, noon)
    groups = preview_cases(actor=admin)
    assert [(one.state, one.n_cases, one.fits, one.n_other_date) for one in groups] == [
        ("reported", 1, True, 1)
    ]
    assert take_over_cases(actor=people.centre, now=noon + timedelta(hours=1)) == (1, 0)
    due, case = case.due_at, type(case).objects.get(pk=case.pk)
    assert case.due_at != due
    assert case.steps.latest("place").verb == "change_table"
    assert move(people.centre, case, "settle", noon, note="当场解决").state == "closed"
    assert preview_cases(actor=admin) == []


def test_the_picture_shows_every_state_and_every_move_once() -> None:
    lifecycle = read_lifecycle(shipped_catalogue().lifecycle)
    picture = draw_lifecycle(lifecycle)
    assert {box.state for box in picture.boxes} == set(lifecycle.states)
    drawn = sum(len(arrow.verbs) for arrow in picture.arrows)
    assert drawn == sum(1 for move in lifecycle.moves if move.end != move.start)
    places = [(box.x, box.y) for box in picture.boxes]
    assert len(set(places)) == len(places)
    assert all(x + BOX_WIDTH <= picture.width for x, _ in places)
    assert all(y + BOX_HEIGHT <= picture.height for _, y in places)


def test_no_words_in_the_picture_stand_on_others() -> None:
    arrows = draw_lifecycle(read_lifecycle(shipped_catalogue().lifecycle)).arrows
    for one, other in combinations(arrows, 2):
        assert abs(one.x - other.x) >= WORDS_APART or abs(one.y - other.y) >= LINE


def test_the_table_is_edited_on_the_page(client: Client, people: People) -> None:
    make_staff(Role.SYSTEM_ADMINISTRATOR, username="a1")
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(StaffMember.objects.get(username="a1"), backend)
    assert "<svg" in client.get("/cases/lifecycle").content.decode()
    client.post("/cases/lifecycle/begin")
    row = {"section": "moves", "place": "", "seen": "0", "start": ["reported"], "who": ["centre"]}
    client.post("/cases/lifecycle/change", row | {"verb": "lose", "end": "lost"})
    page = client.get("/cases/lifecycle").content.decode()
    assert "从此状态永远无法办结" in page
    last = len(LifecycleDraft.objects.get().table["moves"]) - 1
    drop = {"section": "moves", "place": str(last), "seen": "1", "drop": "1"}
    client.post("/cases/lifecycle/change", drop)
    assert "检查通过" in client.get("/cases/lifecycle").content.decode()
    client.force_login(StaffMember.objects.get(username="c1"), backend)
    client.post("/cases/lifecycle/end", {"seen": "2", "reason": "试"})
    assert LifecycleDraft.objects.get().published_as is not None
