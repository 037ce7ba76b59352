"""Files leave by one door, with a mark and an entry in the ledger."""

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fangge"
DOOR, MAKER = "kernel/web.py", "disclosure/actions/exports.py"
EVIDENCE = "cases/views/files.py"
"""A photo or a paper of a case is given as it came: a mark in it would change the evidence."""


def users_of(pattern: str) -> set[str]:
    named = re.compile(pattern)
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }


def test_no_view_gives_a_file_by_itself() -> None:
    """A file is an answer to be kept, or one that is no page: both are written in one place."""
    assert users_of(r"Content-Disposition|content_disposition") - {EVIDENCE} == {DOOR}
    assert users_of(r"\bFileResponse\b|as_attachment=") - {EVIDENCE} == set()


def test_a_file_is_made_with_its_mark_and_its_entry_alone() -> None:
    assert users_of(r"\bDownload\(") == {MAKER}
    text = (SOURCE / MAKER).read_text(encoding="utf-8")
    assert "record_act(" in text
    assert "ExportMade.objects.create(" in text


def test_every_writer_of_tables_takes_the_mark() -> None:
    """What writes a sheet or CSV for people needs the mark to be called at all."""
    text = (SOURCE / "registers/adapters/sheets.py").read_text(encoding="utf-8")
    assert "mark: Mark" in text
    # Besides: what writes files for programs, a generated district, backups and blank forms.
    machines = {"fusion/adapters/extracts.py", "kernel/bulk.py", "insight/adapters/filling.py"}
    writers = users_of(r"csv\.writer\(|Workbook\(|write_csv\(|write_dataframe\(")
    people = {name for name in writers if not name.startswith(("engine/", "command/"))}
    assert people - machines == {"registers/adapters/sheets.py", "cases/adapters/sheets.py"}
