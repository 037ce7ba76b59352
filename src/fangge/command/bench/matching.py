"""The matching part of `fangge bench address`: a generated register, and texts spoilt for it."""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fangge.command.bench.measuring import Stopwatch, run_contender
from fangge.command.output import Teller
from fangge.engine.address.evaluation import score_matches
from fangge.engine.address.matching import match_addresses
from fangge.engine.address.register import build_register, open_register, update_register
from fangge.engine.synthesis.extracts import generate_district
from fangge.engine.synthesis.spoiling import spoil_addresses

N_TEXTS, N_WARM, N_UPDATES = 100_000, 2_000, 10
CHANGED_SHARES, ABSENT_SHARE, SPOILT_SHARE = {"1%": 0.01, "0.1%": 0.001}, 0.02, 0.5


@dataclass(frozen=True, slots=True)
class Made:
    """A generated register, texts that people wrote of it, and the code that each means."""

    addresses: pl.DataFrame
    texts: pl.Series
    codes: pl.Series

    @property
    def full_names(self) -> pl.Series:
        return self.addresses["full_name"]


def make_register(*, n_residents: int, seed: int) -> Made:
    """Generate a register with hard noise in what the departments write."""
    made = generate_district(n_residents=n_residents, seed=seed, noise="hard")
    written = made.truth.filter(pl.col("address_text").is_not_null() & ~pl.col("broken")).unique(
        "address_text", keep="none", maintain_order=True
    )
    sample = written.sample(min(N_TEXTS, written.height), seed=seed, shuffle=True)
    addresses = made.addresses.select(
        "code", "parent_code", "level", "name", "full_name",
        aliases=pl.col("alias").str.split(";"),
    )  # fmt: skip
    return Made(addresses, sample["address_text"], sample["address_code"])


def measure_matching(made: Made, *, seed: int, tell: Teller) -> dict[str, object]:
    """Measure index, accuracy and speed of matching."""
    rng = np.random.default_rng(seed)
    spoilt = spoil_addresses(made.texts, seed=seed, share=SPOILT_SHARE)["text"]
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held) / "register"
        _warm_up(made, Path(held) / "warm")
        started, begun = time.perf_counter(), time.process_time()
        build_register(made.addresses, folder)
        build_cpu_seconds = time.process_time() - begun
        figures: dict[str, object] = {
            "build_seconds": round(time.perf_counter() - started, 2),
            "build_cpu_seconds": round(build_cpu_seconds, 3),
        }
        tell("build")
        figures["bytes_an_address"] = round(_size(folder) / made.addresses.height, 1)
        figures["as_written"] = _score(made.texts, made.codes, folder)
        figures["spoilt"] = _score(spoilt, made.codes, folder)
        tell("match")
        figures["one_core_texts_per_second"] = _time(spoilt, folder)
        tell("time")
        figures["absent"] = _match_absent(made, spoilt, Path(held) / "lacking", rng)
        tell("absent")
        figures["update"] = _update(made, folder, rng, build_cpu_seconds)
        tell("update")
    return figures


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _score(texts: pl.Series, codes: pl.Series, folder: Path) -> dict[str, float]:
    scores = score_matches(match_addresses(texts, open_register(folder)), codes)
    return {
        "n_texts": scores.n_texts,
        "right_share": round(scores.right_share, 5),
        "asserted_share": round(scores.asserted_share, 5),
        "right_when_asserted_share": round(scores.right_when_asserted_share, 5),
    }


def _match_absent(
    made: Made, texts: pl.Series, folder: Path, rng: np.random.Generator
) -> dict[str, float]:
    """Take house numbers with all below them, and single rooms, out of the register."""
    rows = made.addresses
    drawn = pl.Series(rng.random(rows.height) < ABSENT_SHARE)
    gone = rows.filter(drawn & pl.col("level").is_in(["number", "room"]))["code"]
    lacking = rows
    above = rows.select("code", "parent_code")
    lost = gone
    while lost.len():
        lacking = lacking.filter(~pl.col("code").is_in(lost.implode()))
        lost = above.filter(pl.col("parent_code").is_in(lost.implode()))["code"]
    build_register(lacking, folder)
    meant = made.codes.is_in(lacking["code"].implode())
    absent = texts.filter(~meant & made.codes.is_not_null())
    asserted = match_addresses(absent, open_register(folder))["asserted"]
    return {
        "n_texts": absent.len(),
        "falsely_asserted_share": round(int(asserted.sum()) / max(1, absent.len()), 5),
    }


def _warm_up(made: Made, folder: Path) -> None:
    """Build and update, so that nothing is compiled or loaded for the first time below."""
    rows = made.addresses.head(N_WARM)
    build_register(rows, folder)
    for name in ("x", "y"):
        update_register(rows.head(1).with_columns(name=pl.lit(name)), [], folder)


def _update(
    made: Made, folder: Path, rng: np.random.Generator, build_cpu_seconds: float
) -> dict[str, object]:
    """Bring changes of 1% and of 0.1% of all addresses in, ten times each, by CPU time."""
    figures: dict[str, object] = {}
    for name, changed_share in CHANGED_SHARES.items():
        shares = []
        for turn in range(N_UPDATES):
            mark = f"{turn + 1}-{changed_share}"
            changed, removed = _change(made.addresses, rng, share=changed_share, mark=mark)
            begun = time.process_time()
            update_register(changed, removed, folder)
            shares.append((time.process_time() - begun) / build_cpu_seconds)
        figures[f"{name}_changed"] = {
            "n_changed": changed.height + len(removed),
            "share_of_build": round(float(np.median(shares)), 4),
            "share_of_build_ten_in_all": round(sum(shares), 4),
        }
    started = time.perf_counter()
    open_register(folder)
    return {**figures, "open_ms": round(1000 * (time.perf_counter() - started), 2)}


def _change(
    rows: pl.DataFrame, rng: np.random.Generator, *, share: float, mark: str
) -> tuple[pl.DataFrame, list[str]]:
    """Rename rooms, add as many, and remove some: a share of the register in all."""
    rooms = rows.filter(level="room")
    n = int(share * rows.height)
    drawn = rooms[rng.choice(rooms.height, size=n, replace=False)].with_columns(
        before=pl.col("full_name").str.strip_suffix(pl.col("name")),
        name=pl.format("{}{}", pl.lit(mark), "name"),
    )
    drawn = drawn.with_columns(full_name=pl.col("before") + pl.col("name")).drop("before")
    n_half, n_gone = n * 9 // 20, n // 10
    renamed = drawn.slice(0, n_half)
    added = drawn.slice(n_half, n_half).with_columns(code=pl.format("{}-{}", "code", pl.lit(mark)))
    return pl.concat([renamed, added]), drawn.slice(2 * n_half, n_gone)["code"].to_list()


def _time(texts: pl.Series, folder: Path) -> int:
    """Match in a fresh process on one core; texts a second."""
    source = folder.parent / "texts"
    source.write_text("\n".join(texts.str.replace_all(r"\s", " ")), encoding="utf-8")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        run = run_contender("fangge.command.bench.matching", str(folder), str(source))
    finally:
        os.sched_setaffinity(0, cores)
        del os.environ["POLARS_MAX_THREADS"]
    return round(texts.len() / run.cpu_seconds)


def main() -> None:
    folder, source = (Path(argument) for argument in sys.argv[1:])
    texts = pl.Series(source.read_text(encoding="utf-8").splitlines())
    register = open_register(folder)
    match_addresses(texts.head(1_000), register)
    watch = Stopwatch()
    match_addresses(texts, register)
    watch.lap("match")
    watch.tell()


if __name__ == "__main__":
    main()
