"""Keys come from where they are kept, and are changed while the system runs."""

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection
from psycopg import sql
from pytest_django import Settings

from fangge.config.keys import KeyRing, KeyStore, KeyUnavailable
from fangge.fusion.actions.reseal import RECORDS, reseal_everything
from fangge.kernel.actor import system_actor
from fangge.kernel.fields import KeyMissing, Vault, open_vault
from fangge.registers.actions.reseal import REGISTERS, SealedColumn

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
    assert ring.keys() == {1: "cd" * 32}
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
    old = Vault(sealing_keys={1: "00" * 32}, finding_key=bytes(32))
    new = Vault(sealing_keys={1: "00" * 32, 2: f"sm4:{'01' * 16}"}, finding_key=bytes(32))
    first, second = (vault.seal("x", column="c", row=1) for vault in (old, new))
    assert new.open(first, column="c", row=1) == "x"
    assert [new.is_current(one) for one in (first, second)] == [False, True]
    with pytest.raises(KeyMissing, match="sealing key 2 is not here"):
        old.open(second, column="c", row=1)


@pytest.fixture
def ring(tmp_path: Path, settings: Settings) -> KeyRing:
    """The installation's keys, in a folder of the test's own."""
    (tmp_path / "sealing_key").write_text(settings.SEALING_KEYS.keys()[1])
    settings.SEALING_KEYS = KeyRing(KeyStore(tmp_path), "sealing_key")
    held: KeyRing = settings.SEALING_KEYS
    return held


def read_column(held: SealedColumn) -> dict[str, bytes]:
    """Give what a column holds by the name of each row."""
    with connection.cursor() as cursor:
        names = {"table": sql.Identifier(held.table), "column": sql.Identifier(held.column)}
        query = "SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL"
        cursor.execute(sql.SQL(query).format(row=sql.SQL(held.row), **names))
        return {row: bytes(box) for row, box in cursor.fetchall()}


def open_column(held: SealedColumn) -> dict[str, bytes]:
    vault = open_vault()
    return {
        row: vault.open_bytes(box, column=held.bound_to, row=row)
        for row, box in read_column(held).items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_every_value_is_sealed_anew_and_says_the_same(
    ring: KeyRing, noon: datetime, cipher: str
) -> None:
    before = {held: open_column(held) for held in (*REGISTERS, *RECORDS)}
    assert sum(len(values) for values in before.values()) > 3000
    ring.add(cipher=cipher)
    told = reseal_everything(actor=KEEPER, tell=lambda *_: None, now=noon)
    assert told["key_number"] == 2
    assert told["n_sealed"] >= sum(len(values) for values in before.values())
    vault = open_vault()
    for held, values in before.items():
        assert all(vault.is_current(box) for box in read_column(held).values())
        assert open_column(held) == values
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
        boxes = read_column(held).values()
        assert all(open_vault().is_current(box) for box in boxes)


@pytest.mark.django_db
def test_what_was_bound_to_its_column_only_is_bound_to_its_row_by_a_rotation(
    ring: KeyRing, tmp_path: Path, noon: datetime
) -> None:
    """Turn residents back to how they were sealed before, with a key of then."""
    digits = settings.SEALING_KEYS.keys()[1].partition(":")[2]
    (tmp_path / "sealing_key").write_text(digits)
    os.utime(tmp_path, ns=(1, 1))  # as the keys of a running site, which has not looked yet
    (held,) = (one for one in REGISTERS if one.column == "identifier_sealed")
    texts, cipher = open_column(held), AESGCM(bytes.fromhex(digits))
    nonce = bytes(12)
    old = [
        b"\x01" + nonce + cipher.encrypt(nonce, text, held.bound_to.encode())
        for text in texts.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registers_resident held SET identifier_sealed = old.box "
            "FROM unnest(%s::bigint[], %s::bytea[]) AS old (id, box) WHERE held.id = old.id",
            [[int(row) for row in texts], old],
        )
    assert open_column(held) == texts
    told = reseal_everything(actor=KEEPER, tell=lambda *_: None, now=noon)
    assert (told["key_number"], told["n_sealed"]) == (1, len(texts))
    assert open_column(held) == texts
    assert all(open_vault().is_current(box) for box in read_column(held).values())
