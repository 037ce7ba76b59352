"""The ledger: sealed once, whole, provable, and told when it was tampered with."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.audit.actions import (
    EntryUnknown,
    check_ledger,
    export_ledger,
    prove_entry,
    publish_head,
    record_act,
    seal_ledger,
)
from fangge.command.audit import command
from fangge.kernel.actor import system_actor

ACTOR = system_actor("test", verbs=())

pytestmark = pytest.mark.django_db


def look(n: int, now: datetime) -> None:
    for i in range(n):
        record_act(
            actor=ACTOR,
            verb="residents.open",
            subject_kind="resident",
            subject_id=f"R{i}",
            fields=["name", "phone"],
            purpose="visit",
            reason="上门核实 'x'\n",
            now=now,
        )


def tamper(sql: str) -> None:
    """Do what only who owns the database can do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_is_kept")
        cursor.execute(sql)


def write_ledger(path: Path) -> Path:
    lines = [json.dumps(line, ensure_ascii=False) for line in export_ledger()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def verify(*arguments: str | Path) -> dict[str, object]:
    result = CliRunner().invoke(command, ["verify", *(str(a) for a in arguments)])
    told: dict[str, object] = json.loads(result.output)
    assert result.exit_code == (1 if told["fault"] else 0)
    return told


def test_entries_are_sealed_once_and_the_ledger_is_whole(noon: datetime) -> None:
    before, _ = check_ledger()
    look(600, noon)
    assert seal_ledger(now=noon) >= 600
    assert seal_ledger(now=noon) == 0
    look(3, noon)
    assert seal_ledger(now=noon) == 3
    size, fault = check_ledger()
    assert (size >= before + 603, fault) == (True, "")


def test_every_entry_can_be_proven_with_its_head_alone(noon: datetime, tmp_path: Path) -> None:
    look(700, noon)
    seal_ledger(now=noon)
    size, _ = check_ledger()
    for place in {0, 255, 256, size - 1}:
        file = tmp_path / f"{place}.json"
        file.write_text(json.dumps(prove_entry(place=place)), encoding="utf-8")
        assert verify(file) == {"place": place, "n_entries": size, "fault": None}
    proof = prove_entry(place=5)
    proof["entry"]["purpose"] = "other"  # type: ignore[index]
    (tmp_path / "changed.json").write_text(json.dumps(proof), encoding="utf-8")
    assert "changed at entry 5" in str(verify(tmp_path / "changed.json")["fault"])


def test_an_entry_that_no_head_holds_is_unknown() -> None:
    with pytest.raises(EntryUnknown, match="Try again in a minute"):
        prove_entry(place=10_000_000)


def test_the_database_refuses_to_change_or_delete_an_entry(noon: datetime) -> None:
    look(1, noon)
    for sql in ("UPDATE audit_entry SET actor = 'other'", "DELETE FROM audit_entry"):
        with (
            pytest.raises(DatabaseError, match="never changed or deleted"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE audit_entry SET actor = 'other' WHERE place = 7", "changed at entry 7"),
        ("DELETE FROM audit_entry WHERE place = 7", "removed at entry 7"),
        ("DELETE FROM audit_entry WHERE place > 7", "cut_off at entry 8"),
    ],
)
def test_the_first_entry_that_was_tampered_with_is_named(
    sql: str, told: str, noon: datetime, tmp_path: Path
) -> None:
    look(20, noon)
    seal_ledger(now=noon)
    tamper(sql)
    assert told in check_ledger()[1]
    assert told in str(verify(write_ledger(tmp_path / "ledger.jsonl"))["fault"])


def test_a_history_written_anew_does_not_fit_a_head_kept_elsewhere(
    noon: datetime, tmp_path: Path
) -> None:
    look(20, noon)
    seal_ledger(now=noon)
    kept = tmp_path / "heads.jsonl"
    kept.write_text(json.dumps(publish_head()), encoding="utf-8")
    tamper(
        "DELETE FROM audit_treehead; DELETE FROM audit_tile; "
        "UPDATE audit_entry SET place = NULL, leaf = NULL, link = NULL; "
        "UPDATE audit_entry SET purpose = 'other' WHERE id = (SELECT min(id) FROM audit_entry)"
    )
    seal_ledger(now=noon)
    file = write_ledger(tmp_path / "ledger.jsonl")
    assert verify(file)["fault"] is None
    assert "rewritten at entry 0" in str(verify(file, "--heads", kept)["fault"])


def test_a_foreign_key_is_told(noon: datetime, tmp_path: Path) -> None:
    look(1, noon)
    seal_ledger(now=noon)
    file = write_ledger(tmp_path / "ledger.jsonl")
    assert "unsigned" in str(verify(file, "--key", "00" * 32)["fault"])


def test_the_head_is_public_and_goes_on_the_one_before(client: Client, noon: datetime) -> None:
    look(300, noon)
    seal_ledger(now=noon)
    old = client.get(reverse("access:ledger-head")).json()["head"]
    look(300, noon)
    seal_ledger(now=noon)
    told = client.get(reverse("access:ledger-head"), {"since": old["size"]}).json()
    from fangge.engine.ledger.merkle import is_consistent

    new = told["head"]
    path = [bytes.fromhex(step) for step in told["consistency"]]
    roots = bytes.fromhex(old["root"]), bytes.fromhex(new["root"])
    assert is_consistent(old["size"], new["size"], *roots, path)


def test_only_the_auditor_reads_the_trail(client: Client, noon: datetime) -> None:
    look(60, noon)
    for role, name in ((Role.AUDITOR, "looker"), (Role.SYSTEM_ADMINISTRATOR, "keeper")):
        make_staff(role, username=name)
    client.force_login(StaffMember.objects.get(username="keeper"))
    assert client.get(reverse("access:ledger")).status_code == 403
    client.force_login(StaffMember.objects.get(username="looker"))
    page = client.get(reverse("access:ledger"), {"text": "residents.open"})
    assert page.content.count(b"<code>residents.open</code>") == 50
    older = client.get(
        reverse("access:ledger"), {"text": "residents.open", "before": page.context["next"]}
    )
    assert older.content.count(b"<code>residents.open</code>") >= 10


def test_a_file_that_is_no_ledger_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"format": "other"}')
    result = CliRunner().invoke(command, ["verify", str(tmp_path / "x")])
    assert result.exit_code == 1
    assert "no exported ledger" in result.output
