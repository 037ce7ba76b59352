"""A group of commands, each in a file of its own that is loaded when it is asked for."""

import importlib
from collections.abc import Mapping
from typing import Any

import click
from typing_extensions import override


class LazyGroup(click.Group):
    """Imports a command only when it is used, so that the start is instant."""

    def __init__(
        self, name: str | None = None, *, modules: Mapping[str, str], **settings: Any
    ) -> None:
        """Take the module of each command by its name; the module's `command` is it."""
        super().__init__(name, **settings)
        self.modules = modules

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        command: click.Command = importlib.import_module(self.modules[cmd_name]).command
        return command
