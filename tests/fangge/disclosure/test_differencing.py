"""Answers that differ by a few people: refused, whoever asks, and the auditor sees it."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.disclosure.actions.releasing import Asked, TooNear, key_of, release_counts
from fangge.disclosure.models.release import CountRelease
from fangge.disclosure.rules.differencing import count_differing, sketch_of, tells_of_few
from fangge.kernel.actor import Actor

KEY = bytes(range(32))
COMMUNITY = range(1, 2001)


def ask(
    actor: Actor, people: Collection[int], now: datetime, *, totals: Collection[int] = ()
) -> object:
    asked = Asked(
        key=key_of(sorted(people)),
        register="resident",
        person_ids=people,
        n_counted=len(people),
        public_totals=totals,
        object_reference=f"test:{len(people)}",
    )
    return release_counts(actor=actor, asked=asked, table={"n": len(people)}, now=now)


@pytest.mark.django_db
def test_all_of_a_community_and_all_but_one_house_are_not_both_told(noon: datetime) -> None:
    actor = make_staff(Role.STEWARD)
    assert ask(actor, COMMUNITY, noon) == {"n": 2000}
    house = {17, 18, 19}
    with pytest.raises(TooNear, match="test:2000"):
        ask(actor, set(COMMUNITY) - house, noon + timedelta(days=3))
    assert ask(actor, set(COMMUNITY) - set(range(1, 40)), noon) == {"n": 1961}
    refused = CountRelease.objects.get(is_refused=True)
    assert (refused.sketch, refused.table) == (None, None)
    assert Entry.objects.filter(verb="counts.refuse", subject_id=str(refused.pk)).count() == 1


@pytest.mark.django_db
def test_another_account_gets_the_rest_no_more_than_the_first(noon: datetime) -> None:
    first = make_staff(Role.STEWARD)
    second = make_staff(Role.ANALYST, username="test-second")
    ask(first, COMMUNITY, noon)
    with pytest.raises(TooNear):
        ask(second, set(COMMUNITY) - {5}, noon)


@pytest.mark.django_db
def test_the_same_question_has_the_same_answer_and_a_refusal_is_kept_once_a_day(
    noon: datetime,
) -> None:
    actor = make_staff(Role.STEWARD)
    ask(actor, COMMUNITY, noon)
    again = Asked(key_of(sorted(COMMUNITY)), "resident", COMMUNITY, 2000, ())
    assert release_counts(actor=actor, asked=again, table={"n": 7}, now=noon) == {"n": 2000}
    for _ in range(3):
        with pytest.raises(TooNear):
            ask(actor, range(1, 2000), noon)
    assert CountRelease.objects.filter(is_refused=True).count() == 1


@pytest.mark.django_db
def test_what_a_public_total_leaves_over_is_not_told_by_its_complement(noon: datetime) -> None:
    actor = make_staff(Role.STEWARD)
    with pytest.raises(TooNear):
        ask(actor, range(1, 1998), noon, totals=[2000, 9000])
    assert ask(actor, range(1, 1900), noon, totals=[2000, 9000]) == {"n": 1899}
    assert ask(actor, COMMUNITY, noon, totals=[2000, 9000]) == {"n": 2000}


@pytest.mark.django_db
def test_the_window_and_the_threshold_are_settings(noon: datetime, settings: LazySettings) -> None:
    actor = make_staff(Role.STEWARD)
    ask(actor, COMMUNITY, noon)
    settings.DIFFERENCE_DAYS = 30
    near = set(COMMUNITY) - {5, 6, 7}
    with pytest.raises(TooNear):
        ask(actor, near, noon + timedelta(days=29))
    assert ask(actor, near, noon + timedelta(days=31)) == {"n": 1997}
    settings.SMALLEST_COUNT = 3
    assert ask(actor, set(COMMUNITY) - {8, 9, 10}, noon) == {"n": 1997}


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 400)), st.sets(st.integers(1, 400), max_size=12))
def test_no_few_people_hide_between_two_sketches(people: set[int], some: set[int]) -> None:
    for other in (people - some, people ^ some):
        differing = count_differing(sketch_of(people, key=KEY), sketch_of(other, key=KEY))
        assert differing <= len(people ^ other)
        assert (differing == 0) == (people == other)
        if 0 < len(people ^ other) < 5:
            assert tells_of_few(sketch_of(people, key=KEY), sketch_of(other, key=KEY), least=5)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None)
@given(st.lists(st.sets(st.integers(1, 30), min_size=5), min_size=2, max_size=6))
def test_of_random_overlapping_questions_no_two_answers_differ_by_a_few(
    questions: list[set[int]],
) -> None:
    from datetime import UTC
    from datetime import datetime as instant

    now = instant(2026, 11, 23, 4, tzinfo=UTC)
    CountRelease.objects.all().delete()
    actor = Actor("staff:x", "x", (), frozenset())
    answered: list[set[int]] = []
    for people in questions:
        try:
            ask(actor, people, now)
        except TooNear:
            assert any(len(people ^ known) < 30 for known in answered)
        else:
            answered.append(people)
    for one in answered:
        assert not [other for other in answered if 0 < len(one ^ other) < 5]


@pytest.mark.django_db
def test_the_auditor_sees_what_was_refused_and_nobody_else(noon: datetime) -> None:
    steward = make_staff(Role.STEWARD)
    make_staff(Role.AUDITOR)
    ask(steward, COMMUNITY, noon)
    with pytest.raises(TooNear):
        ask(steward, range(1, 2000), noon)
    client = Client()
    client.post("/access/sign-in", {"username": "test-auditor", "password": PASSWORD})
    page = client.get("/desk/exports/").content.decode()
    assert "test:1999" in page
    assert "test:2000" in page
    other = Client()
    other.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    assert other.get("/desk/exports/").status_code == 403
