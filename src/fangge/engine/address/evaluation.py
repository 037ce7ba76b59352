"""Entity F1 of readings, and how often matches are right."""

from dataclasses import dataclass

import polars as pl

SPAN = ["row", "start", "end", "kind"]


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and F1 of spans (0 to 1), and F1 by kind."""

    precision: float
    recall: float
    f1: float
    f1_by_kind: dict[str, float]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares (0 to 1) of right matches among all, of asserted ones, and of right among those."""

    right_share: float
    asserted_share: float
    right_when_asserted_share: float
    n_texts: int


def score_readings(predicted: pl.DataFrame, truth: pl.DataFrame) -> Scores:
    """Compare readings strictly: start, end and kind must all agree.

    Parameters
    ----------
    predicted, truth : polars.DataFrame
        row, start, end, kind; other columns are ignored, and so are repeated spans.
    """
    said = predicted.select(pl.col(SPAN[:3]).cast(pl.Int64), "kind").unique()
    meant = truth.select(pl.col(SPAN[:3]).cast(pl.Int64), "kind").unique()
    hits = said.join(meant, on=SPAN, how="semi")
    counts = (
        pl.concat(
            [
                frame.group_by("kind").agg(pl.len().alias("n")).with_columns(of=pl.lit(name))
                for name, frame in (("said", said), ("meant", meant), ("hit", hits))
            ]
        )
        .pivot("of", index="kind", values="n")
        .fill_null(0)
    )
    by_kind = {
        row["kind"]: 2 * row.get("hit", 0) / (row.get("said", 0) + row.get("meant", 0))
        for row in counts.sort("kind").iter_rows(named=True)
    }
    return Scores(
        precision=hits.height / max(1, said.height),
        recall=hits.height / max(1, meant.height),
        f1=2 * hits.height / max(1, said.height + meant.height),
        f1_by_kind=by_kind,
    )


def score_matches(matched: pl.DataFrame, truth: pl.Series) -> Accuracy:
    """Compare matches with the codes that the texts mean.

    Parameters
    ----------
    matched : polars.DataFrame
        What `match_addresses` returns.
    truth : polars.Series of String
        The code each text means; missing where it is not in the register, so that finding nothing
        is right there.
    """
    right = matched["code"].eq_missing(truth)
    asserted = matched["asserted"]
    n_texts, n_asserted = matched.height, int(asserted.sum())
    return Accuracy(
        right_share=int(right.sum()) / max(1, n_texts),
        asserted_share=n_asserted / max(1, n_texts),
        right_when_asserted_share=int((right & asserted).sum()) / max(1, n_asserted),
        n_texts=n_texts,
    )
