"""Propose a category for a text, with how sure and the words that spoke for it.

The model is a file of plain arrays and JSON; nothing in it is run. Another file may be put in its
place by the setting CLASSIFIER.
"""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from fangge.cases.rules.words import count_runs

SHIPPED = Path(__file__).resolve().parent.parent / "tables" / "classifier.npz"
MOST_WORDS = 4


class ModelUnfit(ValueError):
    """The file is no model of this form."""


@dataclass(frozen=True)
class Model:
    """What was learnt: a weight of each run for each category."""

    name: str
    categories: tuple[str, ...]
    places: dict[str, int]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    leanings: NDArray[np.float32]
    warmth: float


@dataclass(frozen=True, slots=True)
class Proposed:
    """A category, how sure from 0 to 1, and the runs that spoke for it."""

    category: str
    confidence: float
    words: tuple[str, ...]
    model: str


@cache
def load_model(path: Path) -> Model:
    """Read a model. Raises `ModelUnfit`."""
    try:
        with np.load(path, allow_pickle=False) as held:
            told = json.loads(bytes(held["told"]).decode())
            model = Model(
                name=told["name"],
                categories=tuple(told["categories"]),
                places={run: place for place, run in enumerate(told["runs"])},
                rarity=held["rarity"].astype(np.float32),
                weights=held["weights"].astype(np.float32),
                leanings=held["leanings"].astype(np.float32),
                warmth=float(told["warmth"]),
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnfit(f"{path} holds no model: {error}") from error
    if model.weights.shape != (len(model.categories), len(model.places)):
        raise ModelUnfit(f"{path} holds weights of another shape than its words.")
    return model


def save_model(model: Model, path: Path) -> None:
    """Write a model, the same bytes for the same model."""
    told = {
        "name": model.name,
        "categories": model.categories,
        "runs": list(model.places),
        "warmth": model.warmth,
    }
    np.savez_compressed(
        path,
        told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), dtype=np.uint8),
        rarity=model.rarity.astype(np.float16),
        weights=model.weights.astype(np.float16),
        leanings=model.leanings.astype(np.float32),
    )


def model_in_force() -> Model:
    return load_model(Path(settings.CLASSIFIER) if settings.CLASSIFIER else SHIPPED)


def propose(text: str, *, model: Model | None = None) -> list[Proposed]:
    """Give every category with how sure it is, the surest first; the words are of the surest."""
    model = model or model_in_force()
    runs = {run: n for run, n in count_runs(text).items() if run in model.places}
    at = np.array([model.places[run] for run in runs], dtype=np.intp)
    values = weigh(Counter(runs), at, model.rarity)
    spoken = model.weights[:, at] * values
    scores = (spoken.sum(axis=1) + model.leanings) / model.warmth
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    best = order[0]
    speaking = spoken[best] - spoken.mean(axis=0)
    words = _longest([(run, float(value)) for run, value in zip(runs, speaking, strict=True)])
    return [
        Proposed(
            model.categories[place],
            float(shares[place]),
            words if place == best else (),
            model.name,
        )
        for place in order
    ]


def weigh(
    runs: Counter[str], at: NDArray[np.intp], rarity: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give each run of a text its value: often here, rare elsewhere; the whole has length one."""
    counts = np.array(list(runs.values()), dtype=np.float32)
    values = (1 + np.log(counts)) * rarity[at] if len(counts) else counts
    length = float(np.sqrt((values**2).sum()))
    weighed: NDArray[np.float32] = values / length if length else values
    return weighed


def _longest(spoken: list[tuple[str, float]]) -> tuple[str, ...]:
    """Choose the runs that spoke loudest, without those that stand within another."""
    chosen: list[str] = []
    for run, value in sorted(spoken, key=lambda one: (-one[1] * len(one[0]), one[0])):
        is_part = any(run in held or held in run for held in chosen)
        if value > 0 and len(run) > 1 and not is_part:
            chosen.append(run)
        if len(chosen) == MOST_WORDS:
            break
    return tuple(chosen)
