"""Wiring of the fieldwork app."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    name = "fangge.fieldwork"
    label = "fieldwork"
