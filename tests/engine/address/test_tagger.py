"""The trained reader: what it reads, that training repeats, and which reader is chosen."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.address.evaluation import score_readings
from fangge.engine.address.normalise import as_texts, fold_texts
from fangge.engine.address.reading import read_texts
from fangge.engine.address.tagger import (
    Model,
    ModelUnreadable,
    load_model,
    read_model,
    save_model,
    tag_texts,
)
from fangge.engine.address.training import (
    Labelled,
    join_labelled,
    label_texts,
    read_labelled,
    train_tagger,
)
from fangge.engine.synthesis.labelled import label_addresses

REGISTER_TEXT = "江苏省苏州市姑苏区平江街道临顿路88号观前花园3幢2单元501室"


def tell(text: str) -> str:
    folded = fold_texts(as_texts([text]))
    tagged = tag_texts(folded, load_model())
    return " ".join(f"{kind}:{text[s:e]}" for s, e, kind in tagged.drop("row", "confidence").rows())


def teach(number: str = "roadno", prefix: str = "", room: str = "") -> Labelled:
    texts = [
        f"{prefix}{road}路{n}号{n}室"
        for road in ("临顿", "平江", "干将", "人民")
        for n in range(1, 30)
    ]
    at = len(prefix)
    spans = [
        [
            (at, at + 3, "road"),
            (at + 3, t.index("号") + 1, number),
            (t.index("号") + 1, len(t), room),
        ]
        for t in texts
    ]
    return label_texts(texts, spans)


def read_with(model: Model, text: str) -> list[tuple[str, str]]:
    tagged = tag_texts(fold_texts(pl.Series([text])), model)
    return [(text[s:e], kind) for s, e, kind in tagged.select("start", "end", "kind").rows()]


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
    assert (elements["confidence"] >= 0.5).all()


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


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=60), max_size=6))
def test_whatever_the_text_its_elements_lie_apart_and_within_it(texts: list[str]) -> None:
    folded = fold_texts(as_texts(texts))
    tagged = tag_texts(folded, load_model()).with_columns(
        size=folded.str.len_chars().gather(tag_texts(folded, load_model())["row"]),
        before=pl.col("end").shift(1).over("row").fill_null(0),
    )
    assert (tagged["start"] < tagged["end"]).all()
    assert (tagged["end"] <= tagged["size"]).all()
    assert (tagged["before"] <= tagged["start"]).all()
    assert tagged["row"].is_sorted()
    assert tagged["confidence"].is_between(0.5, 1.0).all()


def test_a_megabyte_is_read_as_far_as_an_address_goes() -> None:
    tagged = tag_texts(
        fold_texts(pl.Series(["临顿路88号" * 170_000, "昆山前进西路88号"])), load_model()
    )
    assert tagged.filter(row=0)["end"].max() == 400
    assert tagged.filter(row=1)["kind"].to_list() == ["district", "road", "number"]


def test_texts_that_differ_in_digits_are_read_alike_also_when_they_were_masked() -> None:
    texts = pl.Series(["文三路478号华星时代广场12层", "文三路900号华星时代广场34层"])
    plain = tag_texts(texts, load_model())
    masked = tag_texts(
        texts.str.replace_all("[0-9]", "0"), load_model(), digits=np.array([True, True])
    )
    assert plain.equals(masked)
    assert plain.filter(row=0).drop("row").equals(plain.filter(row=1).drop("row"))


def test_training_repeats_to_the_byte_and_learns_what_it_is_shown(tmp_path: Path) -> None:
    for name in ("model", "again"):
        save_model(train_tagger(teach(), seed=7, n_rounds=3), tmp_path / f"{name}.npz")
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    held = read_model(tmp_path / "model.npz")
    assert read_with(held, "观前路12号12室")[:2] == [("观前路", "road"), ("12号", "number")]


def test_each_source_is_followed_in_texts_of_its_style() -> None:
    sources = [teach("roadno", prefix="苏:"), teach("houseno", prefix="杭;")]
    model = train_tagger(join_labelled(sources), seed=7, n_rounds=4)
    assert ("12号", "number") in read_with(model, "苏:观前路12号12室")
    assert ("12号", "building") in read_with(model, "杭;观前路12号12室")


def test_what_a_source_never_labels_is_learnt_from_another() -> None:
    sources = [teach("roadno", prefix="苏:"), teach("roadno", prefix="杭;", room="roomno")]
    model = train_tagger(join_labelled(sources), seed=7, n_rounds=4)
    assert ("12室", "room") in read_with(model, "苏:观前路12号12室")


def test_files_of_one_name_are_one_source(tmp_path: Path) -> None:
    line = '{"text": "临顿路88号", "spans": [[0, 3, "road"], [3, 6, "roadno"]]}\n'
    paths = [tmp_path / name for name in ("a_1.jsonl", "b.jsonl", "a_2.jsonl")]
    for path in paths:
        path.write_text(line, encoding="utf-8")
    assert read_labelled(paths).sources.tolist() == [0, 0, 1]


def test_made_up_addresses_repeat_and_their_elements_lie_in_order() -> None:
    texts, spans = label_addresses(200, np.random.default_rng(5))
    assert (texts, spans) == label_addresses(200, np.random.default_rng(5))
    for text, held in zip(texts, spans, strict=True):
        bounds = [place for start, end, _ in held for place in (start, end)]
        assert bounds == sorted(bounds)
        assert bounds[-1] <= len(text)


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
