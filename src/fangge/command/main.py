"""The `fangge` command: one subcommand a file, each loaded when it is asked for."""

import importlib

import click
from typing_extensions import override

COMMANDS: dict[str, str] = {
    "demo": "Run the main job on a generated district and open the site.",
    "generate": "Write a synthetic district as departments would send it.",
    "ingest": "Check a file by its contract and stage its rows.",
    "serve": "Serve the site.",
    "work": "Do background jobs; serve starts one of these itself.",
    "bench": "Measure Fangge beside its peers, in one run.",
    "docs": "Write the reference pages that follow from the code.",
    "doctor": "Say what is wrong with a set-up and how to mend it.",
    "backup": "Write everything the registers hold to one file.",
    "restore": "Put a backup back, whole or not at all.",
    "address": "Read addresses, find the standard address they mean.",
}
"""Subcommand to its sentence in the overview; `name` lives in `fangge.command.name`."""


class Lazy(click.Group):
    """A group that imports a subcommand only when it is used, so that `--help` is instant."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fangge.command.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(cls=Lazy)
def main() -> None:
    """Run a city district grid by grid."""
