"""Wiring of the fieldwork app."""

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class FieldworkConfig(AppConfig):
    name = "fangge.fieldwork"
    label = "fieldwork"

    @override
    def ready(self) -> None:
        import_module("fangge.fieldwork.subscribers").connect()
