"""Wiring of the disclosure app."""

# The module is imported, not the class: Django would take the class for an app of its own.
from fangge.kernel import wiring


class DisclosureConfig(wiring.App):
    name = "fangge.disclosure"
    label = "disclosure"
