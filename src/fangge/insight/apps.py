"""Wiring of the insight app."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "fangge.insight"
    label = "insight"
