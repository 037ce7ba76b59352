"""What contradicts what in a form of the performance self-evaluation."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from fangge.insight.rules.evaluation.form import (
    MONEY,
    ClassTotal,
    Evaluation,
    Finding,
    Form,
    Funding,
    Indicator,
    Places,
    Project,
    Scored,
)
from fangge.insight.rules.evaluation.scoring import (
    GRADE_SHARES,
    find_completion,
    find_share,
    round_half_up,
    says,
)

NOTHING = Decimal(0)
MISSING, NO_RULE, SUM, BALANCE, RATE, SCORE, PERIOD = (
    "missing",
    "rule_does_not_apply",
    "sum_does_not_add_up",
    "balance_does_not_add_up",
    "rate_does_not_follow",
    "score_does_not_follow",
    "period_outside_the_year",
)
KINDS = (MISSING, NO_RULE, SUM, BALANCE, RATE, SCORE, PERIOD)


def evaluate_form(form: Form) -> Evaluation:
    """Score a form by the rules, and find every figure that contradicts another."""
    scored = tuple(_score(indicator) for indicator in form.indicators)
    known = [one for one in scored if one.score is not None]
    class_scores = {
        name: sum((s.score or NOTHING for s in known if s.indicator.class_name == name), NOTHING)
        for name in dict.fromkeys(one.indicator.class_name for one in scored)
    }
    is_whole = bool(scored) and len(known) == len(scored)
    findings = (
        *_check_project(form),
        *(finding for row in form.money for finding in _check_funding(row)),
        *_check_money(form.money),
        *(finding for one in scored for finding in _check_indicator(one, form.project)),
        *(finding for total in form.classes for finding in _check_class(total, form)),
    )
    score = sum(class_scores.values(), NOTHING) if is_whole else None
    return Evaluation(form, scored, class_scores, score, findings)


def _find(
    places: Places, field: str, kind: str, found: object, expected: object, reason: str
) -> Finding:
    return Finding(places.find(field), field, kind, _write(found), _write(expected), reason)


def _write(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def _score(indicator: Indicator) -> Scored:
    completion: Fraction | None = None
    share: Fraction | None = None
    if indicator.grade is not None:
        share = GRADE_SHARES[indicator.grade]
    else:
        completion = _find_reached(indicator)
        share = None if completion is None else find_share(indicator.kind, completion)
    if share is None or indicator.weight is None or indicator.weight < 0:
        return Scored(indicator, completion, None, None)
    exact = Fraction(indicator.weight) * share
    return Scored(indicator, completion, exact, round_half_up(exact))


def _check_indicator(scored: Scored, project: Project) -> Iterator[Finding]:
    yield from _check_whole(scored.indicator)
    yield from _check_rates(scored.indicator)
    yield from _check_score(scored)
    yield from _check_period(scored.indicator, project)


def _check_whole(one: Indicator) -> Iterator[Finding]:
    wanted = ("weight",) if one.grade is not None else ("weight", "target", "actual")
    lacking = [name for name in wanted if getattr(one, name) is None]
    for name in lacking:
        yield _find(
            one.places, name, MISSING, None, "a figure", "without it there is no score by the rules"
        )
    if one.weight is not None and one.weight < 0:
        yield _find(one.places, "weight", NO_RULE, one.weight, "0 or more", "a weight is no loss")
    is_told = one.grade is None and one.target is not None and one.actual is not None
    if is_told and _find_reached(one) is None:
        reason = "no percentage can be taken of this target: grade it instead"
        yield _find(one.places, "target", NO_RULE, one.target, "a target above 0", reason)


def _find_reached(one: Indicator) -> Fraction | None:
    if one.target is None or one.actual is None:
        return None
    return find_completion(one.target, one.actual)


def _check_rates(one: Indicator) -> Iterator[Finding]:
    yield from _check_parts(one)
    reached = _find_reached(one)
    if one.completion is None or reached is None or says(one.completion, reached):
        return
    reason = f"{_write(one.actual)} of a target of {_write(one.target)} is another rate"
    expected = round_half_up(reached)
    yield _find(one.places, "completion", RATE, one.completion, expected, reason)


def _check_parts(one: Indicator) -> Iterator[Finding]:
    """Check a rate against what it is the rate of."""
    if one.numerator is None or one.denominator is None:
        return
    if one.denominator == 0:
        reason = "there is no rate of nothing"
        yield _find(one.places, "denominator", RATE, one.denominator, "not 0", reason)
        return
    exact = Fraction(one.numerator) / Fraction(one.denominator) * 100
    if one.actual is not None and not says(one.actual, exact):
        reason = f"{_write(one.numerator)} of {_write(one.denominator)} is another rate"
        yield _find(one.places, "actual", RATE, one.actual, round_half_up(exact), reason)


def _check_score(scored: Scored) -> Iterator[Finding]:
    one = scored.indicator
    if one.score is None or scored.exact is None or says(one.score, scored.exact):
        return
    how = "the grade"
    if scored.reached is not None:
        how = f"{_write(scored.reached)}% of the target"
    reason = f"{how} earns another part of the weight of {_write(one.weight)}"
    yield _find(one.places, "score", SCORE, one.score, scored.score, reason)


def _check_period(one: Indicator, project: Project) -> Iterator[Finding]:
    if one.starts_on and one.ends_on and one.ends_on < one.starts_on:
        reason = "the period ends before it begins"
        yield _find(one.places, "ends_on", PERIOD, one.ends_on, f"from {one.starts_on} on", reason)
        return
    if project.starts_on is None or project.ends_on is None:
        return
    for name in ("starts_on", "ends_on"):
        day = getattr(one, name)
        if day is not None and not project.starts_on <= day <= project.ends_on:
            expected = f"{project.starts_on} to {project.ends_on}"
            yield _find(one.places, name, PERIOD, day, expected, "the project's year is another")


def _check_funding(row: Funding) -> Iterator[Finding]:
    if None not in (row.appropriated, row.paid, row.left_over):
        out = (row.paid or NOTHING) + (row.left_over or NOTHING)
        if row.appropriated != out:
            reason = "appropriated is paid and left over together"
            yield _find(row.places, "appropriated", BALANCE, row.appropriated, out, reason)
    if None in (row.budget, row.appropriated, row.index_balance):
        return
    rest = (row.budget or NOTHING) + (row.adjustments or NOTHING) - (row.appropriated or NOTHING)
    if row.index_balance != rest:
        reason = "the index balance is budget and adjustments less what was appropriated"
        yield _find(row.places, "index_balance", BALANCE, row.index_balance, rest, reason)


def _check_money(rows: tuple[Funding, ...]) -> Iterator[Finding]:
    """Check the row of the whole against the rows of its sources."""
    sources = [row for row in rows if not row.is_sum]
    for whole in (row for row in rows if row.is_sum):
        for name in MONEY:
            said = getattr(whole, name)
            parts = [getattr(row, name) for row in sources]
            # A form may give the whole alone.
            if said is None or not any(part is not None for part in parts):
                continue
            expected = sum((part or NOTHING for part in parts), NOTHING)
            if said != expected:
                reason = "the sources add up to another sum"
                yield _find(whole.places, name, SUM, said, expected, reason)


def _check_class(total: ClassTotal, form: Form) -> Iterator[Finding]:
    own = [one for one in form.indicators if one.class_name == total.name]
    for name in ("weight", "score"):
        said, parts = getattr(total, name), [getattr(one, name) for one in own]
        if said is None or None in parts:
            continue
        expected = sum(parts, NOTHING)
        if said != expected:
            reason = f"the indicators of this class have another {name} together"
            yield _find(total.places, name, SUM, said, expected, reason)


def _check_project(form: Form) -> Iterator[Finding]:
    project = form.project
    if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
        reason = "the project's year ends before it begins"
        wanted = f"from {project.starts_on} on"
        yield _find(project.places, "ends_on", PERIOD, project.ends_on, wanted, reason)
    for name, field, said in (
        ("weight", "full_marks", project.full_marks),
        ("score", "score", project.score),
    ):
        parts = _list_parts(form, name)
        if said is None or not parts or None in parts:
            continue
        expected = sum((part or NOTHING for part in parts), NOTHING)
        if said != expected:
            reason = f"the classes and indicators have another {name} together"
            yield _find(project.places, field, SUM, said, expected, reason)


def _list_parts(form: Form, name: str) -> list[Decimal | None]:
    """List what makes up the whole: the classes where they say it, or else the indicators."""
    told = {total.name: getattr(total, name) for total in form.classes}
    named = {one.class_name for one in form.indicators}
    if told and named <= told.keys() and None not in told.values():
        return list(told.values())
    return [getattr(one, name) for one in form.indicators]
