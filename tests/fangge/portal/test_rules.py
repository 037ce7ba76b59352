from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fangge.portal.rules.codes import ALPHABET, LENGTH, read_code, read_last, write_code
from fangge.portal.rules.deadlines import Calendar, Term, add_term, count_left

MONDAY = date(2026, 11, 23)
PLAIN = Calendar()


def test_working_days_leave_out_weekends_and_the_first_day() -> None:
    assert add_term(MONDAY, Term(5), PLAIN) == date(2026, 11, 30)


def test_calendar_days_count_every_day() -> None:
    assert add_term(MONDAY, Term(15, is_working=False), PLAIN) == date(2026, 12, 8)


def test_a_day_off_is_left_out_and_a_moved_saturday_counts() -> None:
    moved = Calendar(off=frozenset({date(2026, 11, 24)}), on=frozenset({date(2026, 11, 28)}))
    assert add_term(MONDAY, Term(5), moved) == date(2026, 11, 30)


@given(n_days=st.integers(1, 60), is_working=st.booleans())
def test_a_whole_term_is_left_on_the_day_it_begins(n_days: int, *, is_working: bool) -> None:
    term = Term(n_days, is_working=is_working)
    assert count_left(MONDAY, add_term(MONDAY, term, PLAIN), term, PLAIN) == n_days


def test_the_day_after_is_late() -> None:
    assert count_left(date(2026, 12, 1), date(2026, 11, 30), Term(5), PLAIN) == -1


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_a_code_reads_as_it_was_written_however_it_is_typed(picked: str) -> None:
    assert read_code(write_code(picked)) == picked
    assert read_code(f" {write_code(picked).lower()} ") == picked


def test_the_last_four_may_end_in_x() -> None:
    assert read_last(" 320508199001011 23x") == "123X"
