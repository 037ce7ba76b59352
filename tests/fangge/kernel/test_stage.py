"""The stage beside a register: filled by several connections, seen by nobody else, left empty."""

from datetime import datetime

import polars as pl
import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fangge.kernel.actor import system_actor
from fangge.kernel.stage import hold_stage, open_stage, sweep_stages
from fangge.registers.actions.residents import register_residents
from fangge.registers.models.resident import Resident

SITE = "fangge_site"
ACTOR = system_actor("test", verbs=("residents.register",))
HELD = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = to_regnamespace('fangge_stage')"
)


def own_address() -> str:
    told = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: told[name] for name in names})


def staged() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return [name for (name,) in cursor.fetchall()]


def newcomers(n_residents: int) -> pl.DataFrame:
    number = pl.int_range(n_residents, dtype=pl.Int64)
    return pl.select(
        id=pl.repeat(None, n_residents, dtype=pl.Int64),
        name=pl.format("测试{}", number),
        sex=pl.lit("1"),
        birth_on=pl.lit("1990-01-01").str.to_date(),
        identifier=pl.lit(None, pl.String),
        phone=pl.format("139{}", number.cast(pl.String).str.zfill(8)),
        origins=pl.lit('{"name":1}'),
    )


@pytest.mark.django_db
def test_several_connections_register_what_one_would(
    noon: datetime, settings: LazySettings
) -> None:
    settings.COPY_CONNECTIONS, settings.COPY_ROWS = 3, 100
    rows = newcomers(1_000)
    nobody = pl.Series([], dtype=pl.Int64)
    told, written = register_residents(
        actor=ACTOR, residents=rows, run_id=None, ended=nobody, now=noon
    )
    assert written.n_new == rows.height
    held = dict(Resident.objects.filter(pk__in=told["id"].to_list()).values_list("pk", "name"))
    assert held == dict(told.select("id", "name").iter_rows())
    assert not staged()


@pytest.mark.django_db
def test_who_is_not_the_owner_sees_nothing_in_a_stage(noon: datetime) -> None:
    stage = sql.Identifier("fangge_stage", open_stage("registers_resident"))
    try:
        with psycopg.connect(own_address(), autocommit=True) as held:
            held.execute(
                sql.SQL(
                    "INSERT INTO {} (id, code, name, sex, origins, changed_at, recorded_at) "
                    "VALUES (1, 'R1', '张三', '1', '{{}}', %s, %s)"
                ).format(stage),
                [noon, noon],
            )
            count = sql.SQL("SELECT count(*) FROM {}").format(stage)
            assert held.execute(count).fetchone() == (1,)
            held.execute(f"SET ROLE {SITE}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                held.execute(count)
            held.execute("RESET ROLE")
            # Rights that somebody grants by mistake show no row either.
            held.execute(f"GRANT USAGE ON SCHEMA fangge_stage TO {SITE}".encode())
            held.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(stage, sql.Identifier(SITE)))
            held.execute(f"SET ROLE {SITE}".encode())
            assert held.execute(count).fetchone() == (0,)
            held.execute("RESET ROLE")
            held.execute(f"REVOKE USAGE ON SCHEMA fangge_stage FROM {SITE}".encode())
    finally:
        assert sweep_stages()


@pytest.mark.django_db(transaction=False)
def test_a_sweep_leaves_what_somebody_uses_and_takes_what_a_dead_process_left() -> None:
    stage = open_stage("registers_resident")
    with psycopg.connect(own_address()) as user:
        hold_stage(user.cursor())
        assert sweep_stages() == 0
        assert stage in staged()
    # Its connection is gone, as that of a killed process is.
    assert sweep_stages() == 1
    assert not staged()
