"""Keys come from where they are kept, and are changed while the system runs."""

import stat
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection
from psycopg import sql
from pytest_django import Settings

from fangge.cases.actions.reseal import CASES
from fangge.config.keys import KeyRing, KeyStore, KeyUnavailable
from fangge.fusion.actions.reseal import RECORDS, reseal_everything
from fangge.kernel.actor import system_actor
from fangge.kernel.fields import KeyMissing, Vault, open_vault
from fangge.portal.actions.reseal import WORDS
from fangge.registers.actions.reseal import REGISTERS

KEEPER = system_actor("keys", verbs=("keys.rotate",))


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    made = store.take("some_key")
    assert (len(bytes.fromhex(made)), store.take("some_key")) == (32, made)
    assert stat.S_IMODE((tmp_path / "keys" / "some_key").stat().st_mode) == 0o600


def test_the_environment_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeyStore(tmp_path)
    store.take("some_key")
    monkeypatch.setenv("FANGGE_SOME_KEY", "ab" * 32)
    assert store.take("some_key") == "ab" * 32


def test_a_command_gives_keys_and_is_asked_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = tmp_path / "service"
    service.write_text('#!/bin/sh\n[ "$1" = sealing_key ] && echo ' + "cd" * 32 + "\n")
    service.chmod(0o700)
    monkeypatch.setenv("FANGGE_KEY_COMMAND", str(service))
    ring = KeyRing(KeyStore(tmp_path), "sealing_key")
    assert ring.keys() == {1: bytes.fromhex("cd" * 32)}
    with pytest.raises(KeyUnavailable, match=r"let it give sealing_key\.2 first"):
        ring.add()
    with pytest.raises(KeyUnavailable, match="has no key other_key"):
        KeyStore(tmp_path).take("other_key")


def test_a_running_program_finds_a_key_that_another_added(tmp_path: Path) -> None:
    running, other = (KeyRing(KeyStore(tmp_path), "sealing_key") for _ in range(2))
    assert list(running.keys()) == [1]
    assert other.add() == 2
    assert running.keys() == other.keys()
    assert list(running.keys()) == [1, 2]


def test_what_an_older_key_sealed_opens_and_an_unknown_key_is_named() -> None:
    old = Vault(sealing_keys={1: bytes(32)}, finding_key=bytes(32))
    new = Vault(sealing_keys={1: bytes(32), 2: bytes([1] * 32)}, finding_key=bytes(32))
    assert new.open(old.seal("x", column="c"), column="c") == "x"
    assert [new.is_current(vault.seal("x", column="c")) for vault in (old, new)] == [False, True]
    with pytest.raises(KeyMissing, match="sealing key 2 is not here"):
        old.open(new.seal("x", column="c"), column="c")


@pytest.fixture
def ring(tmp_path: Path, settings: Settings) -> KeyRing:
    """The installation's keys, in a folder of the test's own."""
    (tmp_path / "sealing_key").write_text(settings.SEALING_KEYS.keys()[1].hex())
    settings.SEALING_KEYS = KeyRing(KeyStore(tmp_path), "sealing_key")
    held: KeyRing = settings.SEALING_KEYS
    return held


def read_column(table: str, column: str) -> dict[int, bytes]:
    with connection.cursor() as cursor:
        names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        query = "SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL"
        cursor.execute(sql.SQL(query).format(**names))
        return {row: bytes(box) for row, box in cursor.fetchall()}


@pytest.mark.django_db
def test_every_value_is_sealed_anew_and_says_the_same(ring: KeyRing, noon: datetime) -> None:
    vault = open_vault()
    before = {
        held: {
            row: vault.open(box, column=held.bound_to)
            for row, box in read_column(held.table, held.column).items()
        }
        for held in (*REGISTERS, *RECORDS)
    }
    assert sum(len(values) for values in before.values()) > 3000
    ring.add()
    told = reseal_everything(actor=KEEPER, tell=lambda *_: None, now=noon)
    assert told["key_number"] == 2
    assert told["n_sealed"] >= sum(len(values) for values in before.values())
    vault = open_vault()
    for held, values in before.items():
        boxes = read_column(held.table, held.column)
        assert all(vault.is_current(box) for box in boxes.values())
        assert {row: vault.open(box, column=held.bound_to) for row, box in boxes.items()} == values
    assert reseal_everything(actor=KEEPER, tell=lambda *_: None, now=noon)["n_sealed"] == 0


class StoppedHere(Exception):
    pass


@pytest.mark.django_db
def test_a_rotation_that_was_stopped_goes_on(ring: KeyRing, noon: datetime) -> None:
    ring.add()
    seen: list[str] = []

    def stop(column: str, _: int) -> None:
        seen.append(column)
        if len(seen) > 1:
            raise StoppedHere

    with pytest.raises(StoppedHere):
        reseal_everything(actor=KEEPER, tell=stop, now=noon)
    told = reseal_everything(actor=KEEPER, tell=lambda *_: None, now=noon)
    assert told["n_sealed"] > 0
    for held in (*REGISTERS, *RECORDS):
        boxes = read_column(held.table, held.column).values()
        assert all(open_vault().is_current(box) for box in boxes)


@pytest.mark.django_db
def test_no_sealed_column_is_left_out_of_a_rotation() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE '%sealed'"
        )
        sealed = set(cursor.fetchall())
    assert sealed == {(held.table, held.column) for held in (*REGISTERS, *RECORDS, *WORDS, *CASES)}
