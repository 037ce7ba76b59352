"""Wiring of the portal app."""

# The module is imported, not the class: Django would take the class for an app of its own.
from fangge.kernel import wiring


class PortalConfig(wiring.App):
    name = "fangge.portal"
    label = "portal"
