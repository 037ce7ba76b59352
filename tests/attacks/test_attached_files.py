"""Files attached to cases that would like to be something else."""

import re
import tracemalloc
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as held
from django.test import Client
from pytest_django import Settings
from tests.fangge.cases.files import bomb_bytes, mp3_bytes, photo_bytes, upload
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.cases.actions.attaching import staging
from fangge.cases.adapters.media import FileUnfit
from fangge.cases.adapters.store import FolderStore
from fangge.cases.models.attachment import Attachment

pytestmark = pytest.mark.django_db
SCRIPT = b"<script>alert(document.cookie)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.FANGGE_DATA = tmp_path


def enter(client: Client) -> None:
    make_staff(Role.DISPATCHER, username="attack")
    staff = StaffMember.objects.get(username="attack")
    client.force_login(staff, "django.contrib.auth.backends.ModelBackend")


def send(client: Client, body: bytes, name: str) -> str:
    typed = {"told": "门坏了", "place": "平江路2号", "token": str(uuid4())}
    answer = client.post("/cases/report", typed | {"files": [upload(body, name)]})
    return answer["Location"] if answer.status_code == 302 else ""


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (SVG, "x.svg"),
        (SVG, "x.png"),
        (b"<!doctype html>" + SCRIPT, "x.jpg"),
        (b"GIF89a" + SCRIPT, "x.gif"),
        (b"MZ\x90\x00", "x.pdf"),
        (b"PK\x03\x04", "x.docx"),
        (b"\xff\xd8\xff" + SCRIPT, "x.jpg"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "x.png"),
        (b"", "x.jpg"),
    ],
)
def test_what_is_no_photo_document_or_sound_is_refused(
    client: Client, body: bytes, name: str
) -> None:
    enter(client)
    assert send(client, body, name) == ""
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (photo_bytes() + SCRIPT + SVG, "x.html"),
        (photo_bytes(kind="PNG") + SCRIPT, "x.svg"),
        (b"%PDF-1.7\n" + SCRIPT, "x.html"),
        (mp3_bytes() + SCRIPT, "x.html"),
    ],
)
def test_what_is_two_things_at_once_is_never_run(client: Client, body: bytes, name: str) -> None:
    enter(client)
    where = send(client, body, name)
    file_id = Attachment.objects.get().pk
    answer = client.get(f"{where}/files/{file_id}")
    assert answer["Content-Type"] in {"image/jpeg", "image/png", "application/pdf", "audio/mpeg"}
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert re.fullmatch(
        r'attachment; filename="[\d-]+\.(jpg|png|pdf|mp3)"', answer["Content-Disposition"]
    )
    sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert SCRIPT not in sent or answer["Content-Type"] in {"application/pdf", "audio/mpeg"}


@pytest.mark.parametrize("name", ["../../keys/secret_key.jpg", "/etc/passwd", "..\\..\\x", "CON"])
def test_a_name_leads_nowhere(client: Client, name: str) -> None:
    enter(client)
    assert send(client, photo_bytes(), name)
    root = Path(held.FANGGE_DATA)
    files = [path for path in root.rglob("*") if path.is_file()]
    kept = root / "attachments" / "kept"
    assert all(path.is_relative_to(kept) or path.parent.name == "keys" for path in files)
    assert all(path.stat().st_mode & 0o177 == 0 for path in files)
    for wrong in ("../" + "a" * 61, "a" * 63 + "/", "-small", ".." * 32):
        with pytest.raises(FileNotFoundError):
            FolderStore(kept).open(wrong)


def test_a_picture_that_is_small_only_because_it_is_packed_is_refused(noon: datetime) -> None:
    body = bomb_bytes()
    assert len(body) < 200_000
    tracemalloc.start()
    with pytest.raises(FileUnfit) as told, staging([upload(body, "x.png")]):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.value.reason in {"broken", "pixels"}
    assert peak < 5_000_000


def test_a_markup_in_a_name_is_shown_as_text(client: Client) -> None:
    enter(client)
    where = send(client, photo_bytes(), '"><img src=x onerror=alert(1)>.jpg')
    page = client.get(where).content.decode()
    assert "<img src=x" not in page
