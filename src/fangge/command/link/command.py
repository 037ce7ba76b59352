"""`fangge link`: records in Parquet to clusters in Parquet, without a database."""

import time
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
@click.option("--only", "kinds", multiple=True, default=KINDS, type=click.Choice(KINDS),
              help="A kind of subject to link; may be said again.  [default: all that are there]",
              show_default=False)  # fmt: skip
@click.option("--precedence", default=PRECEDENCE, show_default=True,
              help="Sources; where they differ, the one named first speaks.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def command(
    *, source: Path, output: Path, kinds: tuple[str, ...], precedence: str, as_json: bool
) -> None:
    """Link records in Parquet files into clusters and entries, without a database.

    \b
    Example:
      fangge generate --residents 20000 --out district
      fangge link --input district --output linked
    """  # noqa: D301 - click's mark for text that keeps its lines
    from fangge.kernel.errors import FanggeError

    tell = Teller(is_quiet=as_json)
    ranks = {name.strip(): rank for rank, name in enumerate(precedence.split(","))}
    try:
        summary = link_folder(source, output.resolve(), kinds=kinds, ranks=ranks, tell=tell)
    except FanggeError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"{error}. Nothing was written to {output}: make room, then try again."
        ) from error
    if as_json:
        print_json(summary)
    else:
        _tell_people(summary, output)


def link_folder(
    source: Path, output: Path, *, kinds: tuple[str, ...], ranks: dict[str, int], tell: Teller
) -> dict[str, Any]:
    """Read, link, write and measure; give the summary."""
    from fangge.command.link.fusing import Fused, fuse_records
    from fangge.command.link.reading import read_input
    from fangge.command.link.writing import check_output, write_output

    started, started_cpu = time.perf_counter(), time.process_time()
    check_output(output)
    given = read_input(source, kinds)
    tell("read")
    found: dict[str, Fused] = {}
    for kind in given.records:
        tell.count(given.records[kind].height)
        found[kind] = fuse_records(kind, given, precedence=ranks, tell=tell)
    summary: dict[str, Any] = {
        "input": str(source),
        "output": str(output),
        "columns_absent": dict(given.absent),
        "kinds": {kind: _count(given.records[kind].height, fused) for kind, fused in found.items()},
    }
    write_output(output, found, summary)
    tell("write")
    summary["seconds"] = tell.seconds | {"work": round(time.perf_counter() - started, 3)}
    summary["cpu_seconds"] = round(time.process_time() - started_cpu, 3)
    _measure(source, found, summary)
    return summary


def _count(n_records: int, fused: Any) -> dict[str, Any]:
    decided = dict(fused.clusters.group_by("decision").len().sort("decision").iter_rows())
    return {
        "records": n_records,
        "entries": fused.entries.height,
        "review": fused.review.height,
        "decisions": decided,
    }


def _measure(source: Path, found: dict[str, Any], summary: dict[str, Any]) -> None:
    """Add precision, recall, F1 and values right, where the truth stands beside the input."""
    from fangge.command.link.measuring import measure_clusters, measure_values

    for kind, fused in found.items():
        figures = summary["kinds"][kind]
        accuracy = measure_clusters(source, kind, fused.clusters)
        if accuracy is not None:
            figures["accuracy"] = accuracy
        values = measure_values(source, kind, fused.clusters, fused.entries)
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
