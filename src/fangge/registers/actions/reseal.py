"""Seal anew what an older key sealed, or sealed to its column only, while others work."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from django.db import connection, transaction
from psycopg import sql

from fangge.kernel.actor import Actor
from fangge.kernel.fields import Vault, open_vault

A_SLICE = 2_000
"""Rows that one transaction seals anew; a kill loses no more."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of ciphertext, the name that it is bound to, and what names its row in SQL."""

    table: str
    column: str
    bound_to: str
    key: str = "id"
    row: LiteralString = "id::text"


REGISTERS = (
    SealedColumn("registers_resident", "identifier_sealed", "registers_resident.identifier"),
    SealedColumn("registers_resident", "phone_sealed", "registers_resident.phone"),
    SealedColumn("registers_organisation", "phone_sealed", "registers_organisation.phone"),
)


def reseal_registers(*, actor: Actor, tell: Callable[[str, int], None]) -> int:
    """Seal anew what an older key sealed in the registers and their histories; give how many.

    May be stopped and run again: what is done shows in the ciphertext itself.
    """
    actor.require("keys.rotate")
    n_sealed = sum(reseal_column(held, tell=tell) for held in REGISTERS)
    return n_sealed + _reseal_history(tell=tell)


def reseal(vault: Vault, box: bytes, *, column: str, row: object) -> bytes:
    """Seal a value anew with the newest key, where it stands."""
    return vault.seal_bytes(vault.open_bytes(box, column=column, row=row), column=column, row=row)


def reseal_column(held: SealedColumn, *, tell: Callable[[str, int], None]) -> int:
    """Seal one column anew, slice by slice; a row that somebody holds is waited for."""
    vault, last, n_sealed = open_vault(), 0, 0
    while (done := _reseal_slice(held, vault, last)) is not None:
        last, n_here = done
        n_sealed += n_here
        tell(f"{held.table}.{held.column}", n_sealed)
    return n_sealed


@transaction.atomic
def _reseal_slice(held: SealedColumn, vault: Vault, last: int) -> tuple[int, int] | None:
    names = {
        "table": sql.Identifier(held.table),
        "column": sql.Identifier(held.column),
        "key": sql.Identifier(held.key),
        "row": sql.SQL(held.row),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT {key}, {column}, {row} AS place FROM {table} WHERE {key} > %s "
                "AND {column} IS NOT NULL AND substr({column}, 1, %s) <> %s "
                "ORDER BY {key} LIMIT %s FOR UPDATE"
            ).format(**names),
            [last, len(vault.head), vault.head, A_SLICE],
        )
        rows = cursor.fetchall()
        if not rows:
            return None
        fresh = [reseal(vault, box, column=held.bound_to, row=row) for _, box, row in rows]
        cursor.execute(
            sql.SQL(
                "UPDATE {table} held SET {column} = fresh.box "
                "FROM unnest(%s::bigint[], %s::bytea[]) AS fresh (id, box) "
                "WHERE held.{key} = fresh.id"
            ).format(**names),
            [[number for number, _, _ in rows], fresh],
        )
    return rows[-1][0], len(rows)


def _reseal_history(*, tell: Callable[[str, int], None]) -> int:
    vault, last, n_sealed = open_vault(), 0, 0
    while (done := _reseal_changes(vault, last)) is not None:
        last, n_here = done
        n_sealed += n_here
        tell("registers_entrychange.former", n_sealed)
    return n_sealed


@transaction.atomic
def _reseal_changes(vault: Vault, last: int) -> tuple[int, int] | None:
    """Seal anew the former values in a slice of changes, where they are written in base 64."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, entry_id, former FROM registers_entrychange WHERE id > %s "
            "AND former::text LIKE '%%_sealed%%' ORDER BY id LIMIT %s FOR UPDATE",
            [last, A_SLICE],
        )
        rows = cursor.fetchall()
        if not rows:
            return None
        fresh = {}
        for row, kind, entry_id, former in rows:
            held = json.loads(former) if isinstance(former, str) else former
            changed = _reseal_former(kind, entry_id, held, vault)
            if changed != held:
                fresh[row] = json.dumps(changed)
        cursor.execute(
            "UPDATE registers_entrychange held SET former = fresh.former::jsonb "
            "FROM unnest(%s::bigint[], %s::text[]) AS fresh (id, former) WHERE held.id = fresh.id",
            [list(fresh), list(fresh.values())],
        )
    return rows[-1][0], len(fresh)


def _reseal_former(
    kind: str, entry_id: int, former: dict[str, object], vault: Vault
) -> dict[str, object]:
    changed = dict(former)
    for field, value in former.items():
        if field.endswith("_sealed") and isinstance(value, str):
            box = b64decode(value)
            if not vault.is_current(box):
                bound_to = f"registers_{kind}.{field.removesuffix('_sealed')}"
                fresh = reseal(vault, box, column=bound_to, row=entry_id)
                changed[field] = b64encode(fresh).decode()
    return changed
