"""The form of a performance self-evaluation as data, and what is found in it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from fangge.insight.rules.evaluation.scoring import Grade, IndicatorClass, round_half_up


@dataclass(frozen=True, slots=True)
class Places:
    """Where a row's fields stand in its file: a cell, or a path."""

    row: str
    cells: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str:
        return self.cells.get(name, self.row)


@dataclass(frozen=True, slots=True)
class Project:
    """What the form is about, and the year it answers for."""

    places: Places
    name: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    full_marks: Decimal | None = None
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Funding:
    """One source of money; the row of the whole is marked."""

    places: Places
    source: str
    is_sum: bool = False
    budget: Decimal | None = None
    adjustments: Decimal | None = None
    appropriated: Decimal | None = None
    paid: Decimal | None = None
    left_over: Decimal | None = None
    index_balance: Decimal | None = None


MONEY = ("budget", "adjustments", "appropriated", "paid", "left_over", "index_balance")


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """What the indicators of a class weigh together, and the score said of them."""

    places: Places
    name: str
    weight: Decimal | None = None
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of the form: a number with its target, or a grade."""

    places: Places
    name: str
    kind: IndicatorClass
    class_name: str
    weight: Decimal | None = None
    target: Decimal | None = None
    actual: Decimal | None = None
    grade: Grade | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    completion: Decimal | None = None
    score: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form."""

    project: Project
    money: tuple[Funding, ...] = ()
    classes: tuple[ClassTotal, ...] = ()
    indicators: tuple[Indicator, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure that contradicts another, or without which nothing can be said."""

    place: str
    field: str
    kind: str
    found: str
    expected: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scored:
    """An indicator by the rules; None where it cannot be scored."""

    indicator: Indicator
    completion: Fraction | None  # in percent, exact
    exact: Fraction | None  # the score before it is rounded
    score: Decimal | None

    @property
    def reached(self) -> Decimal | None:
        """The completion as it is told."""
        return None if self.completion is None else round_half_up(self.completion)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A form by the rules, and where it contradicts itself."""

    form: Form
    scored: tuple[Scored, ...]
    class_scores: dict[str, Decimal]
    score: Decimal | None
    findings: tuple[Finding, ...]
