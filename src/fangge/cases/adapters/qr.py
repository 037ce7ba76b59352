"""A text as a QR code, drawn as SVG."""

import segno


def draw_qr(text: str) -> str:
    """Give an SVG that a page may hold as it is."""
    return segno.make(text, error="m", micro=False).svg_inline(omitsize=True, border=2)
