"""The published rules of the self-evaluation, at their edges; and what contradicts what."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.insight.rules.evaluation.checking import KINDS, evaluate_form
from fangge.insight.rules.evaluation.form import (
    ClassTotal,
    Form,
    Funding,
    Indicator,
    Places,
    Project,
)
from fangge.insight.rules.evaluation.scoring import (
    Grade,
    IndicatorClass,
    round_half_up,
    says,
)

CLASSES = {"产出指标": IndicatorClass.OUTPUT, "效益指标": IndicatorClass.OUTCOME}
FIGURES = st.decimals(0, 100_000, places=2, allow_nan=False, allow_infinity=False)
WEIGHTS = st.decimals(0, 50, places=1)


def score(kind: IndicatorClass, target: str, actual: str) -> Decimal | None:
    one = Indicator(Places("1"), "x", kind, "x", Decimal(10), Decimal(target), Decimal(actual))
    return evaluate_form(Form(Project(Places("p")), indicators=(one,))).scored[0].score


@pytest.mark.parametrize("kind", [IndicatorClass.INPUT, IndicatorClass.OUTPUT])
@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ("-5", "0"),
        ("0", "0"),
        ("80", "0"),
        ("80.1", "0.05"),
        ("90", "5"),
        ("99", "9.5"),
        ("99.9", "9.95"),
        ("100", "10"),
        ("130", "10"),
        ("130.1", "9.99"),
        ("131", "9.9"),
        ("229", "0.1"),
        ("230", "0"),
        ("500", "0"),
    ],
)
def test_an_output_keeps_all_marks_from_100_to_130_percent(
    kind: IndicatorClass, actual: str, expected: str
) -> None:
    assert score(kind, "100", actual) == Decimal(expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("79", "0"), ("99", "9.5"), ("99.9", "9.95"), ("100", "10"), ("130.1", "10"), ("999", "10")],
)
def test_an_outcome_loses_nothing_above_its_target(actual: str, expected: str) -> None:
    assert score(IndicatorClass.OUTCOME, "100", actual) == Decimal(expected)


@pytest.mark.parametrize(
    ("grade", "expected"), list(zip(Grade, ("12.5", "10", "7.5", "5", "2.5"), strict=True))
)
def test_a_grade_earns_its_share(grade: Grade, expected: str) -> None:
    one = Indicator(Places("1"), "x", IndicatorClass.OUTCOME, "x", Decimal("12.5"), grade=grade)
    told = evaluate_form(Form(Project(Places("p")), indicators=(one,)))
    assert told.scored[0].score == Decimal(expected)
    assert not told.findings


def test_nothing_is_reached_by_nothing_and_other_targets_have_no_percentage() -> None:
    assert score(IndicatorClass.OUTPUT, "0", "0") == 10
    assert score(IndicatorClass.OUTPUT, "0", "3") is None
    assert score(IndicatorClass.OUTCOME, "-5", "3") is None


def test_halves_are_rounded_up_and_a_figure_may_say_one_decimal_or_more() -> None:
    assert round_half_up(Fraction(1, 8)) == Decimal("0.13")
    assert round_half_up(Fraction(-1, 8)) == Decimal("-0.13")
    exact = Fraction(275, 3)  # 91.666…
    assert all(says(Decimal(said), exact) for said in ("91.7", "91.67", "91.667", "91.70"))
    assert not any(says(Decimal(said), exact) for said in ("92", "91.6", "91.66", "91.666"))
    assert says(Decimal(100), Fraction(100))


@st.composite
def written_forms(draw: st.DrawFn) -> Form:
    """Draw a form whose every figure follows from the others."""
    indicators = []
    for number in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(list(CLASSES)))
        one = Indicator(
            Places(f"i{number}"),
            f"指标{number}",
            CLASSES[name],
            name,
            draw(WEIGHTS),
            starts_on=date(2026, draw(st.integers(1, 12)), 1),
            ends_on=date(2026, 12, 31),
        )
        if draw(st.booleans()):
            indicators.append(replace(one, grade=draw(st.sampled_from(Grade))))
            continue
        parts = draw(st.integers(1, 10_000)), draw(st.integers(0, 10_000))
        exact = Fraction(parts[1], parts[0]) * 100
        indicators.append(
            replace(
                one,
                denominator=Decimal(parts[0]),
                numerator=Decimal(parts[1]),
                actual=round_half_up(exact),
                target=draw(FIGURES) + 1,
            )
        )
    return _fill(draw, indicators)


def _fill(draw: st.DrawFn, indicators: list[Indicator]) -> Form:
    bare = Form(Project(Places("p")), indicators=tuple(indicators))
    said = tuple(
        replace(
            one.indicator,
            score=one.score,
            completion=None if one.completion is None else round_half_up(one.completion),
        )
        for one in evaluate_form(bare).scored
    )
    names = dict.fromkeys(one.class_name for one in said)
    classes = tuple(
        ClassTotal(
            Places(f"c-{name}"),
            name,
            sum((one.weight or Decimal(0) for one in said if one.class_name == name), Decimal(0)),
            sum((one.score or Decimal(0) for one in said if one.class_name == name), Decimal(0)),
        )
        for name in names
    )
    money = tuple(_draw_funding(draw, n) for n in range(draw(st.integers(0, 3))))
    whole = [
        sum((getattr(row, name) for row in money), Decimal(0))
        for name in ("budget", "adjustments", "appropriated", "paid", "left_over", "index_balance")
    ]
    project = Project(
        Places("p"),
        "x",
        date(2026, 1, 1),
        date(2026, 12, 31),
        sum((total.weight or Decimal(0) for total in classes), Decimal(0)),
        sum((total.score or Decimal(0) for total in classes), Decimal(0)),
    )
    rows = (*money, Funding(Places("sum"), "合计", True, *whole)) if money else ()  # noqa: FBT003
    return Form(project, rows, classes, said)


def _draw_funding(draw: st.DrawFn, number: int) -> Funding:
    budget, adjustments, paid, left = (draw(FIGURES) for _ in range(4))
    out = paid + left
    return Funding(
        Places(f"m{number}"), f"来源{number}", budget=budget, adjustments=adjustments,
        appropriated=out, paid=paid, left_over=left, index_balance=budget + adjustments - out,
    )  # fmt: skip


@given(written_forms())
def test_a_form_that_is_computed_has_no_findings(form: Form) -> None:
    told = evaluate_form(form)
    assert told.findings == ()
    assert told.score == form.project.score


SOUND = Form(
    Project(Places("p"), "x", date(2026, 1, 1), date(2026, 12, 31), Decimal(100), Decimal(95)),
    (
        Funding(Places("m1"), "财政", False, *map(Decimal, (120, -20, 90, 85, 5, 10))),  # noqa: FBT003
        Funding(Places("m2"), "合计", True, *map(Decimal, (120, -20, 90, 85, 5, 10))),  # noqa: FBT003
    ),
    (
        ClassTotal(Places("c1"), "产出指标", Decimal(60), Decimal(55)),
        ClassTotal(Places("c2"), "效益指标", Decimal(40), Decimal(40)),
    ),
    (
        Indicator(
            Places("i1"), "采集率", IndicatorClass.OUTPUT, "产出指标", Decimal(20), Decimal(100),
            Decimal(95), None, Decimal(190), Decimal(200), Decimal(95), Decimal(15),
            date(2026, 1, 1), date(2026, 12, 31),
        ),
        Indicator(
            Places("i2"), "巡查", IndicatorClass.OUTPUT, "产出指标", Decimal(40), Decimal(100),
            Decimal(130), score=Decimal(40),
        ),
        Indicator(
            Places("i3"), "满意度", IndicatorClass.OUTCOME, "效益指标", Decimal(40),
            grade=Grade.EXCELLENT, score=Decimal(40),
        ),
    ),
)  # fmt: skip


def plant(table: str, number: int, **values: object) -> Form:
    if table == "project":
        return replace(SOUND, project=replace(SOUND.project, **values))  # type: ignore[arg-type]  # any field
    rows = list(getattr(SOUND, table))
    rows[number] = replace(rows[number], **values)
    return replace(SOUND, **{table: tuple(rows)})  # type: ignore[arg-type]  # any table


def test_what_is_sound_has_no_findings() -> None:
    assert evaluate_form(SOUND).findings == ()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (plant("project", 0, full_marks=Decimal(90)), "p full_marks sum_does_not_add_up 100"),
        (plant("project", 0, score=Decimal("95.5")), "p score sum_does_not_add_up 95"),
        (
            plant("project", 0, ends_on=date(2025, 12, 31)),
            "p ends_on period_outside_the_year from 2026-01-01 on",
        ),
        (
            plant("indicators", 0, starts_on=date(2025, 12, 31)),
            "i1 starts_on period_outside_the_year 2026-01-01 to 2026-12-31",
        ),
        (
            plant("indicators", 0, ends_on=date(2027, 1, 1)),
            "i1 ends_on period_outside_the_year 2026-01-01 to 2026-12-31",
        ),
        (plant("indicators", 0, numerator=Decimal(189)), "i1 actual rate_does_not_follow 94.5"),
        (
            plant("indicators", 0, denominator=Decimal(0)),
            "i1 denominator rate_does_not_follow not 0",
        ),
        (plant("indicators", 0, completion=Decimal(96)), "i1 completion rate_does_not_follow 95"),
        (plant("indicators", 1, target=Decimal(90)), "i2 score score_does_not_follow 34.22"),
        (plant("indicators", 2, grade=Grade.GOOD), "i3 score score_does_not_follow 32"),
        (plant("indicators", 1, target=None), "i2 target missing a figure"),
        (
            plant("indicators", 1, target=Decimal(0)),
            "i2 target rule_does_not_apply a target above 0",
        ),
    ],
)
def test_each_contradiction_is_found_and_nothing_else(form: Form, expected: str) -> None:
    found = [
        f"{one.place} {one.field} {one.kind} {one.expected}" for one in evaluate_form(form).findings
    ]
    if "p ends_on" in expected:
        found = found[:1]  # the indicators' own periods lie outside a year that is none
    assert found == [expected]


def test_contradictions_of_sums_name_the_row_that_says_the_sum() -> None:
    for form, wanted in (
        (plant("classes", 0, weight=Decimal(61)), {"c1 weight", "p full_marks"}),
        (plant("classes", 1, score=Decimal(39)), {"c2 score", "p score"}),
        (plant("money", 1, budget=Decimal(121)), {"m2 budget", "m2 index_balance"}),
        (plant("money", 0, paid=Decimal(86)), {"m1 appropriated", "m2 paid"}),
        (plant("money", 0, index_balance=Decimal(9)), {"m1 index_balance", "m2 index_balance"}),
    ):
        findings = evaluate_form(form).findings
        assert {f"{one.place} {one.field}" for one in findings} == wanted
        assert {one.kind for one in findings} <= set(KINDS)
