"""Write an answer of GeoReport v2 as JSON or as XML, both in UTF-8."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

KINDS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMES = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "keywords": "keyword",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What one of each list is called in XML."""


def write_answer(body: Any, *, root: str, form: str) -> bytes:
    """Write an answer; `root` is what it is called in XML."""
    if form == "json":
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    held: bytes = ET.tostring(_build(root, body), encoding="utf-8", xml_declaration=True)
    return held


def _build(name: str, body: Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(body, Mapping):
        element.extend(_build(key, value) for key, value in body.items())
    elif isinstance(body, Sequence) and not isinstance(body, str):
        element.extend(_build(NAMES[name], one) for one in body)
    elif body is not None:
        text = str(body).lower() if isinstance(body, bool) else str(body)
        element.text = UNWRITABLE.sub("�", text)
    return element
