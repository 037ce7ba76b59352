"""What the extracts say in the linkage engine's own columns, with the truth to measure by."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from fangge.engine.linkage.schema import ORGANISATION_RECORD, RESIDENT_RECORD, Schema

if TYPE_CHECKING:
    from fangge.engine.synthesis.extracts import Generated

SEXES = {"男": "1", "女": "2"}
RECORDS_A_SPEAKER = 100_000_000
"""How far apart the record numbers of two speakers are: more than any extract has rows."""
DWELLING_RECORD: Schema = {
    "record_id": pl.Int64,
    "source": pl.String,
    "address": pl.String,
}
"""What one source's row says of the dwelling it is about: an address as it is written."""
ADDRESS_COLUMNS = ("code", "parent_code", "level", "name", "full_name")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A role in which an extract speaks of a subject: the engine's field to the column."""

    extract: str
    role: str
    fields: dict[str, str]


RESIDENT_SPEAKERS = (
    Speaker(
        "police",
        "holder",
        {
            "name": "姓名",
            "sex": "性别",
            "birth_on": "出生日期",
            "identifier": "公民身份号码",
            "phone": "联系电话",
            "updated_on": "登记日期",
        },
    ),
    Speaker(
        "health",
        "holder",
        {
            "name": "xm",
            "sex": "xb",
            "birth_on": "csrq",
            "identifier": "zjhm",
            "phone": "lxdh",
            "updated_on": "gxsj",
        },
    ),
    Speaker(
        "housing",
        "tenant",
        {
            "name": "承租人姓名",
            "identifier": "承租人证件号码",
            "phone": "承租人电话",
            "updated_on": "起租日期",
        },
    ),
    Speaker("housing", "owner", {"name": "产权人", "identifier": "产权人证件号码"}),
)
ORGANISATION_SPEAKERS = (
    Speaker(
        "market",
        "organisation",
        {
            "name": "单位名称",
            "credit_code": "统一社会信用代码",
            "phone": "联系电话",
            "representative": "法定代表人",
            "founded_on": "成立日期",
            "updated_on": "成立日期",
        },
    ),
)
DWELLING_SPEAKERS = (
    Speaker("police", "holder", {"address": "现住址"}),
    Speaker("health", "holder", {"address": "dz"}),
    Speaker("housing", "dwelling", {"address": "房屋地址"}),
)


SPEAKERS = RESIDENT_SPEAKERS + ORGANISATION_SPEAKERS + DWELLING_SPEAKERS


def list_records(made: "Generated") -> dict[str, pl.DataFrame]:
    """List what sources say of residents, organisations and dwellings, without broken rows.

    Parameters
    ----------
    made : Generated
        The district.

    Returns
    -------
    dict of str to polars.DataFrame
        `residents` and `organisations` in the engine's schema, the address of each record taken
        from the answers, so that linkage is measured and not the reading of addresses; `dwellings`
        with the address as it is written and `addresses` to find it in; `truth` (kind, record_id,
        subject) and `subjects`, what is true of each resident and organisation. A record's number
        follows from its source, role and row.
    """
    answers = made.truth.filter(~pl.col("broken")).partition_by("source", "role", as_dict=True)
    tables: dict[str, pl.DataFrame] = {}
    truth = []
    for name, speakers, schema in (
        ("residents", RESIDENT_SPEAKERS, RESIDENT_RECORD),
        ("organisations", ORGANISATION_SPEAKERS, ORGANISATION_RECORD),
        ("dwellings", DWELLING_SPEAKERS, DWELLING_RECORD),
    ):
        heard = [_hear(made, answers, speaker, schema) for speaker in speakers]
        tables[name] = pl.concat(rows for rows, _ in heard)
        truth += [subjects.with_columns(kind=pl.lit(name)) for _, subjects in heard]
    # A text that leaves the room out means no one dwelling.
    parents = made.addresses.select(code="parent_code").drop_nulls()
    places = made.addresses.join(parents, on="code", how="anti").select(subject="code")
    said = pl.concat(truth).select("kind", "record_id", "subject")
    is_dwelling = pl.col("kind") == "dwellings"
    return {
        **tables,
        "addresses": made.addresses.select(
            *ADDRESS_COLUMNS, aliases=pl.col("alias").str.split(";")
        ),
        "truth": pl.concat(
            [
                said.filter(~is_dwelling),
                said.filter(is_dwelling).join(
                    places, on="subject", how="semi", maintain_order="left"
                ),
            ]
        ),
        "subjects": made.subjects,
    }


def _hear(
    made: "Generated",
    answers: dict[tuple[object, ...], pl.DataFrame],
    speaker: Speaker,
    schema: Schema,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give one speaker's records, and the subject of each."""
    extract = getattr(made, speaker.extract)
    answered = answers[extract.source, speaker.role]
    rows = extract.rows[answered["row_no"] - 1]
    first = (SPEAKERS.index(speaker) + 1) * RECORDS_A_SPEAKER
    codes = answered["address_code"]
    if speaker.extract == "housing":  # owners and tenants are known by the dwelling of their row
        dwellings = answers[extract.source, "dwelling"].select("row_no", "address_code")
        codes = answered.select("row_no").join(
            dwellings, on="row_no", how="left", maintain_order="left"
        )["address_code"]
    given = {
        "record_id": answered["row_no"] + first,
        "source": pl.repeat(extract.source, rows.height, eager=True),
        "address_code": codes,
    } | {name: rows[column] for name, column in speaker.fields.items()}
    records = pl.select(
        _as_type(given[name], kind).alias(name)
        if name in given
        else pl.repeat(None, rows.height, dtype=kind).alias(name)
        for name, kind in schema.items()
    )
    subject = codes if schema is DWELLING_RECORD else answered["subject"]
    return records, pl.DataFrame({"record_id": records["record_id"], "subject": subject})


def _as_type(values: pl.Series, kind: type[pl.DataType]) -> pl.Series:
    if kind is pl.Date:
        return values.str.to_date("%Y-%m-%d", strict=False)
    return values.replace(SEXES) if values.name == "性别" else values.cast(kind)
