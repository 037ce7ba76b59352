"""Wiring of the gateway app."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "fangge.gateway"
    label = "gateway"
