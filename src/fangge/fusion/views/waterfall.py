"""The evidence of a pair as a waterfall in bits: where each bar stands in its row."""

from dataclasses import dataclass

from fangge.fusion.actions.review.looking import Line, Sheet

WIDTH = 100.0
MARGIN_BITS = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart; places are percents of its width, as text for the drawing."""

    name: str
    line: Line | None
    bits: float
    start: str
    width: str
    joint: str
    direction: str  # for, against, none or sum


@dataclass(frozen=True, slots=True)
class Waterfall:
    bars: list[Bar]
    zero: str
    review: str
    link: str


def draw_waterfall(sheet: Sheet) -> Waterfall:
    """Lay out the prior, each field and the sum, and where the thresholds stand."""
    steps: list[tuple[str, Line | None, float]] = [("prior", None, sheet.prior_bits)]
    steps += [(line.field, line, line.bits) for line in sheet.lines]
    runs, at = [0.0], 0.0
    for _name, _line, bits in steps:
        at += bits
        runs.append(at)
    ends = [*runs, sheet.review_from_bits, sheet.link_from_bits]
    low, high = min(ends) - MARGIN_BITS, max(ends) + MARGIN_BITS

    def place(bits: float) -> float:
        return (bits - low) / (high - low) * WIDTH

    bars = [
        Bar(
            name=name,
            line=line,
            bits=bits,
            start=f"{place(min(before, after)):.2f}",
            width=f"{max(0.4, abs(place(after) - place(before))):.2f}",
            joint=f"{place(after):.2f}",
            direction="for" if bits > 0 else "against" if bits < 0 else "none",
        )
        for (name, line, bits), before, after in zip(steps, runs, runs[1:], strict=False)
    ]
    total = Bar(
        name="sum",
        line=None,
        bits=at,
        start=f"{place(min(0.0, at)):.2f}",
        width=f"{max(0.4, abs(place(at) - place(0.0))):.2f}",
        joint=f"{place(at):.2f}",
        direction="sum",
    )
    return Waterfall(
        bars=[*bars, total],
        zero=f"{place(0.0):.2f}",
        review=f"{place(sheet.review_from_bits):.2f}",
        link=f"{place(sheet.link_from_bits):.2f}",
    )
