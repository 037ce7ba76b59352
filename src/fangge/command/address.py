"""`fangge address`: read, match and index addresses, and train the reader; no database needed."""

import gc
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
import polars as pl

from fangge.command.output import print_json

if TYPE_CHECKING:
    from fangge.engine.address.training import Labelled

N_MADE_UP = 16_000
IN_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
OUT_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group("address")
def command() -> None:
    """Read addresses, and find the standard address they mean."""


@command.command("parse")
@click.option("--input", "source", required=True, type=IN_FILE, help='Lines of {"text": …}.')
@click.option("--output", "target", required=True, type=OUT_FILE, help="Lines of elements.")
@click.option("--model", type=IN_FILE, help="A model of your own training; else Fangge's.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def parse(*, source: Path, target: Path, model: Path | None, as_json: bool) -> None:
    """Read each text into elements, from province to room.

    \b
    Example:
      fangge address parse --input texts.jsonl --output elements.jsonl
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.command.lines import read_batches, tell_readings, write_frame, write_whole
    from fangge.engine.address.normalise import as_texts
    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import ModelUnreadable, load_model, read_model

    try:
        reader = Reader(load_model() if model is None else read_model(model))
    except ModelUnreadable as error:
        raise click.ClickException(str(error)) from error
    # What was loaded stays: the collector need not look through it again and again.
    gc.freeze()
    begun, n_texts = time.perf_counter(), 0
    with write_whole(target) as out:
        for texts in read_batches(source):
            write_frame(out, texts, tell_readings(reader.read(as_texts(texts))))
            n_texts += len(texts)
    _tell(as_json=as_json, n_texts=n_texts, seconds=time.perf_counter() - begun, out=target)


@command.command("match")
@click.option(
    "--register",
    "folder",
    required=True,
    type=FOLDER,
    help="An index, or a folder with a register's rows.",
)
@click.option("--input", "source", required=True, type=IN_FILE, help='Lines of {"text": …}.')
@click.option("--output", "target", required=True, type=OUT_FILE, help="Lines of candidates.")
@click.option(
    "--most",
    default=5,
    show_default=True,
    type=click.IntRange(1, 5),
    help="Candidates to write for a text.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def match(*, folder: Path, source: Path, target: Path, most: int, as_json: bool) -> None:
    """Find the standard addresses that each text may mean, best first, with score and reasons.

    The register is an index, or a folder with its rows: a Parquet, CSV or JSON lines file with
    code, parent_code, level, name, full_name and perhaps aliases, such as `records` of what
    `fangge generate` writes. Rows are compiled anew in each run; an index is opened at once.

    \b
    Example:
      fangge address match --register index --input texts.jsonl --output matches.jsonl
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.command.lines import read_batches, write_whole
    from fangge.command.register_rows import open_folder
    from fangge.engine.address.matching import list_candidates
    from fangge.engine.address.normalise import as_texts

    begun, n_texts = time.perf_counter(), 0
    with open_folder(folder) as register, write_whole(target) as out:
        for texts in read_batches(source):
            found = list_candidates(as_texts(texts), register, most)
            for text, row in zip(texts, _group_candidates(found, len(texts)), strict=True):
                _write(out, {"text": text, **row})
            n_texts += len(texts)
    _tell(as_json=as_json, n_texts=n_texts, seconds=time.perf_counter() - begun, out=target)


@command.group("index")
def index() -> None:
    """Compile a register for matching."""


@index.command("build")
@click.option("--input", "source", required=True, type=IN_FILE, help="Parquet, CSV or JSON lines.")
@click.option("--register", "folder", required=True, type=FOLDER, help="Folder to write.")
def build(*, source: Path, folder: Path) -> None:
    """Compile standard addresses into an index.

    The columns are code, parent_code, level, name, full_name and aliases (a list, or text with
    semicolons). An index already there is replaced whole; who has it open reads on.
    """
    from fangge.command.register_rows import read_rows
    from fangge.engine.address.register import build_register, describe_register

    build_register(read_rows(source), folder)
    print_json({**describe_register(folder), "register": str(folder)})


@index.command("update")
@click.option("--input", "source", required=True, type=IN_FILE, help="Parquet, CSV or JSON lines.")
@click.option("--register", "folder", required=True, type=FOLDER, help="An index of a register.")
@click.option("--removed", type=IN_FILE, help="Codes that are no more, one a line.")
def update(*, source: Path, folder: Path, removed: Path | None) -> None:
    """Bring new, changed and removed addresses into an index.

    \b
    Example:
      fangge address index update --register index --input changes.csv --removed codes.txt
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.command.register_rows import read_rows
    from fangge.engine.address.register import IndexUnreadable, describe_register, update_register

    gone = [] if removed is None else removed.read_text(encoding="utf-8").split()
    try:
        update_register(read_rows(source), gone, folder)
    except IndexUnreadable as error:
        raise click.ClickException(str(error)) from error
    print_json({**describe_register(folder), "register": str(folder)})


@index.command("info")
@click.option("--register", "folder", required=True, type=FOLDER, help="An index of a register.")
def info(*, folder: Path) -> None:
    """Say what an index holds."""
    from fangge.engine.address.register import IndexUnreadable, describe_register

    try:
        described = describe_register(folder)
    except IndexUnreadable as error:
        raise click.ClickException(str(error)) from error
    print_json({**described, "register": str(folder)})


@command.command("train")
@click.argument("files", nargs=-1, type=IN_FILE)
@click.option("--output", "target", required=True, type=OUT_FILE, help="The model to write.")
@click.option(
    "--sources",
    default="both",
    show_default=True,
    type=click.Choice(["both", "files", "own"]),
    help="The labelled files, Fangge's own made-up addresses, or both.",
)
@click.option("--rounds", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same model.")
def train(*, files: tuple[Path, ...], target: Path, sources: str, rounds: int, seed: int) -> None:
    """Train the reader on labelled texts: lines of {"text": …, "spans": [[start, end, label]]}.

    \b
    Files whose names agree up to their last _ are taken to follow one guideline.
    With --sources own, nothing but made-up addresses and open lists is learnt from.
    Example:
      fangge address train leo_train.jsonl swei_train.jsonl --output model.npz
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.engine.address.tagger import save_model
    from fangge.engine.address.training import join_labelled, read_labelled, train_tagger

    if (sources == "own") == bool(files):
        raise click.UsageError("name labelled files, or say --sources own and name none")
    parts = [read_labelled(files)] if files else []
    if sources != "files":
        parts.append(_make_up_texts(seed))
    labelled = join_labelled(parts)
    model = train_tagger(
        labelled, seed=seed, n_rounds=rounds, tell=lambda line: click.echo(f"  {line}", err=True)
    )
    save_model(model, target)
    print_json({"n_texts": labelled.texts.len(), "n_features": len(model.keys), "out": str(target)})


def _make_up_texts(seed: int) -> "Labelled":
    import numpy as np

    from fangge.engine.address.training import label_texts
    from fangge.engine.synthesis.labelled import label_addresses

    return label_texts(*label_addresses(N_MADE_UP, np.random.default_rng(seed)))


def _group_candidates(found: pl.DataFrame, n_rows: int) -> list[dict[str, object]]:
    """Group candidates by their text; of one that nothing fits there are none."""
    rows: list[list[dict[str, object]]] = [[] for _ in range(n_rows)]
    asserted = [False] * n_rows
    for row, code, name, level, score, is_sure, reasons in found.iter_rows():
        candidate = {"code": code, "name": name, "level": level}
        rows[row].append({**candidate, "score": round(score, 4), "reasons": reasons})
        asserted[row] |= is_sure
    return [
        {"candidates": held, "asserted": is_sure}
        for held, is_sure in zip(rows, asserted, strict=True)
    ]


def _write(out: BinaryIO, line: dict[str, object]) -> None:
    text = json.dumps(line, ensure_ascii=False)
    out.write(text.encode("utf-8", "backslashreplace") + b"\n")


def _tell(*, as_json: bool, n_texts: int, seconds: float, out: Path) -> None:
    if as_json:
        print_json({"n_texts": n_texts, "seconds": round(seconds, 3), "out": str(out)})
    else:
        click.echo(f"Read {n_texts:,} texts in {seconds:.1f} s.", err=True)
