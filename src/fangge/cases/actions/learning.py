"""Learn the classifier of reports from the synthetic corpus, and try it."""

from dataclasses import asdict
from pathlib import Path

from fangge.cases.adapters.classifier import (
    Proposed,
    load_model,
    model_in_force,
    propose,
    save_model,
)
from fangge.cases.adapters.training import evaluate, train
from fangge.cases.rules.corpus import write_corpus

SEED = 20261125
"""Of the corpus that the model that comes along learnt from."""


def learn_classifier(*, output: Path, name: str, seed: int) -> dict[str, float]:
    """Learn, write the model to a file, and give its figures on what it never saw.

    Raises `LearnerMissing`.
    """
    sentences = write_corpus(seed=seed)
    save_model(train(sentences, name=name), output)
    return asdict(evaluate(load_model(output.resolve()), sentences))


def try_classifier(*, seed: int) -> dict[str, float]:
    """Give the figures of the model in force on what it never saw."""
    return asdict(evaluate(model_in_force(), write_corpus(seed=seed)))


def propose_category(*, text: str, n_most: int = 3) -> list[Proposed]:
    """Propose categories for a text, the surest first."""
    return propose(text)[:n_most]
