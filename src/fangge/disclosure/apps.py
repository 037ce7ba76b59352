"""Wiring of the disclosure app."""

import pkgutil
from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class DisclosureConfig(AppConfig):
    name = "fangge.disclosure"
    label = "disclosure"

    @override
    def ready(self) -> None:
        import_module("fangge.disclosure.subscribers").connect()

    @override
    def import_models(self) -> None:
        super().import_models()
        # The tables stand one subject a file, below an empty __init__.py.
        package = import_module(f"{self.name}.models")
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
