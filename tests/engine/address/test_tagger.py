"""The trained reader: what it reads, that training repeats, and which reader is chosen."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fangge.engine.address.evaluation import score_readings
from fangge.engine.address.normalise import as_texts, fold_texts
from fangge.engine.address.reading import read_texts
from fangge.engine.address.tagger import (
    ModelUnreadable,
    load_model,
    read_model,
    save_model,
    tag_texts,
)
from fangge.engine.address.training import Labelled, label_text, train_tagger

REGISTER_TEXT = "江苏省苏州市姑苏区平江街道临顿路88号观前花园3幢2单元501室"


def tell(text: str) -> str:
    folded = fold_texts(as_texts([text]))
    tagged = tag_texts(folded, load_model())
    return " ".join(f"{kind}:{text[s:e]}" for s, e, kind in tagged.drop("row", "confidence").rows())


def teach(n_rounds: int) -> Labelled:
    texts = [f"{road}路{n}号" for road in ("临顿", "平江", "干将", "人民") for n in range(1, 30)]
    spans = [label_text(len(t), [(0, 3, "road"), (3, len(t), "roadno")]) for t in texts]
    return Labelled(pl.Series(texts * n_rounds), np.concatenate(spans * n_rounds))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "温州市永嘉县南城街道公路管理局",
            "city:温州市 district:永嘉县 subdistrict:南城街道 estate:公路管理局",
        ),
        (
            "杭州西湖区文三路478号华星时代广场A座12层",
            (
                "city:杭州 district:西湖区 road:文三路 number:478号 "
                "estate:华星时代广场 building:A座 floor:12层"
            ),
        ),
        ("昆山前进西路88号", "district:昆山 road:前进西路 number:88号"),
    ],
)
def test_free_text_is_read_by_what_was_learnt(text: str, expected: str) -> None:
    assert tell(text) == expected


def test_register_text_is_read_by_rules_and_the_rest_by_the_tagger() -> None:
    read = read_texts(as_texts([REGISTER_TEXT, "昆山前进西路88号", ""]), load_model())
    elements, readers = read.elements, read.readers
    assert readers.to_list() == ["rules", "tagger", "tagger"]
    assert set(elements["row"]) == {0, 1}
    assert (elements["confidence"] > 0.2).all()


@pytest.mark.parametrize("text", ["", " ", "\x00", "\U0001f3e0" * 50, "9" * 3000, "\ud800甲"])
def test_any_text_is_tagged_within_its_bounds(text: str) -> None:
    elements = read_texts(as_texts([text, REGISTER_TEXT]), load_model()).elements
    assert (elements.filter(pl.col("row") == 0)["end"] <= len(text)).all()
    assert elements.filter(pl.col("row") == 1).height == 10


def test_a_text_is_read_alike_alone_and_among_others() -> None:
    texts = ["昆山前进西路88号", "文三路478号华星时代广场", "义乌市福田街道下沈村107号"]
    alone = [tell(text) for text in texts]
    tagged = tag_texts(fold_texts(as_texts(texts)), load_model())
    for row, text in enumerate(texts):
        said = [
            f"{kind}:{text[s:e]}"
            for s, e, kind in tagged.filter(row=row).select("start", "end", "kind").rows()
        ]
        assert " ".join(said) == alone[row]


def test_training_repeats_and_learns_what_it_is_shown(tmp_path: Path) -> None:
    labelled = teach(1)
    model = train_tagger(labelled, seed=7, n_rounds=3)
    again = train_tagger(labelled, seed=7, n_rounds=3)
    assert np.array_equal(model.weights, again.weights)
    save_model(model, tmp_path / "model.npz")
    held = read_model(tmp_path / "model.npz")
    tagged = tag_texts(fold_texts(pl.Series(["观前路12号"])), held)
    assert tagged.select("start", "end", "kind").rows() == [(0, 3, "road"), (3, 6, "number")]


def test_a_file_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"nothing")
    with pytest.raises(ModelUnreadable, match="train it anew"):
        read_model(tmp_path / "model.npz")


def test_scores_count_only_exact_spans_of_the_right_kind() -> None:
    truth = pl.DataFrame(
        {"row": [0, 0], "start": [0, 3], "end": [3, 6], "kind": ["road", "number"]}
    )
    said = truth.with_columns(kind=pl.Series(["road", "room"]))
    scores = score_readings(said, truth)
    assert (scores.precision, scores.recall, scores.f1) == (0.5, 0.5, 0.5)
    assert scores.f1_by_kind["road"] == 1.0
