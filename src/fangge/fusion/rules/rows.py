"""Is a row what its contract says? Whole columns at a time; each fault says how to mend it."""

from collections.abc import Callable

import polars as pl

from fangge.fusion.rules.contracts import Contract, ContractField, FieldType

FAULTS = {
    "row_no": pl.Int64,
    "field": pl.String,
    "column": pl.String,
    "rule": pl.String,
    "found": pl.String,
    "is_warning": pl.Boolean,
}
UNDECODABLE = "\ufffd"
DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")
SEXES = {"1": "1", "2": "2", "男": "1", "女": "2", "M": "1", "F": "2", "男性": "1", "女性": "2"}
# Where a Chinese district can be at all; a turned-round pair falls outside.
LONGITUDES, LATITUDES = (73.0, 136.0), (3.0, 54.0)
EARLIEST, LATEST = "1900-01-01", "2100-01-01"
MASK_KEEPS = 2


def check_rows(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Give the faults of these rows, none for a row that can be taken.

    `rows` has row_no, n_cells, n_expected and each field of the contract as text.
    A warning leaves the value out of linking but does not keep the row back.
    """
    found = [_check_shape(rows)]
    found += [_check_field(rows, field) for field in contract.fields]
    return pl.concat(found).sort("row_no")


def _check_shape(rows: pl.DataFrame) -> pl.DataFrame:
    wrong = rows.filter(pl.col("n_cells") != pl.col("n_expected"))
    return wrong.select(
        "row_no",
        field=pl.lit(""),
        column=pl.lit(""),
        rule=pl.lit("columns"),
        found=pl.format("{} / {}", "n_cells", "n_expected"),
        is_warning=pl.lit(value=False),
    )


def _check_field(rows: pl.DataFrame, field: ContractField) -> pl.DataFrame:
    value = pl.col(field.name)
    there = value.is_not_null() & (value != "")
    rules: list[tuple[str, pl.Expr, bool]] = [
        ("undecodable", there & value.str.contains(UNDECODABLE, literal=True), False),
        ("too_long", there & (value.str.len_chars() > field.longest), False),
    ]
    if field.is_required:
        rules.append(("required", ~there, False))
    if field.type in WRONG:
        is_wrong = WRONG[field.type](value, field)
        rules.append((str(field.type), there & is_wrong, field.type in WARNINGS))
    return pl.concat(
        rows.filter(broken).select(
            "row_no",
            field=pl.lit(field.name),
            column=pl.lit(field.column),
            rule=pl.lit(rule),
            # What stands where a name should may be an identifier.
            found=_mask(value)
            if field.is_sealed or rule == "person_name"
            else value.str.slice(0, 60),
            is_warning=pl.lit(is_warning),
        )
        for rule, broken, is_warning in rules
    )


def _mask(value: pl.Expr) -> pl.Expr:
    """Show the first two characters and how long it is."""
    rest = (value.str.len_chars().cast(pl.Int64) - MASK_KEEPS).clip(0)
    return value.str.slice(0, MASK_KEEPS) + pl.lit("*").repeat_by(rest).list.join("")


def read_dates(value: pl.Expr) -> pl.Expr:
    """Read dates in the forms that offices write; what fits none is missing."""
    return pl.coalesce(
        *(value.str.strip_chars().str.to_date(form, strict=False) for form in DATE_FORMS)
    )


def read_sexes(value: pl.Expr) -> pl.Expr:
    return value.str.strip_chars().replace_strict(SEXES, default=None, return_dtype=pl.String)


def _is_no_date(value: pl.Expr, _field: ContractField) -> pl.Expr:
    read = read_dates(value)
    out = (read < pl.lit(EARLIEST).str.to_date()) | (read > pl.lit(LATEST).str.to_date())
    return read.is_null() | out


def _is_outside(least: float, most: float) -> Callable[[pl.Expr, ContractField], pl.Expr]:
    def is_outside(value: pl.Expr, _field: ContractField) -> pl.Expr:
        return ~value.cast(pl.Float64, strict=False).is_between(least, most).fill_null(value=False)

    return is_outside


def _is_no_number(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return value.cast(pl.Float64, strict=False).is_null()


def _is_no_name(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return value.str.contains(r"[0-9]{3,}")


def _is_no_choice(value: pl.Expr, field: ContractField) -> pl.Expr:
    return ~value.is_in(list(field.choices))


def _is_no_sex(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return read_sexes(value).is_null()


def _is_no_phone(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return ~value.str.contains(r"^[+]?[0-9][0-9\- ]{5,19}$")


def _is_no_identifier(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return ~(value.str.contains(r"^[1-9][0-9]{16}[0-9Xx]$") & _has_check_digit(value))


def _has_check_digit(value: pl.Expr) -> pl.Expr:
    """Test the last digit of a resident identifier. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(
        (
            value.str.slice(i, 1).cast(pl.Int32, strict=False) * weight
            for i, weight in enumerate(weights)
        ),
        start=pl.lit(0, pl.Int32),
    )
    expected = (total % 11).replace_strict(
        dict(enumerate("10X98765432")), default=None, return_dtype=pl.String
    )
    return (value.str.slice(17, 1).str.to_uppercase() == expected).fill_null(value=False)


def _is_no_credit_code(value: pl.Expr, _field: ContractField) -> pl.Expr:
    return ~value.str.contains(r"^[0-9A-HJ-NP-RTUWXY]{18}$")


WRONG: dict[FieldType, Callable[[pl.Expr, ContractField], pl.Expr]] = {
    FieldType.DATE: _is_no_date,
    FieldType.NUMBER: _is_no_number,
    FieldType.PERSON_NAME: _is_no_name,
    FieldType.CHOICE: _is_no_choice,
    FieldType.SEX: _is_no_sex,
    FieldType.PHONE: _is_no_phone,
    FieldType.IDENTIFIER: _is_no_identifier,
    FieldType.CREDIT_CODE: _is_no_credit_code,
    FieldType.LONGITUDE: _is_outside(*LONGITUDES),
    FieldType.LATITUDE: _is_outside(*LATITUDES),
}
# A number that fails its check is left out of linking; the person it stands beside is not.
WARNINGS = {FieldType.IDENTIFIER, FieldType.CREDIT_CODE, FieldType.PHONE, FieldType.SEX}
