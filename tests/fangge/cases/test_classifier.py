"""The classifier: learnt from sentences that are nobody's, in a file in which nothing runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fangge.cases.adapters.classifier import (
    SHIPPED,
    ModelUnfit,
    load_model,
    propose,
    save_model,
)
from fangge.cases.adapters.training import evaluate, train
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.corpus import write_corpus
from fangge.cases.rules.words import likeness
from fangge.command.cases import SEED, command

CARD = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "classifier.md"


def test_every_category_can_be_proposed() -> None:
    assert set(load_model(SHIPPED).categories) == set(shipped_catalogue().categories)


def test_learning_again_gives_what_came_along(tmp_path: Path) -> None:
    corpus = write_corpus(seed=SEED)
    assert corpus == write_corpus(seed=SEED)
    model, shipped = train(corpus, name="corpus-1"), load_model(SHIPPED)
    assert list(model.places) == list(shipped.places)
    assert np.allclose(model.weights, shipped.weights, atol=0.05)
    held_out = [one.text for one in corpus if one.is_held_out]
    ours = [propose(text, model=model)[0] for text in held_out[::9]]
    theirs = [propose(text, model=shipped)[0] for text in held_out[::9]]
    assert [one.category for one in ours] == [one.category for one in theirs]
    assert np.allclose(
        [one.confidence for one in ours], [one.confidence for one in theirs], atol=0.02
    )
    save_model(shipped, tmp_path / "again.npz")
    assert propose("煤气味", model=load_model(tmp_path / "again.npz")) == propose("煤气味")


def test_the_card_gives_the_figures_of_the_model_that_comes_along() -> None:
    figures = evaluate(load_model(SHIPPED), write_corpus(seed=SEED))
    card = CARD.read_text(encoding="utf-8")
    for share in (figures.right_share, figures.among_three_share, figures.right_when_sure_share):
        assert f"{share:.1%}" in card
    assert f"{figures.calibration_error:.3f}" in card
    assert figures.right_share > 0.7
    assert figures.calibration_error < 0.1


def test_confidence_is_a_share_and_words_are_of_the_text() -> None:
    for text in ("楼道堆放杂物，消防通道走不通", "退租时押金不退", "？", "xyz 123"):
        ranked = propose(text)
        assert sum(one.confidence for one in ranked) == pytest.approx(1, abs=1e-4)
        assert all(word in text for word in ranked[0].words)
        assert ranked[0].confidence >= ranked[-1].confidence
    assert propose("退租时押金不退")[0].category == "tenancy"
    assert propose("？")[0].confidence < 0.5


def test_a_file_that_would_run_something_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, told=np.array([object()], dtype=object))
    with pytest.raises(ModelUnfit):
        load_model(path)
    path.write_bytes(b"not a model")
    with pytest.raises(ModelUnfit):
        load_model(tmp_path / "none.npz")


def test_the_command_tries_and_proposes() -> None:
    tried = CliRunner().invoke(command, ["try", "--json"])
    assert json.loads(tried.stdout)["n_templates"] == 63
    told = CliRunner().invoke(command, ["propose", "路灯不亮"]).stdout
    assert told.split()[1] == "lighting"


def test_texts_are_alike_by_what_they_share() -> None:
    assert likeness("楼道路灯不亮", "楼道的路灯不亮了") > 0.6
    assert likeness("楼道路灯不亮", "燃气管道漏气") < 0.1
    assert likeness("", "x") == 0
