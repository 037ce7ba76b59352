"""The `fangge` command: one subcommand a file, each loaded when it is asked for."""

import click

from fangge.command.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "demo": "Run the main job on a generated district and open the site.",
    "generate": "Write a synthetic district as departments would send it.",
    "ingest": "Check a file by its contract and stage its rows.",
    "link": "Link records in Parquet files, without a database.",
    "serve": "Serve the site.",
    "work": "Do background jobs; serve starts one of these itself.",
    "bench": "Measure Fangge beside its peers, in one run.",
    "compile": "Compile the engine once, so that no first use waits for it.",
    "docs": "Write the reference pages that follow from the code.",
    "doctor": "Say what is wrong with a set-up and how to mend it.",
    "backup": "Write everything the registers hold to one file.",
    "restore": "Put a backup back, whole or not at all.",
    "audit": "Check the ledger of who saw what, or take it along.",
    "retention": "Show how long what is kept; erase what is due.",
    "keys": "Change the keys that seal what is personal.",
    "evaluate": "Score a performance self-evaluation and find its contradictions.",
    "cases": "Learn the classifier of reports, and try it.",
    "address": "Read addresses, find the standard address they mean.",
}
"""Subcommand to its sentence in the overview; `name` lives in `fangge.command.name`."""
FOLDERS = {
    "bench": "fangge.command.bench.group",
    "link": "fangge.command.link.command",
}
"""Subcommands that are a folder, and the file that gathers it."""
MODULES = {name: FOLDERS.get(name, f"fangge.command.{name}") for name in COMMANDS}


@click.group(cls=LazyGroup, modules=MODULES)
def main() -> None:
    """Run a city district grid by grid."""
