"""Learn the classifier from the synthetic corpus, and try it on templates it never saw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix

from fangge.cases.adapters.classifier import Model, propose, weigh
from fangge.cases.rules.corpus import Sentence
from fangge.cases.rules.words import count_runs

LEAST_TEMPLATES = 2
"""A run that only one template has says nothing of others."""
FOLDS, STRENGTH = 4, 30.0
N_BINS = 10


class LearnerMissing(ImportError):
    """scikit-learn is not installed: it is needed to learn, never to propose."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a model does on sentences that it did not learn from."""

    n_sentences: int
    n_templates: int
    right_share: float
    among_three_share: float
    # Mean distance between how sure it says it is and how often it is right.
    calibration_error: float
    sure_share: float  # proposals with a confidence of a half or more
    right_when_sure_share: float


def train(sentences: Sequence[Sentence], *, name: str) -> Model:
    """Learn weights from the sentences that are not held out; the same ones give the same model.

    Raises `LearnerMissing`.
    """
    learnt = [one for one in sentences if not one.is_held_out]
    categories = tuple(sorted({one.category for one in learnt}))
    counted = [count_runs(one.text) for one in learnt]
    places, rarity = _find_runs(learnt, counted)
    values = _weigh_all(counted, places, rarity)
    labels = np.array([categories.index(one.category) for one in learnt])
    weights, leanings = _fit(values, labels)
    warmth = _find_warmth(learnt, counted, labels)
    return Model(name, categories, places, rarity, weights, leanings, warmth)


def _find_runs(
    learnt: Sequence[Sentence], counted: Sequence[Counter[str]]
) -> tuple[dict[str, int], NDArray[np.float32]]:
    """Give the runs that several templates have, and how rare each is."""
    templates: dict[str, set[int]] = {}
    n_with: Counter[str] = Counter()
    for sentence, runs in zip(learnt, counted, strict=True):
        n_with.update(runs.keys())
        for run in runs:
            templates.setdefault(run, set()).add(sentence.template)
    kept = sorted(run for run, those in templates.items() if len(those) >= LEAST_TEMPLATES)
    rarity = [np.log((1 + len(learnt)) / (1 + n_with[run])) + 1 for run in kept]
    return {run: place for place, run in enumerate(kept)}, np.array(rarity, dtype=np.float32)


def _weigh_all(
    counted: Sequence[Counter[str]], places: dict[str, int], rarity: NDArray[np.float32]
) -> csr_matrix:
    rows, columns, values = [], [], []
    for row, runs in enumerate(counted):
        known = Counter({run: n for run, n in runs.items() if run in places})
        at = np.array([places[run] for run in known], dtype=np.intp)
        rows.append(np.full(len(at), row))
        columns.append(at)
        values.append(weigh(known, at, rarity))
    shape = (len(counted), len(places))
    held = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_matrix(held, shape=shape)


def _fit(
    values: csr_matrix, labels: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only to learn
    except ImportError as error:
        raise LearnerMissing(
            "Install scikit-learn to learn: pip install 'fangge[learn]'"
        ) from error
    learner = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-6)
    learner.fit(values, labels)
    return learner.coef_.astype(np.float32), learner.intercept_.astype(np.float32)


def _find_warmth(
    learnt: Sequence[Sentence], counted: Sequence[Counter[str]], labels: NDArray[np.intp]
) -> float:
    """Find by what to divide scores so that confidence is as often right as it says.

    Tried on folds of templates, words and all, as what comes in is of none of them.
    Source: Guo and others 2017, On Calibration of Modern Neural Networks, temperature scaling.
    """
    folds = np.array([one.template % FOLDS for one in learnt])
    scores = np.zeros((len(labels), labels.max() + 1), dtype=np.float64)
    for fold in range(FOLDS):
        others = [place for place in range(len(learnt)) if folds[place] != fold]
        places, rarity = _find_runs(
            [learnt[one] for one in others], [counted[one] for one in others]
        )
        values = _weigh_all(counted, places, rarity)
        weights, leanings = _fit(values[others], labels[others])
        tried = folds == fold
        scores[tried] = values[tried] @ weights.T + leanings

    def loss(warmth: float) -> float:
        warm = scores / warmth
        warm = warm - warm.max(axis=1, keepdims=True)
        own = warm[np.arange(len(labels)), labels]
        return float((np.log(np.exp(warm).sum(axis=1)) - own).mean())

    found = minimize_scalar(loss, bounds=(0.2, 10), method="bounded")
    return round(float(found.x), 4)


def evaluate(model: Model, sentences: Sequence[Sentence]) -> Figures:
    """Try a model on the held-out sentences."""
    tried = [one for one in sentences if one.is_held_out]
    ranked = [propose(one.text, model=model) for one in tried]
    right = np.array(
        [found[0].category == one.category for one, found in zip(tried, ranked, strict=True)]
    )
    three = [
        one.category in [each.category for each in found[:3]]
        for one, found in zip(tried, ranked, strict=True)
    ]
    sure = np.array([found[0].confidence for found in ranked])
    is_sure = sure >= 0.5  # noqa: PLR2004 - a half
    return Figures(
        n_sentences=len(tried),
        n_templates=len({one.template for one in tried}),
        right_share=float(right.mean()),
        among_three_share=float(np.mean(three)),
        calibration_error=_calibration_error(sure, right),
        sure_share=float(is_sure.mean()),
        right_when_sure_share=float(right[is_sure].mean()) if is_sure.any() else 0.0,
    )


def _calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
    gaps = [
        abs(sure[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in range(N_BINS)
        if (bins == one).any()
    ]
    return float(sum(gaps))
