"""Wiring of the access app."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from typing_extensions import override


def raise_wall(**_: object) -> None:
    import_module("fangge.access.actions.wall").raise_wall()


class AccessConfig(AppConfig):
    name = "fangge.access"
    label = "access"

    @override
    def ready(self) -> None:
        # The site's role gets its rights on whatever tables this version brought.
        post_migrate.connect(raise_wall, sender=self)
        import_module("fangge.access.subscribers").connect()
