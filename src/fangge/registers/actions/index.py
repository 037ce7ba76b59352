"""Compile the address register into an index, publish it, and match texts by it."""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import connection, transaction

from fangge.kernel.bulk import read_frame
from fangge.registers.adapters import addresses
from fangge.registers.models.act import AddressAct
from fangge.registers.models.address import Address
from fangge.registers.queries.corrections import Name, current_decisions, current_names
from fangge.registers.queries.ghosts import MARK, read_ghosts
from fangge.registers.queries.life import todays_addresses, touched_by
from fangge.registers.rules.corrections import fold_text, fold_texts, text_keys

COLUMNS = {
    "code": pl.String,
    "parent_code": pl.String,
    "level": pl.String,
    "name": pl.String,
    "full_name": pl.String,
    "aliases": pl.String,
}
# Decided and former names of buildings and below are tried by `match_texts`: the index knows
# these by their number alone, which may be the same.
ROWS = """
    SELECT address.code, parent.code, address.level, address.name, address.full_name, alias.names
    FROM registers_address address
    LEFT JOIN registers_address parent ON parent.id = address.parent_id
    LEFT JOIN (
        SELECT alias.address_id, string_agg(DISTINCT alias.name, ';' ORDER BY alias.name) AS names
        FROM registers_addressalias alias
        JOIN registers_address named ON named.id = alias.address_id
        WHERE alias.is_current AND (alias.ends_on IS NULL OR alias.kind = 'former')
        AND (alias.kind = 'source' OR named.level IN ('road', 'estate', 'number'))
        GROUP BY alias.address_id
    ) alias ON alias.address_id = address.id
    WHERE address.ends_on IS NULL"""
INDEX_LOCK = 7_306_105  # one writer of the index at a time


def compile_index(*, run_id: int) -> Path:
    """Compile the addresses as this transaction sees them; nobody opens them until published."""
    return addresses.build_index(_read_rows(), run_id=run_id)


def bring_index(*, run_id: int, held: str | None) -> Path:
    """Give an index of the addresses as this transaction sees them, with as little work as may be.

    `held` names the published index when it stands for just these addresses.
    """
    if held is not None and addresses.published_name() == held:
        return addresses.current_folder()
    return addresses.revise_index(_read_rows(), run_id=run_id)


def _read_rows() -> pl.DataFrame:
    rows = read_frame(f"{ROWS} ORDER BY address.id", schema=COLUMNS)
    return _with_lists(pl.concat([rows, read_ghosts()], how="diagonal"))


def publish_index(folder: Path, *, since: datetime) -> None:
    """Let everybody open this index, with what acts changed since it was compiled."""
    with transaction.atomic():
        _lock_index()
        addresses.publish_index(folder)
    acts = AddressAct.objects.filter(applied_at__gte=since).values_list("pk", flat=True)
    refresh_index(act_ids=list(acts))


def refresh_index(*, act_ids: Sequence[int]) -> None:
    """Bring what these acts changed into the published index at once."""
    touched = touched_by(act_ids)
    if not touched:
        return
    with transaction.atomic():
        _lock_index()
        rows = read_frame(f"{ROWS} AND address.id = ANY(%s)", (sorted(touched),), schema=COLUMNS)
        rows = pl.concat([rows, read_ghosts()], how="diagonal")
        held = set(rows["code"])
        codes = list(Address.objects.filter(pk__in=touched).values_list("code", flat=True))
        with contextlib.suppress(addresses.IndexMissing):
            known = codes + addresses.codes_with(MARK)
            gone = [code for code in known if code not in held]
            addresses.update_index(_with_lists(rows), gone)


def _lock_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INDEX_LOCK])


def _with_lists(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("aliases").str.split(";"))


def match_texts(texts: pl.Series, *, folder: Path) -> pl.DataFrame:
    """Find the standard address each text means: code, level, score, asserted, reasons.

    What a person decided on exactly this text holds; where the engine is not certain, decided and
    former names are tried.
    """
    found = _leave_ghosts(addresses.match_texts(texts, folder=folder))
    keys = text_keys(texts.cast(pl.String))
    return _follow_decisions(keys, _follow_names(texts.cast(pl.String), found, folder))


def rewrite_text(text: str) -> tuple[str, list[str]]:
    """Write decided and former names in a text the register's way; tell which there were."""
    folded = fold_text(text)
    said = [name for name in current_names([folded]) if name.wording in folded]
    for name in said:
        folded = folded.replace(name.wording, name.standard)
    return folded, [name.wording for name in said]


def match_by_names(texts: pl.Series, names: Sequence[Name], *, folder: Path) -> pl.DataFrame:
    """Match texts with these names written the register's way; nothing where none stands.

    Only an address below one that the text names is asserted.
    """
    said = fold_texts(texts)
    wordings = [name.wording for name in names]
    rewritten = said.str.replace_many(wordings, [name.standard for name in names], leftmost=True)
    hits = pl.DataFrame({"row": pl.int_range(texts.len(), eager=True), "said": said}).select(
        "row", wording=pl.col("said").str.extract_many(wordings, leftmost=True)
    )
    told = pl.DataFrame(
        {"wording": wordings, "above": [name.full_name for name in names]},
        schema={"wording": pl.String, "above": pl.String},
    )
    found = _leave_ghosts(addresses.match_texts(rewritten, folder=folder))
    named = found.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64), full_name=addresses.full_names(found["code"], folder=folder)
    )
    borne = (
        hits.explode("wording")
        .join(told, on="wording")
        .join(named.select("row", "full_name"), on="row")
        .filter(pl.col("full_name").str.starts_with(pl.col("above")))
        .group_by("row")
        .agg(pl.format("also_called:{}", pl.col("wording").first()).alias("also"))
    )
    return named.join(borne, on="row", how="left", maintain_order="left").select(
        "code",
        "level",
        "score",
        asserted=pl.col("asserted") & pl.col("also").is_not_null(),
        reasons=pl.concat_list(pl.concat_list("also").list.drop_nulls(), pl.col("reasons")),
    )


def _leave_ghosts(found: pl.DataFrame) -> pl.DataFrame:
    """Put today's address in the place of where it once stood; several are for a person."""
    codes = found["code"].drop_nulls().unique()
    ghosts = codes.filter(codes.str.contains(MARK, literal=True)).to_list()
    if not ghosts:
        return found
    today = todays_addresses({code.partition(MARK)[0] for code in ghosts})
    rows = []
    for code in ghosts:
        address = today.get(code.partition(MARK)[0])
        rows.append((code, address.code if address else None, address.level if address else None))
    told = pl.DataFrame(
        rows, schema={"code": pl.String, "today": pl.String, "now": pl.String}, orient="row"
    ).with_columns(was=True)
    was = pl.col("was").fill_null(value=False)
    lost = was & pl.col("today").is_null()
    return found.join(told, on="code", how="left", maintain_order="left").select(
        code=pl.when(was).then("today").otherwise("code"),
        level=pl.when(was).then("now").otherwise("level"),
        score=pl.when(lost).then(pl.lit(0, pl.Float32)).otherwise("score"),
        asserted=pl.col("asserted") & ~lost,
        reasons=pl.when(lost)
        .then(pl.concat_list("reasons", pl.lit("ended_in_several")))
        .when(was)
        .then(pl.concat_list("reasons", pl.lit("stood_there")))
        .otherwise("reasons"),
    )


def _follow_names(texts: pl.Series, found: pl.DataFrame, folder: Path) -> pl.DataFrame:
    open_texts = texts.filter(~found["asserted"]).drop_nulls().unique()
    if not open_texts.len():
        return found
    folded = fold_texts(open_texts)
    names = current_names(folded.to_list())
    if not names:
        return found
    by_name = match_by_names(open_texts, names, folder=folder).with_columns(text=open_texts)
    return _put_over(found.with_columns(key=texts), by_name.rename({"text": "key"}))


def _follow_decisions(keys: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    decided = current_decisions(keys.drop_nulls().unique().to_list())
    if not decided:
        return found
    rows = [
        {
            "key": key,
            "code": address.code if address else None,
            "level": address.level if address else None,
            "score": 1.0 if address else 0.0,
            "asserted": address is not None,
            "reasons": [f"decided:{number}" if address else f"decided_{choice}:{number}"],
        }
        for key, choice, number, address in decided
    ]
    over = pl.DataFrame(rows, schema={"key": pl.String, **dict(found.schema)})
    return _put_over(found.with_columns(key=keys), over, is_final=True)


def _put_over(found: pl.DataFrame, over: pl.DataFrame, *, is_final: bool = False) -> pl.DataFrame:
    """Put what was found otherwise in its place: always, or where it alone is certain."""
    names = ["code", "level", "score", "asserted", "reasons"]
    told = over.rename({name: f"{name}_told" for name in names}).with_columns(told=True)
    joined = found.join(told, on="key", how="left", maintain_order="left")
    takes = pl.col("told").fill_null(value=False)
    if not is_final:
        takes &= pl.col("asserted_told") & ~pl.col("asserted")
    return joined.select(
        pl.when(takes).then(f"{name}_told").otherwise(name).alias(name) for name in names
    )
