"""Cells of files that a spreadsheet opens."""

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def guard_cell(text: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula.

    Source: OWASP, CSV injection.
    """
    return f"'{text}" if text.startswith(STARTS_FORMULA) else text
