"""Files that lead astray, swell, or carry formulas: on the way in and on the way out."""

import contextlib
import csv
import html
import io
import re
import sqlite3
import tracemalloc
import zipfile
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from tests.attacks.visitors import FORMULAS, enter

from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.adapters.files import read_slices
from fangge.fusion.adapters.uploads import keep_upload
from fangge.fusion.models.source import Source
from fangge.kernel.cells import guard_cell
from fangge.registers.models.address import Address
from fangge.registers.models.organisation import Organisation

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fangge"
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
)


class RawUpload(SimpleUploadedFile):
    """A file whose name came as it was sent: Django would clean it before."""

    def __init__(self, name: str, body: bytes) -> None:
        super().__init__("x", body)
        self._name = name


def pack_book(path: Path, rows: str, *, head: str = "") -> bytes:
    """Write a workbook by hand, whose only sheet says what an attacker likes."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "房屋"
    book.save(path)
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    parts["xl/worksheets/sheet1.xml"] = (head + SHEET.format(rows=rows)).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, body in parts.items():
            whole.writestr(name, body)
    return path.read_bytes()


def try_out(client: Client, body: bytes, name: str = "house.xlsx") -> str:
    file = SimpleUploadedFile(name, body)
    where = reverse("fusion:bring-in", kwargs={"code": "housing_dwellings"})
    answer = client.post(where, {"file": file, "try": "1"}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_a_workbook_that_is_small_only_because_it_is_packed_is_refused(tmp_path: Path) -> None:
    swollen = '<row r="1"><c r="A1" t="str"><v>' + "0" * 60_000_000 + "</v></c></row>"
    body = pack_book(tmp_path / "swollen.xlsx", swollen)
    del swollen
    assert len(body) < 200_000
    client = enter()
    tracemalloc.start()
    page = try_out(client, body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to far more" in page
    assert peak < 30_000_000


@pytest.mark.django_db
def test_a_sheet_that_says_it_is_as_wide_as_can_be_takes_no_more_memory(tmp_path: Path) -> None:
    contract = contract_of(Source.objects.get(code="housing_dwellings"))
    head = "".join(f'<c t="str"><v>{field.column}</v></c>' for field in contract.fields)
    rows = f'<row r="1">{head}</row>' + "".join(
        f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(2, 1000)
    )
    path = tmp_path / "wide.xlsx"
    pack_book(path, rows)
    tracemalloc.start()
    read = sum(part.height for part in read_slices(path, contract))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == 998
    assert peak < 30_000_000


@pytest.mark.django_db
def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY b0 "0123456789">{levels}]>'
    rows = '<row r="1"><c r="A1" t="str"><v>&b9;</v></c></row>'
    assert "could not be read" in try_out(enter(), pack_book(tmp_path / "x.xlsx", rows, head=head))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["../../keys/secret_key", "/etc/passwd", "..\\..\\x.csv", "a/../../b.csv", ".htaccess",
     "x" * 300 + ".csv", "名\u202egnp.csv", "CON", "a.csv\x00.png", "x./../../y"],
)  # fmt: skip
def test_an_upload_stays_in_its_folder_whatever_its_name(name: str) -> None:
    file = RawUpload(name, f"a,b\n{name!r}".encode())
    contract = contract_of(Source.objects.get(code="police_population"))
    path = keep_upload(file, contract)
    try:
        assert path.resolve().parent == (Path(settings.FANGGE_DATA) / "uploads").resolve()
        assert re.fullmatch(r"[0-9a-f]{32}(\.[^/\\\x00]{0,9})?", path.name)
        assert path.stat().st_mode & 0o111 == 0
    finally:
        path.unlink()


def send(client: Client, code: str, body: bytes, name: str, *, tries: bool) -> str:
    """Send a file by the screen, to be tried or read; give the page that says what came of it."""
    where = reverse("fusion:bring-in", kwargs={"code": code})
    given = {"file": SimpleUploadedFile(name, body)} | ({"try": "1"} if tries else {})
    answer = client.post(where, given, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def kept_files() -> set[Path]:
    return set((Path(settings.FANGGE_DATA) / "uploads").glob("*"))


@pytest.mark.django_db
@pytest.mark.parametrize("tries", [True, False])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "geopackage"])
def test_a_file_is_of_the_kind_that_it_holds_whatever_its_name(kind: str, *, tries: bool) -> None:
    sources = {contract_of(one).kind: one.code for one in Source.objects.all()}
    client, before = enter(), kept_files()
    bodies = {"xlsx": b"PK\x03\x04", "parquet": b"PAR1", "geopackage": b"SQLite format 3\x00"}
    others = [body + b"\0" * 64 for other, body in bodies.items() if other != kind]
    others += [b"\x7fELF\x02\x01\x01" + b"\0" * 9, b"%PDF-1.7\0"]
    for body in others:
        name = f"extract.{kind}"
        assert "it is another kind" in send(client, sources[kind], body, name, tries=tries)
    assert kept_files() == before


@pytest.mark.django_db
@pytest.mark.parametrize("tries", [True, False])
def test_a_file_that_is_too_large_is_refused_and_not_kept(
    settings: Settings, *, tries: bool
) -> None:
    settings.UPLOAD_MB = 1
    before = kept_files()
    body = b"a,b\n" + b"1,2\n" * 2**19
    page = send(enter(), "police_population", body, "large.csv", tries=tries)
    assert "larger than 1 MB" in page
    assert kept_files() == before


@pytest.mark.django_db
def test_a_file_of_too_many_rows_is_refused(settings: Settings) -> None:
    settings.MOST_ROWS = 1000
    contract = contract_of(Source.objects.get(code="police_population"))
    header = ",".join(field.column for field in contract.fields)
    body = "\n".join([header, *["1" + "," * (len(contract.fields) - 1)] * 1001])
    page = send(enter(), contract.code, body.encode(contract.encoding), "many.csv", tries=True)
    assert "more than 1,000 rows" in page


@pytest.mark.django_db
def test_a_parquet_file_that_swells_is_refused_before_it_is_unpacked(
    settings: Settings, tmp_path: Path
) -> None:
    settings.UNPACKED_MB = 1
    sources = {contract_of(one).kind: contract_of(one) for one in Source.objects.all()}
    path = tmp_path / "swollen.parquet"
    texts = [f"{n:09}" * 12 for n in range(20_000)]
    columns = {field.column: texts for field in sources["parquet"].fields}
    pl.DataFrame(columns).write_parquet(path, compression="zstd", use_pyarrow=True)
    page = send(enter(), sources["parquet"].code, path.read_bytes(), path.name, tries=True)
    assert "unpacks to more than 1 MB" in page


@pytest.mark.django_db
def test_a_geopackage_that_reckons_its_rows_is_refused(tmp_path: Path) -> None:
    """A view of a line gives a billion rows: it is not asked for one."""
    sources = {contract_of(one).kind: contract_of(one) for one in Source.objects.all()}
    path = tmp_path / "endless.gpkg"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000) SELECT i FROM n"
        )
    page = send(enter(), sources["geopackage"].code, path.read_bytes(), path.name, tries=True)
    assert "holds views: endless" in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../../etc/passwd.xlsx", "..%2f..%2fx.xlsx", "x\x00.xlsx"])
def test_an_odd_name_of_an_upload_is_no_fault_of_the_server(name: str) -> None:
    assert "it is another kind" in try_out(enter(), b"no workbook", name)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_reckon_with_is_guarded(text: str) -> None:
    assert guard_cell(text) == f"'{text}"


@pytest.mark.django_db
@pytest.mark.parametrize("text", FORMULAS)
def test_lists_are_exported_without_formulas(text: str) -> None:
    firm = Organisation.objects.exclude(address=None).order_by("id")[0]
    Organisation.objects.filter(pk=firm.pk).update(name=text)
    road = Address.objects.filter(level="road").order_by("id")[0]
    Address.objects.filter(pk=road.pk).update(full_name=text)
    client = enter()
    for page in ("organisations", "addresses"):
        asked = {"level": "road", "reason": "核对"}
        body = client.post(f"/registers/{page}/export", asked).content.decode("utf-8-sig")
        cells = {cell for row in csv.reader(io.StringIO(body, newline="")) for cell in row}
        assert f"'{text}" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_every_export_of_a_table_goes_through_the_guard() -> None:
    """A view or an adapter that writes CSV or XLSX names the guard; other files hold no cells."""
    writes = re.compile(r"csv\.writer\(|Workbook\(|write_csv\(")
    # What writes files for programs: a generated district, backups and the COPY protocol; and a
    # form with formulas of its own, which says of each other text that it is one.
    machines = {"fusion/adapters/extracts.py", "kernel/bulk.py", "insight/adapters/filling.py"}
    unguarded = [
        name
        for path in SOURCE.rglob("*.py")
        if (name := path.relative_to(SOURCE).as_posix()) not in machines
        and not name.startswith(("engine/", "command/"))
        and writes.search(text := path.read_text(encoding="utf-8"))
        and "guard_cell" not in text
    ]
    assert unguarded == []
