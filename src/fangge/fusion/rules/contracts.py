"""What a source promised to send: whether a TOML text is a contract, and what it says."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SUBJECTS = ("address", "resident", "dwelling", "organisation")
KINDS = ("csv", "xlsx", "parquet", "geopackage", "screen")
EXTRACTS = ("full", "delta")
WHEN_MISSING = ("end", "question")
MOST_MISSING_SHARE = 0.2
REFRESHES = ("daily", "weekly", "monthly", "quarterly", "yearly", "once")


class ContractUnreadable(Exception):
    """The contract cannot be taken; the message names the key and what to write."""


class FieldType(StrEnum):
    TEXT = "text"
    PERSON_NAME = "person_name"
    DATE = "date"
    NUMBER = "number"
    SEX = "sex"
    IDENTIFIER = "identifier"
    CREDIT_CODE = "credit_code"
    PHONE = "phone"
    LONGITUDE = "longitude"
    LATITUDE = "latitude"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class ContractField:
    """A column of the extract and what it becomes."""

    name: str
    column: str
    type: FieldType
    is_required: bool = False
    is_sealed: bool = False
    longest: int = 300
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extract:
    """Whether an extract holds every row, and what a row that is no longer in it means."""

    is_full: bool = False
    is_missing_asked: bool = False
    # Where a greater share is gone, somebody is asked whatever the contract says.
    most_missing_share: float = MOST_MISSING_SHARE


@dataclass(frozen=True, slots=True)
class Contract:
    """A source's promise: who sends what, why, how often, in which form."""

    code: str
    title: str
    title_en: str
    subject: str
    owner: str
    legal_basis: str
    refresh: str
    kind: str
    encoding: str
    sheet: str
    key: tuple[str, ...]
    fields: tuple[ContractField, ...]
    # Events of a source kept on the screen that somebody else approves first.
    approval: tuple[str, ...] = ()
    extract: Extract = Extract()

    @property
    def sealed(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.is_sealed)


def read_contract(text: str) -> Contract:
    """Read a contract, or raise `ContractUnreadable` naming the key and what it should hold."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractUnreadable(f"This is not TOML: {error}") from error
    fields = tuple(
        _read_field(name, given) for name, given in _take(found, "fields", dict, "contract").items()
    )
    contract = Contract(
        code=_take(found, "code", str, "contract"),
        title=_take(found, "title", str, "contract"),
        title_en=_take(found, "title_en", str, "contract"),
        subject=_choose(found, "subject", SUBJECTS),
        owner=_take(found, "owner", str, "contract"),
        legal_basis=_take(found, "legal_basis", str, "contract"),
        refresh=_choose(found, "refresh", REFRESHES),
        kind=_choose(found, "kind", KINDS),
        encoding=str(found.get("encoding", "utf-8")),
        sheet=str(found.get("sheet", "")),
        key=tuple(_take(found, "key", list, "contract")),
        fields=fields,
        approval=tuple(map(str, found.get("approval", ()))),
        extract=_read_extract(found.get("extract", {})),
    )
    _check(contract)
    return contract


def _read_extract(given: Any) -> Extract:
    if not isinstance(given, dict):
        raise ContractUnreadable('extract: write [extract], and below it kind = "full" or "delta"')
    found = {"kind": "delta", "on_missing": "end"} | given
    share = given.get("most_missing_share", MOST_MISSING_SHARE)
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ContractUnreadable(
            f"extract: `most_missing_share` should be between 0 and 1, not {share!r}"
        )
    return Extract(
        is_full=_choose(found, "kind", EXTRACTS) == "full",
        is_missing_asked=_choose(found, "on_missing", WHEN_MISSING) == "question",
        most_missing_share=float(share),
    )


def _check(contract: Contract) -> None:
    names = {field.name for field in contract.fields}
    unknown = [name for name in contract.key if name not in names]
    if not contract.key or unknown:
        raise ContractUnreadable(
            f"key: {', '.join(unknown) or 'nothing'} is none of the names below [fields]"
        )
    columns = [field.column for field in contract.fields]
    twice = {column for column in columns if columns.count(column) > 1}
    if twice:
        raise ContractUnreadable(f"fields: column {', '.join(sorted(twice))} is taken twice")
    try:
        "".encode(contract.encoding)
    except LookupError as error:
        raise ContractUnreadable(
            f"encoding: {contract.encoding} is not known; write utf-8, utf-8-sig or gb18030"
        ) from error


def _take(found: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    if name not in found:
        raise ContractUnreadable(f"{where}: `{name}` is missing")
    value = found[name]
    if not isinstance(value, kind) or (isinstance(value, str) and not value.strip()):
        raise ContractUnreadable(f"{where}: `{name}` should hold {kind.__name__}, not {value!r}")
    return value


def _choose(found: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = str(_take(found, name, str, "contract"))
    if value not in choices:
        raise ContractUnreadable(
            f"contract: `{name}` should be one of {', '.join(choices)}, not {value!r}"
        )
    return value


def _read_field(name: str, given: Any) -> ContractField:
    where = f"fields.{name}"
    if not isinstance(given, dict):
        raise ContractUnreadable(f"{where}: write {{ column = ..., type = ... }}")
    kind = given.get("type", "text")
    if kind not in list(FieldType):
        raise ContractUnreadable(
            f"{where}: `type` should be one of {', '.join(FieldType)}, not {kind!r}"
        )
    return ContractField(
        name=name,
        column=_take(given, "column", str, where),
        type=FieldType(kind),
        is_required=bool(given.get("required", False)),
        is_sealed=bool(given.get("sealed", False)),
        longest=int(given.get("longest", 300)),
        choices=tuple(given.get("choices", ())),
    )
