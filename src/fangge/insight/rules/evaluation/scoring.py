"""The published rules of the performance self-evaluation (绩效自评): from figures to scores."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

PLACES = Decimal("0.01")
"""Scores and rates are told with two decimals, half up; nothing is rounded before."""
MOST_COMPLETION = 130
LOST_BELOW, LOST_ABOVE = Fraction(5, 100), Fraction(1, 100)
"""The share of its weight that an indicator loses for each point below or above; a part of a point
costs its part."""


class IndicatorClass(StrEnum):
    """What an indicator tells of: what was put in, what was done, what came of it."""

    INPUT = "input"
    OUTPUT = "output"
    OUTCOME = "outcome"


class Grade(StrEnum):
    """How well a qualitative target was met."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"
    POOR = "poor"


GRADE_SHARES = {
    Grade.EXCELLENT: Fraction(100, 100),
    Grade.GOOD: Fraction(80, 100),
    Grade.FAIR: Fraction(60, 100),
    Grade.WEAK: Fraction(40, 100),
    Grade.POOR: Fraction(20, 100),
}


def find_completion(target: Decimal, actual: Decimal) -> Fraction | None:
    """Give what was reached in percent of the target; None where the rule does not apply.

    A target of nothing is met by nothing; of anything else, and of a negative target, there is no
    percentage.
    """
    if target > 0:
        return Fraction(actual) / Fraction(target) * 100
    return Fraction(100) if target == actual == 0 else None


def find_share(kind: IndicatorClass, completion: Fraction) -> Fraction:
    """Give the share of its weight that a quantitative indicator earns by its completion."""
    lost = max(Fraction(0), 100 - completion) * LOST_BELOW
    if kind is not IndicatorClass.OUTCOME:
        lost += max(Fraction(0), completion - MOST_COMPLETION) * LOST_ABOVE
    return max(Fraction(0), 1 - lost)


def round_half_up(value: Fraction | Decimal, places: Decimal = PLACES) -> Decimal:
    """Round an exact value to some decimals, halves away from nought."""
    step = Fraction(places)
    whole, rest = divmod(abs(Fraction(value)), step)
    n_steps = whole + (rest * 2 >= step)
    rounded = (Decimal(n_steps) * places).quantize(places, rounding=ROUND_HALF_UP)
    return -rounded if value < 0 and rounded else rounded


def says(said: Decimal, exact: Fraction) -> bool:
    """Tell whether a figure says an exact value, rounded half up to one decimal or more."""
    digits = said.normalize().as_tuple().exponent
    n_decimals = max(1, min(6, -digits if isinstance(digits, int) else 1))
    return any(
        said == round_half_up(exact, Decimal(1).scaleb(-n))
        for n in {n_decimals, max(2, n_decimals)}
    )
