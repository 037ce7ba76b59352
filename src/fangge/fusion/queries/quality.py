"""The state of the registers by dimension and rule, its trend, and where sources differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from fangge.disclosure.queries.counts import Cell as DisclosedCell
from fangge.disclosure.queries.counts import least_shown, protect_counts
from fangge.fieldwork.queries import Answered, measure_answers
from fangge.fusion.models.finding import Finding, FindingState, QualityCheck, SourceConflict
from fangge.fusion.models.source import Source
from fangge.fusion.rules.contracts import read_contract
from fangge.fusion.rules.quality.library import RULES
from fangge.fusion.rules.quality.shape import Dimension, Rule
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.queries.entries import labels_of

MOST_CHECKS = 30
CLOSING_DAYS = 90
WIDTH, HEIGHT = 220, 56


@dataclass(frozen=True, slots=True)
class Trend:
    """A share over the last checks, as points of a line in a box of WIDTH by HEIGHT."""

    values: list[float]

    @property
    def points(self) -> str:
        low, high = self.bounds
        step = WIDTH / max(1, len(self.values) - 1)
        return " ".join(
            f"{i * step:.1f},{HEIGHT - (value - low) / (high - low) * HEIGHT:.1f}"
            for i, value in enumerate(self.values)
        )

    @property
    def bounds(self) -> tuple[float, float]:
        """Give the least and the most that the box shows: never so near that noise looks large."""
        low, high = min(self.values), max(self.values)
        middle, half = (low + high) / 2, max((high - low) / 2, 0.005)
        return middle - half, middle + half

    @property
    def last_percent(self) -> float:
        return self.values[-1] * 100

    @property
    def change_points(self) -> float:
        """The change since the check before, in percentage points."""
        return (self.values[-1] - self.values[-2]) * 100 if len(self.values) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    n_checked: int
    n_found: int
    n_open: int | None  # none where so few are not shown to who may not open them

    @property
    def right_percent(self) -> float:
        return 100 * (1 - self.n_found / self.n_checked) if self.n_checked else 100.0


@dataclass(frozen=True, slots=True)
class DimensionCard:
    dimension: Dimension
    trend: Trend
    lines: list[RuleLine]


@dataclass(frozen=True, slots=True)
class Closing:
    """How findings of the last 90 days were closed."""

    n_opened: int
    n_closed: int
    median_days: float | None

    @property
    def closed_percent(self) -> float | None:
        return 100 * self.n_closed / self.n_opened if self.n_opened else None


@dataclass(frozen=True, slots=True)
class Quality:
    check: QualityCheck
    cards: list[DimensionCard]
    closing: Closing
    looking: Answered


def read_quality(*, actor: Actor, now: datetime) -> Quality | None:
    """Give the newest check by dimension with the trend before it; none before the first check."""
    actor.require("quality.see")
    checks = list(QualityCheck.objects.order_by("-id")[:MOST_CHECKS])[::-1]
    if not checks:
        return None
    opened = dict(
        Finding.objects.filter(state=FindingState.OPEN).values_list("rule").annotate(Count("id"))
    )
    shown: Mapping[str, int | None] = opened if actor.may("findings.see") else _hide_few(opened)
    return Quality(
        check=checks[-1],
        cards=[_card(dimension, checks, shown) for dimension in Dimension],
        closing=measure_closing(now),
        looking=measure_answers(now),
    )


def _hide_few(opened: Mapping[str, int]) -> dict[str, int | None]:
    """Hide counts of few, with what would tell them beside all that is open."""
    cells = {rule.code: DisclosedCell((rule.dimension, rule.code), ()) for rule in RULES.values()}
    tables = protect_counts({cells[code]: n for code, n in opened.items() if code in cells})
    return {code: tables.read(cell) for code, cell in cells.items()}


def _card(
    dimension: Dimension, checks: list[QualityCheck], opened: Mapping[str, int | None]
) -> DimensionCard:
    rules = [rule for rule in RULES.values() if rule.dimension == dimension]
    newest = checks[-1].figures
    lines = [
        RuleLine(
            rule,
            newest.get(rule.code, {}).get("checked", 0),
            newest.get(rule.code, {}).get("found", 0),
            opened.get(rule.code, 0),
        )
        for rule in rules
    ]
    shares = [_share(check.figures, rules) for check in checks]
    # Where a hidden count would stand in order would tell of it.
    lines.sort(key=lambda line: (line.n_open is None, -(line.n_open or 0)))
    return DimensionCard(dimension, Trend(shares), lines)


def _share(figures: dict[str, dict[str, int]], rules: Iterable[Rule]) -> float:
    """Give the share of what was checked under these rules that broke none of them."""
    told = [figures[rule.code] for rule in rules if rule.code in figures]
    n_checked = sum(one["checked"] for one in told)
    return 1 - sum(one["found"] for one in told) / n_checked if n_checked else 1.0


def measure_closing(now: datetime) -> Closing:
    """Measure how many findings of the last 90 days are closed, and the median days to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(closed_at), percentile_cont(0.5) WITHIN GROUP "
            "(ORDER BY extract(epoch FROM closed_at - opened_at) / 86400) "
            "FROM fusion_finding WHERE opened_at >= %s",
            [now - timedelta(days=CLOSING_DAYS)],
        )
        n_opened, n_closed, median = cursor.fetchone()
    return Closing(n_opened, n_closed, None if median is None else float(median))


@dataclass(frozen=True, slots=True)
class Cell:
    """One pair of sources on one field; none differs from "never spoke of the same"."""

    conflict: SourceConflict | None
    is_hidden: bool = False

    @property
    def percent(self) -> float:
        told = self.conflict
        is_told = told is not None and told.n_both and not self.is_hidden
        return 100 * told.n_differ / told.n_both if told and is_told else 0.0

    @property
    def shade(self) -> int:
        """How dark the cell is: 0 to 4, by steps that matter to a steward."""
        return sum(self.percent > step for step in (0, 2, 5, 15))


@dataclass(frozen=True, slots=True)
class Matrix:
    field: str
    sources: list[tuple[str, str]]
    rows: list[tuple[str, list[Cell | None]]]


def read_conflicts(*, actor: Actor) -> list[Matrix]:
    """Give for each field a matrix of source by source, from the newest check."""
    actor.require("quality.see")
    check = QualityCheck.objects.order_by("-id").first()
    if check is None:
        return []
    titles = _titles()
    by_field: dict[str, dict[tuple[str, str], SourceConflict]] = {}
    for conflict in check.conflicts.defer("samples").order_by("id"):
        by_field.setdefault(conflict.field, {})[conflict.left, conflict.right] = conflict
    return [
        _matrix(field, {pair: _cell(actor, one) for pair, one in pairs.items()}, titles)
        for field, pairs in by_field.items()
    ]


def _cell(actor: Actor, conflict: SourceConflict) -> Cell:
    return Cell(conflict, is_hidden=_is_hidden(actor, conflict))


def _is_hidden(actor: Actor, conflict: SourceConflict) -> bool:
    """Tell whether so few residents differ that who may not open them is not told."""
    return 0 < conflict.n_differ < least_shown() and not actor.may("findings.see")


def _titles() -> dict[str, str]:
    return {source.code: read_contract(source.contract).title for source in Source.objects.all()}


def _matrix(field: str, pairs: dict[tuple[str, str], Cell], titles: dict[str, str]) -> Matrix:
    codes = sorted({code for pair in pairs for code in pair})
    rows = [
        (
            titles.get(left, left),
            [
                None
                if left == right
                else pairs.get((left, right)) or pairs.get((right, left)) or Cell(None)
                for right in codes
            ],
        )
        for left in codes
    ]  # fmt: skip
    return Matrix(field, [(code, titles.get(code, code)) for code in codes], rows)


@dataclass(frozen=True, slots=True)
class DifferingEntry:
    label: str
    entry_id: int
    left_record: int
    right_record: int


@dataclass(frozen=True, slots=True)
class Conflict:
    conflict: SourceConflict
    left_title: str
    right_title: str
    trend: Trend
    entries: list[DifferingEntry]


def get_conflict(*, actor: Actor, conflict_id: int) -> Conflict:
    """Give one cell with its trend and some of the entries that differ, by masked names."""
    actor.require("quality.see")
    conflict = SourceConflict.objects.filter(pk=conflict_id).first()
    if conflict is None or _is_hidden(actor, conflict):
        raise Missing(f"There is no conflict {conflict_id}.")
    former = SourceConflict.objects.filter(
        field=conflict.field, left=conflict.left, right=conflict.right, pk__lte=conflict.pk
    ).order_by("-id")[:MOST_CHECKS]
    titles = _titles()
    labels = labels_of(actor=actor, kind="resident", ids=[one[0] for one in conflict.samples])
    return Conflict(
        conflict=conflict,
        left_title=titles.get(conflict.left, conflict.left),
        right_title=titles.get(conflict.right, conflict.right),
        trend=Trend([one.n_differ / one.n_both for one in former if one.n_both][::-1]),
        entries=[
            DifferingEntry(labels[entry][0], entry, left, right)
            for entry, left, right in conflict.samples
            if entry in labels
        ],
    )


def count_open_findings(actor: Actor) -> int | None:
    """Count what waits to be mended or looked at in the actor's area, for the home page."""
    if not actor.may("findings.see"):
        return None
    waiting = Finding.objects.filter(state=FindingState.OPEN)
    if actor.grid_ids is not None:
        waiting = waiting.filter(grid_id__in=actor.grid_ids)
    return waiting.count()
