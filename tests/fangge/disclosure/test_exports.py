"""Files that were taken along: marked in every row, found by the code, still read as before."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from tests.fangge.portal.visiting import residents, visit_as
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.disclosure.actions.exports import Mark
from fangge.disclosure.models.export import ExportMade
from fangge.disclosure.rules.codes import read_code
from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.adapters.files import read_slices
from fangge.fusion.models.source import Source
from fangge.kernel import clock
from fangge.registers.adapters.sheets import write_file

MARK = Mark("FG-23456-789AB-C", "FG-23456-789AB-C：陆某于某日导出，用途：核对。不得挪作他用。")


def enter(role: Role) -> Client:
    make_staff(role)
    client = Client()
    client.post("/access/sign-in", {"username": f"test-{role}", "password": PASSWORD})
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["addresses", "organisations"])
def test_a_list_bears_who_took_it_and_a_code_in_every_row(what: str) -> None:
    client = enter(Role.STEWARD)
    where = f"/registers/{what}/export"
    assert client.post(where, {"form": "csv", "reason": " "}).status_code == 422
    made = client.post(where, {"form": "csv", "reason": "消防台账核对"})
    code = made.headers["X-Export-Code"]
    assert read_code(code) == code
    lines = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert all(told in lines[0][-1] for told in (code, "消防台账核对", "202"))
    assert len(lines) > 5
    assert {line[-1] for line in lines[1:]} == {code}
    book = client.post(where, {"form": "xlsx", "reason": "核对"})
    sheet = load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert book.headers["X-Export-Code"] in str(sheet.oddFooter.left.text)
    kept = Entry.objects.get(verb="export.make", subject_id=code)
    assert kept.actor == "staff:test-steward"
    assert f"n={len(lines) - 1} " in kept.reason
    assert ExportMade.objects.get(code=code).reason == "消防台账核对"


@pytest.mark.django_db
def test_the_auditor_finds_a_file_by_the_code_of_any_of_its_rows() -> None:
    code = enter(Role.STEWARD).post(
        "/registers/addresses/export", {"reason": "消防台账核对"}
    ).headers["X-Export-Code"]  # fmt: skip
    auditor = enter(Role.AUDITOR)
    page = auditor.get("/desk/exports/", {"code": code.lower().replace("-", " ")}).content.decode()
    assert "消防台账核对" in page
    assert "test-steward" in page
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert "消防台账核对" not in auditor.get("/desk/exports/", {"code": wrong}).content.decode()


@pytest.mark.django_db
def test_a_residents_own_copy_bears_a_code_too() -> None:
    (resident,) = residents(1)
    token, _ = visit_as(resident, clock.now())
    client = Client()
    client.cookies["fangge_resident"] = token
    for form in ("json", "html"):
        made = client.post(reverse("portal:copy"), {"form": form})
        code = made.headers["X-Export-Code"]
        assert code in made.content.decode()
        assert ExportMade.objects.get(code=code).made_by == f"resident:{resident.code}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "source"), [("csv", "market_organisations"), ("xlsx", "housing_dwellings")]
)
def test_a_marked_file_comes_in_again_as_it_would_without_the_mark(
    form: str, source: str, tmp_path: Path
) -> None:
    """Columns are read by name: one more at the end is none of the contract's."""
    contract = replace(contract_of(Source.objects.get(code=source)), sheet="报表")
    header = [field.column for field in contract.fields]
    rows = [[f"{column}{n}" for column in header] for n in range(3)]
    path = tmp_path / f"again.{form}"
    path.write_bytes(write_file(form=form, mark=MARK, header=header, rows=rows))
    read = pl.concat(list(read_slices(path, contract)))
    assert read.height == 3
    assert read["n_cells"].to_list() == read["n_expected"].to_list()
    for field in contract.fields:
        assert read[field.name].to_list() == [f"{field.column}{n}" for n in range(3)]
