"""How an app with tables in a folder and subscribers is wired."""

import pkgutil
from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class App(AppConfig):
    """Connects the app's subscribers, and finds its tables one subject a file."""

    @override
    def ready(self) -> None:
        import_module(f"{self.name}.subscribers").connect()

    @override
    def import_models(self) -> None:
        super().import_models()
        # They stand below an empty __init__.py.
        package = import_module(f"{self.name}.models")
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
