"""Wiring of the retention app."""

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class RetentionConfig(AppConfig):
    name = "fangge.retention"
    label = "retention"

    @override
    def ready(self) -> None:
        import_module("fangge.retention.jobs")
