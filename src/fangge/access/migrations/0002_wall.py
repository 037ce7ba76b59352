"""The second wall's keeper: a key nobody but the owner reads, and what checks a pass by it."""

from django.db import migrations

# A pass is 64 hex digits of HMAC-SHA-256, then process|until|grids|verbs|resident|actor, as
# `kernel/wall.py` writes it. It counts for one process of the server and for an hour, so that one
# seen in a query log is of no use; and nobody who only sends SQL can write a wider one.
RAISE = """
CREATE SCHEMA fangge_wall;
CREATE TABLE fangge_wall.pass_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    inner_pad bytea NOT NULL,
    outer_pad bytea NOT NULL
);

CREATE FUNCTION fangge_wall.part_of_pass(part integer) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pass text := current_setting('fangge.pass', true);
    told text := substr(pass, 65);
    is_genuine boolean;
BEGIN
    IF pass IS NULL OR length(pass) < 65 THEN
        RETURN NULL;
    END IF;
    SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(told, 'UTF8'))), 'hex')
        = left(pass, 64) INTO is_genuine FROM fangge_wall.pass_key;
    IF is_genuine IS NOT TRUE
        OR split_part(told, '|', 1) <> pg_backend_pid()::text
        OR split_part(told, '|', 2)::bigint < extract(epoch FROM now())
    THEN
        RETURN NULL;
    END IF;
    RETURN split_part(told, '|', part);
END
$$;

CREATE FUNCTION fangge_wall.grids_of_pass(verb text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    verbs text := fangge_wall.part_of_pass(4);
BEGIN
    IF verbs = '*' OR strpos(verbs, ',' || verb || ',') > 0 THEN
        RETURN split_part(substr(current_setting('fangge.pass', true), 65), '|', 3);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION fangge_wall.is_whole(verb text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
AS $$ SELECT coalesce(fangge_wall.grids_of_pass(verb) = '*', false) $$;

CREATE FUNCTION fangge_wall.grids(verb text) RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL RESTRICTED
AS $$ SELECT coalesce(nullif(fangge_wall.grids_of_pass(verb), '*'), '{}')::bigint[] $$;

CREATE FUNCTION fangge_wall.actor() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
AS $$ SELECT nullif(fangge_wall.part_of_pass(6), '') $$;

CREATE FUNCTION fangge_wall.own_resident() RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
AS $$ SELECT nullif(fangge_wall.part_of_pass(5), '')::bigint $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]
    operations = [migrations.RunSQL(RAISE, "DROP SCHEMA fangge_wall CASCADE")]
