"""`fangge bench address`: reading and matching, beside cpca, jionlp and GeocodingCHN."""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import click
import polars as pl

from fangge.command.bench.loading import LIBRARIES
from fangge.command.bench.measuring import Measured, describe_machine, run_contender
from fangge.command.output import Teller, print_json

LABELLED = Path("../shared/data/address")
DEV_FILES = ("leo_dev.jsonl", "swei_dev.jsonl")
PEERS = ("cpca", "jionlp", "GeocodingCHN")
SLOW_PEERS = frozenset({"jionlp", "GeocodingCHN"})
N_FOR_SLOW_PEERS = 500
N_MIXED = 10_000
RESIDENTS_AN_ADDRESS = 1.5
HAN = 0x4E00
PARTS = ("loading", "reading", "scaling", "matching", "accuracy")


@click.command("address")
@click.option("--addresses", default=1_000_000, show_default=True, help="Size of the register.")
@click.option(
    "--rounds", default=5, show_default=True, help="Rounds, in which contenders alternate."
)
@click.option("--seed", default=5, show_default=True, help="Of the generated register and noise.")
@click.option(
    "--data",
    default=LABELLED,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of labelled texts; without it mixed text is generated and nothing is scored.",
)
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this; repeat.")
@click.option(
    "--json", is_flag=True, expose_value=False, help="JSON is what it prints in any case."
)
def command(*, addresses: int, rounds: int, seed: int, data: Path, parts: tuple[str, ...]) -> None:
    """Measure reading and matching of addresses; the peers read the same texts in the same run.

    \b
    Install the peers with `make peers`; those that are missing are said to be so.
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.command.bench.matching import make_register, measure_matching

    tell = Teller(is_quiet=False)
    wanted = parts or PARTS
    figures: dict[str, object] = {}
    made = make_register(n_residents=int(addresses * RESIDENTS_AN_ADDRESS), seed=seed)
    tell("generate")
    if "loading" in wanted:
        figures["loading"] = measure_loading(rounds)
        tell("loading")
    if "reading" in wanted:
        figures["reading"] = measure_reading(
            made.full_names, _mixed_texts(data, made.texts), rounds
        )
        tell("reading")
    if "scaling" in wanted:
        figures["scaling"] = measure_scaling()
        tell("scaling")
    if "matching" in wanted:
        figures["matching"] = measure_matching(made, seed=seed, tell=tell)
    if "accuracy" in wanted and data.exists():
        figures["accuracy"] = measure_accuracy(data)
        tell("accuracy")
    print_json(
        {
            "machine": describe_machine([*PEERS, "numba", "polars"]),
            "sample": {"addresses": made.addresses.height, "seed": seed, "rounds": rounds},
            **figures,
        }
    )


def measure_loading(rounds: int) -> dict[str, object]:
    """Measure what a fresh process waits for: libraries first, then what is Fangge's own."""
    runs = [run_contender("fangge.command.bench.loading") for _ in range(rounds)]
    stages = {
        stage: round(statistics.median(run.stages[stage] for run in runs), 3)
        for stage in runs[0].stages
    }
    own = sum(seconds for stage, seconds in stages.items() if stage not in LIBRARIES)
    return {"own_seconds": round(own, 3), "stages": stages}


def _mixed_texts(data: Path, generated: pl.Series) -> list[str]:
    """Take the development texts where they are, else texts as people of the district write."""
    files = [data / name for name in DEV_FILES]
    if all(path.exists() for path in files):
        return [json.loads(line)["text"] for path in files for line in _lines(path)]
    return generated.head(N_MIXED).to_list()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def measure_reading(full_names: pl.Series, mixed: list[str], rounds: int) -> dict[str, object]:
    """Let the readers read the same texts in turn, on one core and on all."""
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "mixed": _write(Path(folder) / "mixed", mixed),
            "mixed_short": _write(Path(folder) / "mixed_short", mixed[:N_FOR_SLOW_PEERS]),
            "register": _write(Path(folder) / "register", full_names.to_list()),
        }
        one = _on_one_core(lambda: _take_turns(files, rounds, [p for p in PEERS if find_spec(p)]))
        every = _take_turns(files, rounds, [])
    missing = [name for name in PEERS if not find_spec(name)]
    counts = {"mixed": len(mixed), "register": len(full_names)}
    return {
        "texts": counts,
        # One busy core is told by its own seconds, which other programs disturb less.
        "one_core": _rates(one, counts, lambda run: run.cpu_seconds),
        "all_cores": _rates(every, counts, lambda run: run.seconds),
        "peers_missing": missing,
    }


def _write(path: Path, texts: list[str]) -> Path:
    path.write_text("\n".join(" ".join(t.split()) for t in texts), encoding="utf-8")
    return path


Runs = dict[tuple[str, str], list[Measured]]


def _take_turns(files: dict[str, Path], rounds: int, peers: list[str]) -> Runs:
    runs: Runs = {}
    for _ in range(rounds):
        for name in ("fangge", *peers):
            for kind in ("mixed", "register") if name in {"fangge", "cpca"} else ("mixed",):
                file = files["mixed_short" if name in SLOW_PEERS else kind]
                run = run_contender("fangge.command.bench.readers", name, str(file))
                runs.setdefault((name, kind), []).append(run)
    return runs


def _on_one_core(act: Callable[[], Runs]) -> Runs:
    """Act with one core and one thread for every library, here and in what is started."""
    cores, held = os.sched_getaffinity(0), dict(os.environ)
    threads = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
    os.sched_setaffinity(0, {min(cores)})
    os.environ.update(dict.fromkeys(threads, "1"))
    try:
        return act()
    finally:
        os.sched_setaffinity(0, cores)
        os.environ.clear()
        os.environ.update(held)


def _rates(
    runs: Runs, counts: dict[str, int], seconds_of: Callable[[Measured], float]
) -> dict[str, dict[str, object]]:
    """Give texts a second (medians) and how many times faster than each peer Fangge is."""
    rates: dict[str, dict[str, object]] = {}
    for (name, kind), measured in runs.items():
        n_texts = min(counts[kind], N_FOR_SLOW_PEERS) if name in SLOW_PEERS else counts[kind]
        seconds = statistics.median(seconds_of(run) for run in measured)
        rates.setdefault(kind, {})[name] = round(n_texts / seconds)
    for row in rates.values():
        own = row["fangge"]
        times = {name: _ratio(own, rate) for name, rate in row.items() if name != "fangge"}
        row.update({f"times_{name}": ratio for name, ratio in times.items()})
    return rates


def _ratio(own: object, peer: object) -> float:
    return round(float(str(own)) / float(str(peer)), 2)


def measure_scaling() -> dict[str, object]:
    """Read ever longer texts, and ever more of them: twice as much takes about twice as long."""
    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import load_model

    model = load_model()
    piece = "苏州市姑苏区临顿路88号(3幢)-2-501室，"
    hostile = ("0-" * 200, "号楼" * 200, "(" * 400, "路" * 400, "1" * 400, piece * 20)

    def time_texts(n_texts: int, n_repeats: int) -> float:
        texts = pl.Series([f"{chr(HAN + i)}{piece * n_repeats}" for i in range(n_texts)])
        return _best_of(lambda: Reader(model).read(texts))

    return {
        "seconds_by_repeats": {str(n): time_texts(200, n) for n in (1, 2, 4, 8, 16, 5_000)},
        "seconds_by_texts": {str(n): time_texts(n, 1) for n in (1_000, 2_000, 4_000, 8_000)},
        "seconds_hostile": _best_of(lambda: Reader(model).read(pl.Series(hostile))),
    }


def _best_of(act: Callable[[], object], n_times: int = 3) -> float:
    seconds = []
    for _ in range(n_times):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return round(min(seconds), 5)


def measure_accuracy(data: Path) -> dict[str, object]:
    """Score what the readers say of the labelled development texts, span and kind alike."""
    from fangge.engine.address.evaluation import score_readings
    from fangge.engine.address.normalise import as_texts
    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import load_model

    figures: dict[str, object] = {}
    reader = Reader(load_model())
    for name in DEV_FILES:
        rows = [json.loads(line) for line in _lines(data / name)]
        elements = reader.read(as_texts([row["text"] for row in rows])).elements
        said = elements.with_columns(kind=pl.col("kind").replace("group", "community"))
        truth, kinds = _list_truth([row["spans"] for row in rows])
        scores = score_readings(said.filter(pl.col("kind").is_in(kinds)), truth)
        figures[name] = {
            "n_texts": len(rows),
            "precision": round(scores.precision, 4),
            "recall": round(scores.recall, 4),
            "f1": round(scores.f1, 4),
            "by_kind": {kind: round(f1, 4) for kind, f1 in scores.f1_by_kind.items()},
        }
    return figures


def _list_truth(spans: list[list[tuple[int, int, str]]]) -> tuple[pl.DataFrame, list[str]]:
    """List the labelled elements of the kinds that are scored, and those kinds."""
    from fangge.engine.address.elements import Kind
    from fangge.engine.address.training import KINDS

    unscored = {Kind.INTERSECTION, Kind.DIRECTION, Kind.PERSON, Kind.REDUNDANT}
    scored = {label: kind.value for label, kind in KINDS.items() if kind not in unscored}
    rows = [
        (row, start, end, scored[label.lower()])
        for row, held in enumerate(spans)
        for start, end, label in held
        if label.lower() in scored
    ]
    truth = pl.DataFrame(rows, schema=["row", "start", "end", "kind"], orient="row")
    return truth, sorted(set(scored.values()))
