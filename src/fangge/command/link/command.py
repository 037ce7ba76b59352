"""`fangge link`: records in Parquet to clusters in Parquet, without a database."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from fangge.command.output import Teller, print_json

KINDS = ("residents", "organisations", "dwellings")
PRECEDENCE = "police_population,housing_dwellings,health_population,market_organisations"


@click.command("link")
@click.option("--input", "source", required=True, type=click.Path(path_type=Path),
              help="Folder of records, or a generated district.")  # fmt: skip
@click.option("--output", required=True, help="Folder to write; an older output is replaced.",
              type=click.Path(path_type=Path, file_okay=False))  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path, file_okay=False),
              help="Folder kept from run to run, so that linking costs what changed.")  # fmt: skip
@click.option("--only", "kinds", multiple=True, default=KINDS, type=click.Choice(KINDS),
              help="A kind of subject to link; may be said again.  [default: all that are there]",
              show_default=False)  # fmt: skip
@click.option("--precedence", default=PRECEDENCE, show_default=True,
              help="Sources; where they differ, the one named first speaks.")  # fmt: skip
@click.option("--spark", "master", metavar="MASTER",
              help="Let a Spark cluster do it: spark://host:7077, local[4].")  # fmt: skip
@click.option("--spark-setting", "settings", multiple=True, metavar="NAME=VALUE",
              help="Such as spark.executor.memory=4g; may be said again.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def command(
    *,
    source: Path,
    output: Path,
    state: Path | None,
    kinds: tuple[str, ...],
    precedence: str,
    master: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Link records in Parquet files into clusters and entries, without a database.

    \b
    Example:
      fangge generate --residents 20000 --out district
      fangge link --input district --output linked
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.kernel.errors import FanggeError

    if state is not None and master is not None:
        raise click.UsageError("--state works on this machine alone: leave out --spark.")
    tell = Teller(is_quiet=as_json)
    ranks = {name.strip(): rank for rank, name in enumerate(precedence.split(","))}
    link = partial(link_folder, source, output.resolve(), kinds=kinds, ranks=ranks, tell=tell)
    try:
        if state is not None:
            summary = link_with_state(link, state.resolve())
        else:
            summary = link_with_spark(link, master, settings) if master else link()
    except FanggeError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json(summary)
    else:
        _tell_people(summary, output)


def link_with_spark(
    link: Callable[..., dict[str, Any]], master: str, settings: tuple[str, ...]
) -> dict[str, Any]:
    """Link with a session that ends with the work."""
    from fangge.command.link.on_spark import open_session

    given = dict(setting.partition("=")[::2] for setting in settings)
    spark = open_session(master, given)
    try:
        return link(spark=spark)
    finally:
        spark.stop()


def link_with_state(link: Callable[..., dict[str, Any]], state: Path) -> dict[str, Any]:
    """Link with a state that no other run has in hand."""
    from fangge.command.link.state import hold_state

    with hold_state(state):
        return link(state=state)


def link_folder(
    source: Path,
    output: Path,
    *,
    kinds: tuple[str, ...],
    ranks: dict[str, int],
    tell: Teller,
    spark: Any = None,
    state: Path | None = None,
) -> dict[str, Any]:
    """Read, link, write and measure; give the summary."""
    from fangge.command.link.writing import check_output, write_output

    started, started_cpu = time.perf_counter(), time.process_time()
    check_output(output)
    found, absent, changed = _fuse_folder(source, kinds, ranks, tell, spark, state)
    summary: dict[str, Any] = {
        "input": str(source),
        "output": str(output),
        "columns_absent": absent,
        "kinds": {kind: _count(fused) for kind, fused in found.items()},
    }
    if state is not None:
        summary["changed"] = changed
    write_output(output, found, summary)
    tell("write")
    summary["seconds"] = tell.seconds | {"work": round(time.perf_counter() - started, 3)}
    summary["cpu_seconds"] = round(time.process_time() - started_cpu, 3)
    _measure(source, output, found, summary)
    return summary


def _fuse_folder(
    source: Path,
    kinds: tuple[str, ...],
    ranks: dict[str, int],
    tell: Teller,
    spark: Any,
    state: Path | None,
) -> tuple[dict[str, Any], dict[str, list[str]], dict[str, int | None]]:
    """Give what was found of each kind, the columns that no file has, and how many changed."""
    from fangge.command.link.fusing import fuse_records
    from fangge.command.link.reading import find_kinds, read_input
    from fangge.command.link.state import find_keeper

    there = find_kinds(source, kinds)
    found: dict[str, Any] = {}
    changed: dict[str, int | None] = {}
    if spark is not None:
        from fangge.command.link.on_spark import KINDS as SPARK_KINDS
        from fangge.command.link.on_spark import fuse_on_spark

        for kind in (kind for kind in there if kind in SPARK_KINDS):
            found[kind] = fuse_on_spark(kind, source, spark, precedence=ranks, tell=tell)
    given = read_input(source, tuple(kind for kind in there if kind not in found))
    tell("read")
    for kind, records in given.records.items():
        tell.count(records.height)
        keeper = None if state is None else find_keeper(state, kind, ranks)
        if keeper is None:
            found[kind] = fuse_records(kind, given, precedence=ranks, tell=tell)
        else:
            found[kind] = keeper.fuse(records, tell)
            changed[kind] = keeper.n_changed
    return found, dict(given.absent), changed


def _count(fused: Any) -> dict[str, Any]:
    decided = dict(fused.clusters.group_by("decision").len().sort("decision").iter_rows())
    return {
        "records": fused.clusters.height,
        "entries": fused.clusters["entry_id"].n_unique(),
        "review": fused.review.height,
        "decisions": decided,
    }


def _measure(source: Path, output: Path, found: dict[str, Any], summary: dict[str, Any]) -> None:
    """Add precision, recall, F1 and values right, where the truth stands beside the input."""
    from fangge.command.link.measuring import measure_clusters, measure_values

    for kind, fused in found.items():
        figures = summary["kinds"][kind]
        accuracy = measure_clusters(source, kind, fused.clusters)
        if accuracy is not None:
            figures["accuracy"] = accuracy
        values = measure_values(source, kind, fused.clusters, output / f"{kind}_entries.parquet")
        if values is not None:
            figures["values"] = values


def _tell_people(summary: dict[str, Any], output: Path) -> None:
    for kind, figures in summary["kinds"].items():
        line = f"{kind:<14}{figures['records']:>10,} records → {figures['entries']:>10,} entries"
        line += f", {figures['review']:,} for review"
        if "accuracy" in figures:
            line += f", F1 {figures['accuracy']['f1']:.4f}"
        click.echo(line)
    for kind, names in summary["columns_absent"].items():
        click.echo(f"{kind}: no column {', '.join(names)}; counted as blank.", err=True)
    click.echo(f"Wrote {output}.")
