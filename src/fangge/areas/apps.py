"""Wiring of the areas app."""

from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "fangge.areas"
    label = "areas"
