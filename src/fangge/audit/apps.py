"""Wiring of the audit app."""

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class AuditConfig(AppConfig):
    name = "fangge.audit"
    label = "audit"

    @override
    def ready(self) -> None:
        import_module("fangge.audit.jobs")
