"""The steward's queue: mended rows pass the same rules, and two stewards do not collide."""

from datetime import datetime

import pytest
from tests.makers import steward

from fangge.fusion.actions.mend import (
    RowDecided,
    RowStillFaulty,
    dismiss_row,
    mend_row,
    open_quarantined_row,
    reopen_row,
)
from fangge.fusion.models.source import QuarantinedRow, QuarantineState, SourceRecord
from fangge.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


def waiting_row(rule: str) -> QuarantinedRow:
    found = QuarantinedRow.objects.filter(
        faults__contains=[{"rule": rule}], batch__source__code="police_population"
    ).first()
    assert found is not None
    return found


def test_a_mended_row_becomes_a_record_of_its_batch(noon: datetime) -> None:
    row = waiting_row("required")
    _, _, values = open_quarantined_row(actor=steward(), row_id=row.pk, now=noon)
    typed = {name: value or "" for name, value in values.items()} | {"name": "陆小曼"}
    mended = mend_row(actor=steward(), row_id=row.pk, values=typed, now=noon)
    assert mended.state == QuarantineState.MENDED
    assert mended.record is not None
    assert mended.record.payload["name"] == "陆小曼"


def test_a_row_that_still_breaks_a_rule_is_not_taken(noon: datetime) -> None:
    row = waiting_row("required")
    before = SourceRecord.objects.count()
    with pytest.raises(RowStillFaulty) as refused:
        mend_row(actor=steward(), row_id=row.pk, values={"person_no": "P1"}, now=noon)
    assert {fault["field"] for fault in refused.value.faults} == {"name", "residence_address"}
    assert SourceRecord.objects.count() == before


def test_the_second_steward_is_told_who_was_first(noon: datetime) -> None:
    row = waiting_row("required")
    dismiss_row(actor=steward(), row_id=row.pk, reason="sent again", now=noon)
    with pytest.raises(RowDecided, match="staff:steward"):
        dismiss_row(actor=steward(), row_id=row.pk, reason="mine", now=noon)


def test_a_dismissal_needs_a_reason_and_can_be_taken_back(noon: datetime) -> None:
    row = waiting_row("required")
    with pytest.raises(Invalid, match="why"):
        dismiss_row(actor=steward(), row_id=row.pk, reason=" ", now=noon)
    dismiss_row(actor=steward(), row_id=row.pk, reason="double", now=noon)
    assert reopen_row(actor=steward(), row_id=row.pk, now=noon).state == QuarantineState.OPEN


def test_mending_any_number_of_rows_asks_for_one_link_run(noon: datetime) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    waiting = QuarantinedRow.objects.filter(
        faults__contains=[{"rule": "required"}], batch__source__code="police_population"
    ).order_by("id")[:2]
    for row in waiting:
        _, _, values = open_quarantined_row(actor=steward(), row_id=row.pk, now=noon)
        typed = {name: value or "" for name, value in values.items()} | {"name": "陆小曼"}
        mend_row(actor=steward(), row_id=row.pk, values=typed, now=noon)
    assert ProcrastinateJob.objects.filter(task_name="fusion.link", status="todo").count() == 1
