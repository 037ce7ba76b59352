"""What was known of what was true: unwinding changes gives back every state there ever was."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fangge.registers.rules.history import Step, is_in_force, origin_of, values_as_of

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_AFTER = date(2100, 1, 1)

states = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("甲乙丙"), "sex": st.sampled_from("12")}),
    min_size=1,
    max_size=6,
)


def write_history(held: list[dict[str, str]]) -> list[Step]:
    """Give the steps, newest first, of an entry that held one state after the other, by day."""
    steps = []
    for day, (before, after) in enumerate(pairwise(held), start=1):
        former = {field: before[field] for field in before if before[field] != after[field]}
        if former:
            steps.append(Step(START + timedelta(days=day), former))
    return steps[::-1]


@given(states, st.data())
def test_what_was_known_on_a_day_is_what_the_entry_then_held(
    held: list[dict[str, str]], data: st.DataObject
) -> None:
    day = data.draw(st.integers(0, len(held) - 1))
    known_at = START + timedelta(days=day, hours=1)
    found = values_as_of(held[-1], write_history(held), known_at=known_at, true_on=LONG_AFTER)
    assert found == held[day]


@given(states, st.data())
def test_with_all_known_the_name_is_that_of_the_day_and_the_sex_is_the_last(
    held: list[dict[str, str]], data: st.DataObject
) -> None:
    day = data.draw(st.integers(0, len(held) - 1))
    true_on = (START + timedelta(days=day)).date()
    known_at = START + timedelta(days=100)
    found = values_as_of(held[-1], write_history(held), known_at=known_at, true_on=true_on)
    assert found == {"name": held[day]["name"], "sex": held[-1]["sex"]}


def unwind(known_at: datetime, true_on: str) -> dict[str, Any]:
    """A source said in February that the name had been 乙 since 10 January."""
    current = {"name": "乙", "origins": {"name": 2}}
    told = Step(
        datetime(2026, 2, 1, tzinfo=UTC),
        {"name": "甲", "origins": {"name": 1}},
        {"name": "2026-01-10"},
    )
    return values_as_of(current, [told], known_at=known_at, true_on=date.fromisoformat(true_on))


def test_what_was_true_and_what_we_knew_then_are_two_questions() -> None:
    before, after = datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
    assert unwind(before, "2026-01-15") == {"name": "甲", "origins": {"name": 1}}
    assert unwind(after, "2026-01-15") == {"name": "乙", "origins": {"name": 2}}
    assert unwind(after, "2026-01-05") == {"name": "甲", "origins": {"name": 1}}


def test_a_period_holds_from_its_start_until_the_day_before_its_end() -> None:
    starts, ends = date(2026, 1, 1), date(2026, 2, 1)
    assert is_in_force(starts, ends, true_on=starts)
    assert not is_in_force(starts, ends, true_on=ends)
    assert is_in_force(None, None, true_on=ends)


def test_a_sealed_column_takes_its_origin_from_its_field() -> None:
    assert origin_of("phone_sealed", {"phone": 7}) == 7
    assert origin_of("name", {"phone": 7}) is None
