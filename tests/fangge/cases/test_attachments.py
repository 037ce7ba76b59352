"""Photos, documents and recordings of a case: kept once, cleaned, read by whoever sees the case."""

import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from tests.fangge.cases.files import SECRET, mp3_bytes, photo_bytes, upload, wav_bytes
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.cases.actions.attaching import staging
from fangge.cases.actions.file_reading import FileUnknown, open_file
from fangge.cases.actions.report import Report, report_case
from fangge.cases.actions.sweeping import sweep_files
from fangge.cases.actions.transition import Doing, MoveNotAllowed, move_case
from fangge.cases.adapters.media import FileUnfit
from fangge.cases.adapters.store import FolderStore, file_store, staging_folder
from fangge.cases.models.attachment import Attachment, StoredFile
from fangge.cases.models.case import Case
from fangge.cases.queries.visible import CaseUnknown
from fangge.cases.rules.media import Span, SpanBeyond, read_span, tell_type
from fangge.kernel.actor import Actor, system_actor
from fangge.retention.actions import run_retention

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<< /Author (x) >>\nendobj\ntrailer\n%%EOF\n"


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.FANGGE_DATA = tmp_path


@pytest.fixture
def centre() -> Actor:
    return make_staff(Role.DISPATCHER, username="c")


def grids() -> list[Area]:
    return list(Area.objects.filter(kind="grid", ends_on=None).order_by("code")[:2])


def report(actor: Actor, now: datetime, *files: SimpleUploadedFile) -> Case:
    told = Report(told="防火门关不上", place="山塘街1号", grid_id=grids()[0].pk)
    with staging(files) as staged:
        return report_case(actor=actor, report=told, token=uuid4(), files=staged, now=now)[0]


def read(actor: Actor, case: Case, now: datetime, place: int = 0) -> bytes:
    held = case.attachments.order_by("pk")[place]
    opened = open_file(actor=actor, number=case.number, file_id=held.pk, now=now)
    with opened.handle:
        return opened.handle.read()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_upright_without_what_the_camera_wrote(
    centre: Actor, noon: datetime, kind: str
) -> None:
    case = report(centre, noon, upload(photo_bytes(kind=kind)))
    body = read(centre, case, noon)
    assert SECRET not in body
    shown = Image.open(io.BytesIO(body))
    assert (shown.size, len(shown.getexif())) == ((32, 64), 0)
    held = case.attachments.get()
    assert (held.moment, held.medium, held.file.has_small) == ("before", "photo", True)
    assert "现场".encode() not in bytes(held.name_sealed or b"")


@pytest.mark.parametrize("body", [mp3_bytes(), wav_bytes()])
def test_a_recording_is_kept_without_its_notes(centre: Actor, noon: datetime, body: bytes) -> None:
    case = report(centre, noon, upload(body, "说明.wav"))
    kept = read(centre, case, noon)
    assert SECRET not in kept
    assert tell_type(kept) == tell_type(body if body[:4] == b"RIFF" else b"\xff\xfb")
    assert not case.attachments.get().file.keeps_own_data


def test_a_document_is_kept_as_it_is_and_says_so(centre: Actor, noon: datetime) -> None:
    case = report(centre, noon, upload(PDF, "通知.pdf"))
    assert read(centre, case, noon) == PDF
    assert case.attachments.get().file.keeps_own_data


def test_what_is_sent_twice_is_kept_once(centre: Actor, noon: datetime) -> None:
    first = report(centre, noon, upload(photo_bytes()), upload(photo_bytes(), "again.jpg"))
    second = report(centre, noon, upload(photo_bytes(), "third.jpg"))
    assert (first.attachments.count(), second.attachments.count()) == (1, 1)
    assert StoredFile.objects.count() == 1
    assert len(list(file_store().walk())) == 2  # the photo and its small picture
    assert not list(staging_folder().iterdir())


def test_who_sees_the_case_sees_its_files_and_nobody_else(noon: datetime) -> None:
    here, there = grids()
    worker = make_staff(Role.GRID_WORKER, area=here, username="w1")
    stranger = make_staff(Role.GRID_WORKER, area=there, username="w2")
    case = report(worker, noon, upload(photo_bytes()))
    other = report(make_staff(Role.DISPATCHER, username="c"), noon)
    assert read(worker, case, noon)
    entry = Entry.objects.filter(verb="cases.see_file").latest("pk")
    assert (entry.actor, entry.subject_id) == (worker.reference, case.number)
    file_id = case.attachments.get().pk
    with pytest.raises(CaseUnknown):
        open_file(actor=stranger, number=case.number, file_id=file_id, now=noon)
    with pytest.raises(FileUnknown):  # a file of one case is no file of another
        open_file(actor=worker, number=other.number, file_id=file_id, now=noon)


def test_an_act_that_fails_leaves_no_file_to_the_case(centre: Actor, noon: datetime) -> None:
    case = report(centre, noon)
    with pytest.raises(FileUnfit), staging([upload(photo_bytes()), upload(b"MZ\x90", "x.jpg")]):
        pass
    with staging([upload(photo_bytes())]) as files:
        doing = Doing("close", files=files)
        with pytest.raises(MoveNotAllowed):
            move_case(actor=centre, number=case.number, doing=doing, seen=None, now=noon)
    assert not Attachment.objects.exists()
    assert not list(staging_folder().iterdir())


def test_a_photo_may_stand_for_the_words_of_a_remark(centre: Actor, noon: datetime) -> None:
    case = report(centre, noon)
    with staging([upload(photo_bytes())]) as files:
        doing = Doing("remark", files=files)
        move_case(actor=centre, number=case.number, doing=doing, seen=None, now=noon)
    assert case.attachments.get().moment == "between"


def test_at_most_so_many_files_come_at_once(noon: datetime) -> None:
    many = [upload(PDF + bytes([i]), f"{i}.pdf") for i in range(10)]
    with pytest.raises(FileUnfit) as told, staging(many):
        pass
    assert told.value.reason == "number"


def test_what_belongs_to_nothing_is_swept_after_a_day(centre: Actor, noon: datetime) -> None:
    case = report(centre, noon, upload(photo_bytes()), upload(PDF, "x.pdf"))
    (staging_folder() / "broken").write_bytes(b"half")
    case.attachments.filter(medium="document").delete()
    store = file_store()
    pdf = StoredFile.objects.get(media_type="application/pdf").sha256
    now = datetime.now(UTC)  # noqa: TID251 - the disk's clock is the machine's
    assert sweep_files(now=now) == 1  # the row of long ago; what the disk got today stays
    assert sweep_files(now=now + timedelta(days=2)) == 1
    assert not store.holds(pdf)
    assert read(centre, case, noon)
    assert not list(staging_folder().iterdir())


def test_files_go_with_their_time_unless_another_case_holds_them(
    centre: Actor,
    noon: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ended = report(centre, noon, upload(photo_bytes()), upload(photo_bytes("red")))
    still = report(centre, noon, upload(photo_bytes("red")))
    doing = Doing("reject", note="不属于本区")
    move_case(actor=centre, number=ended.number, doing=doing, seen=None, now=noon)
    keeper = system_actor("retention", verbs=("retention.run",))
    with django_capture_on_commit_callbacks(execute=True):
        told = run_retention(
            actor=keeper, tell=lambda *_: None, now=noon + timedelta(days=3 * 365 + 1)
        )
    assert told["case_file"] == 2
    assert not ended.attachments.exists()
    assert StoredFile.objects.count() == 1
    assert read(centre, still, noon)


def test_a_scanner_of_the_offices_own_has_the_last_word(
    settings: Settings, centre: Actor, noon: datetime
) -> None:
    settings.FILE_SCANNER = "grep -q -v -a EICAR"
    assert report(centre, noon, upload(PDF, "a.pdf")).attachments.count() == 1
    settings.FILE_SCANNER = "false"
    with pytest.raises(FileUnfit) as told:
        report(centre, noon, upload(PDF, "a.pdf"))
    assert told.value.reason == "scanned"
    settings.FILE_SCANNER = "no-such-scanner"
    with pytest.raises(FileUnfit) as told:
        report(centre, noon, upload(PDF, "a.pdf"))
    assert told.value.reason == "scanner"


def test_a_kill_in_the_middle_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from fangge.cases.adapters.store import write_whole, FolderStore\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "def pieces():\n"
        "    yield b'x' * 500_000\n"
        "    print('half', flush=True)\n"
        "    sys.stdin.read()\n"
        "write_whole(folder / 'staged', pieces())\n"
        "FolderStore(folder / 'kept').keep(folder / 'staged', 'a' * 64)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    with running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"half\n"
        os.kill(running.pid, signal.SIGKILL)
    assert (tmp_path / "staged").exists()  # what the sweeper takes
    assert not FolderStore(tmp_path / "kept").holds("a" * 64)


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-9", Span(0, 9)),
        ("bytes=90-", Span(90, 99)),
        ("bytes=-5", Span(95, 99)),
        ("bytes=50-900", Span(50, 99)),
        ("bytes=9-2", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=-", None),
    ],
)
def test_a_part_of_a_file_is_read_as_it_is_asked_for(header: str, span: Span | None) -> None:
    assert read_span(header, 100) == span


def test_a_part_beyond_the_file_is_refused() -> None:
    for header in ("bytes=100-", "bytes=-0"):
        with pytest.raises(SpanBeyond):
            read_span(header, 100)


def test_a_file_is_streamed_in_parts_and_photos_stand_side_by_side(
    client: Client, noon: datetime
) -> None:
    make_staff(Role.DISPATCHER, username="c1")
    client.force_login(
        StaffMember.objects.get(username="c1"), "django.contrib.auth.backends.ModelBackend"
    )
    typed = {"told": "门坏了", "place": "平江路2号", "token": str(uuid4())}
    sent = client.post("/cases/report", typed | {"files": [upload(photo_bytes(side=900))]})
    case = Case.objects.get(number=sent["Location"].rsplit("/", 1)[1])
    held = case.attachments.get()
    page = client.get(f"/cases/{case.number}").content.decode()
    assert f"/cases/{case.number}/files/{held.pk}/small" in page
    url = f"/cases/{case.number}/files/{held.pk}"
    whole = client.get(url)
    body = b"".join(whole.streaming_content)  # type: ignore[attr-defined]
    assert int(whole["Content-Length"]) == len(body) == held.file.n_bytes
    part = client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 10-19/{len(body)}")
    assert b"".join(part.streaming_content) == body[10:20]  # type: ignore[attr-defined]
    assert client.get(url, headers={"Range": "bytes=9999999-"}).status_code == 416
    assert client.get(url, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    small = client.get(f"{url}/small")
    assert Image.open(io.BytesIO(b"".join(small.streaming_content))).height == 320  # type: ignore[attr-defined]
    unfit = client.post("/cases/report", typed | {"token": str(uuid4()), "files": [upload(b"?")]})
    assert unfit.status_code == 422
    assert "只能附照片" in unfit.content.decode()
