"""Wiring of the cases app."""

# The module is imported, not the class: Django would take the class for an app of its own.
from fangge.kernel import wiring


class CasesConfig(wiring.App):
    name = "fangge.cases"
    label = "cases"
