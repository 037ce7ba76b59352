"""Wiring of the fusion app."""

# The module is imported, not the class: Django would take the class for an app of its own.
from fangge.kernel import wiring


class FusionConfig(wiring.App):
    name = "fangge.fusion"
    label = "fusion"
