"""The second wall in the database: its key, the site's role and what that role may touch."""

from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from fangge.kernel import clock
from fangge.kernel.wall import EVERYTHING, pads_of, write_pass

RAISE_LOCK = 7_306_501
TABLES = (
    "SELECT relname FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
)
GRANTS = {
    "django_migrations": "SELECT",
    # What was looked at is appended and sealed; nothing else of it changes.
    "audit_entry": "SELECT, INSERT, UPDATE (place, leaf, link)",
    "audit_tile": "SELECT, INSERT",
    "audit_treehead": "SELECT, INSERT",
}
USUAL = "SELECT, INSERT, UPDATE, DELETE"
LACKING = """
    SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND CASE
        WHEN relkind = 'S' THEN NOT has_sequence_privilege(%(role)s, oid, 'USAGE')
        WHEN relkind NOT IN ('r', 'p') THEN false
        WHEN relname = 'django_migrations' THEN NOT has_table_privilege(%(role)s, oid, 'SELECT')
        WHEN relname = ANY(%(guarded)s) THEN NOT has_table_privilege(%(role)s, oid, 'INSERT')
            OR has_table_privilege(%(role)s, oid, 'UPDATE')
        ELSE NOT has_table_privilege(%(role)s, oid, 'DELETE')
    END
"""


POWERS = """
    SELECT rolsuper OR rolbypassrls OR rolcreaterole, EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND pg_has_role(roles.oid, relowner, 'MEMBER')
    ), has_schema_privilege('public', 'CREATE')
    FROM pg_roles roles WHERE rolname = session_user
"""
WALLED = (
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity"
)


def raise_wall() -> bool:
    """Bring the wall's key and the site's rights to this version; tell whether there is a role.

    Needs the owner's connection. Where the role is not there and the owner cannot make it, the
    administrator of the server has to: see docs/how-to/database.md.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RAISE_LOCK])
        _keep_key(cursor)
        if not _ensure_role(cursor, settings.SITE_ROLE):
            return False
        _grant(cursor, settings.SITE_ROLE)
    return True


def _keep_key(cursor: Any) -> None:
    pads = list(pads_of(bytes.fromhex(settings.WALL_KEY)))
    cursor.execute(
        "INSERT INTO fangge_wall.pass_key AS held (inner_pad, outer_pad) VALUES (%s, %s) "
        "ON CONFLICT (only_one) DO UPDATE SET inner_pad = EXCLUDED.inner_pad, "
        "outer_pad = EXCLUDED.outer_pad WHERE held.inner_pad <> EXCLUDED.inner_pad",
        pads,
    )


def _ensure_role(cursor: Any, role: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    if cursor.rowcount:
        return True
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(role)))
    return True


def _grant(cursor: Any, role: str) -> None:
    cursor.execute(LACKING, {"role": role, "guarded": list(GRANTS)})
    if not cursor.fetchone()[0]:
        return
    name = sql.Identifier(role)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public, fangge_wall TO {}").format(name))
    cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
    cursor.execute(TABLES)
    for (table,) in cursor.fetchall():
        rights, held = GRANTS.get(table, USUAL), sql.Identifier(table)
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(held, name))
        cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), held, name))


def find_gap(url: str) -> str:
    """Say why the site's role would not be held back, or nothing where it is."""
    if not url:
        return "the site reaches the database as its owner"
    try:
        with psycopg.connect(url) as site:
            return _gap_of(site)
    except psycopg.Error as error:
        return f"the site's role cannot ask: {str(error).strip()}"


def _gap_of(site: psycopg.Connection[Any]) -> str:
    is_mighty, is_owner, makes_tables = site.execute(POWERS).fetchone() or (True, True, True)
    told = write_pass(
        EVERYTHING,
        key=bytes.fromhex(settings.WALL_KEY),
        backend=site.info.backend_pid,
        now=clock.now(),
    )
    is_walled = bool((site.execute(WALLED).fetchone() or (0,))[0])
    is_closed = not _sees_all(site, "")
    gaps = {
        "the site's role is superuser, makes roles or bypasses policies": is_mighty,
        "the site's role owns tables, or is a member of who does": is_owner,
        "the site's role may make tables": makes_tables,
        "the tables have no policies: run `fangge serve` once": not is_walled,
        "the policies let in who has no pass": not is_closed,
        "the wall's key is not the one in the database: run `fangge serve` once": not _sees_all(
            site, told
        ),
    }
    return next((gap for gap, is_there in gaps.items() if is_there), "")


def _sees_all(site: psycopg.Connection[Any], told: str) -> bool:
    site.execute("SELECT set_config('fangge.pass', %s, false)", (told,))
    found = site.execute("SELECT fangge_wall.is_whole('residents.see')").fetchone()
    return found is not None and bool(found[0])
