"""Wiring of the registers app."""

# The module is imported, not the class: Django would take the class for an app of its own.
from fangge.kernel import wiring


class RegistersConfig(wiring.App):
    name = "fangge.registers"
    label = "registers"
