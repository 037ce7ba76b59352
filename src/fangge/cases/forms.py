"""Whether what was typed about a case is well-formed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.cases.actions.attaching import Staged
from fangge.cases.actions.transition import Doing
from fangge.cases.adapters.media import FileUnfit
from fangge.cases.rules.answers import Answer
from fangge.cases.rules.routing import MOST_ROWS, RoutingTable, Row, Trial
from fangge.kernel.errors import Invalid
from fangge.kernel.web import read_number

DAY_ENDS = time(17)
RECEIPT = "cases_receipt"
"""Where a session keeps number and code of the last report, until its receipt was shown."""


class FormUnfit(Invalid):
    """A field cannot be read; `field` names it."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


def read_move(typed: Mapping[str, str], files: tuple[Staged, ...] = ()) -> tuple[Doing, int | None]:
    """Read a move from the fields of its form, and how many steps its reader saw.

    Raises `FormUnfit`.
    """
    doing = Doing(
        verb=typed.get("verb", ""),
        note=typed.get("note", ""),
        until=_read_day(typed.get("until", "")),
        desk=typed.get("desk", ""),
        category=typed.get("category", ""),
        severity=read_number(typed.get("severity", "")) or 0,
        owner=typed.get("owner", ""),
        into=typed.get("into", "").strip(),
        files=files,
    )
    return doing, read_number(typed.get("seen", ""))


def _read_day(text: str) -> datetime | None:
    """Read a day as the instant that work ends on it."""
    if not text.strip():
        return None
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        raise FormUnfit("until", _("Choose a day that the calendar has.")) from error
    return datetime.combine(day, DAY_ENDS, timezone.get_current_timezone())


def read_token(text: str) -> UUID:
    """Read the mark that makes a form count once; one that cannot be read is new."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def say_unfit(error: FileUnfit) -> str:
    """Say to a person why a file was not taken, and what to do."""
    told = {
        "type": _("Only photos (JPEG, PNG, WebP), PDF documents and sound can be attached."),
        "size": _("The file is too large: photos and documents 20 MB, sound 30 MB."),
        "pixels": _("The photo has too many dots: take it smaller."),
        "number": _("Too many files: 9 come with one act, a case has 90."),
        "scanned": _("The scanner refused the file."),
        "scanner": _("The file could not be scanned: try again later."),
    }
    return told.get(error.reason, _("The file cannot be read: take it again."))


def read_row(section: str, typed: QueryDict) -> dict[str, Any]:
    """Read a row of the table of states. Raises `FormUnfit` for a part that it does not have."""
    word = {key: typed.get(key, "").strip() for key in ("verb", "end", "state", "name", "owner")}
    lasting = {"amount": read_number(typed.get("amount", "")) or 0, "unit": typed.get("unit", "")}
    if section == "moves":
        row = {
            "start": typed.getlist("start"),
            "verb": word["verb"],
            "who": typed.getlist("who"),
            "needs": typed.getlist("needs"),
        }
        return row | ({"end": word["end"]} if word["end"] else {})
    if section == "clocks":
        return {key: word[key] for key in ("state", "name", "owner")} | lasting
    if section == "asks":
        answers = [one.strip() for one in typed.get("answers", "").split(",") if one.strip()]
        return {"verb": word["verb"], "answers": answers, "owner": word["owner"]} | lasting
    if section == "ladder":
        return {"rung": typed.get("rung", ""), "tell": typed.get("tell", "")} | lasting
    raise FormUnfit("section", _("The table has no such part."))


def read_answer(code: str, typed: Mapping[str, str]) -> Answer:
    """Read a version of an answer; its number is that of the version that its author saw."""
    text = typed.get("text", "").replace("\r\n", "\n")
    return Answer(
        code=code,
        title=typed.get("title", "").strip(),
        verb=typed.get("verb", ""),
        category=typed.get("category", ""),
        text=text.strip(),
        version=read_number(typed.get("seen", "")) or 0,
    )


def read_routing(typed: QueryDict) -> RoutingTable:
    """Read the rows and test cases of the routing table, in the order that was typed."""
    rows: list[tuple[int, int, Row]] = []
    for n in range(1, MOST_ROWS + 2):
        desk = typed.get(f"desk-{n}", "")
        if not desk or typed.get(f"out-{n}"):
            continue
        order = read_number(typed.get(f"order-{n}", "")) or n
        categories = frozenset(one for one in typed.getlist(f"categories-{n}") if one)
        row = Row(
            categories, typed.get(f"area-{n}", "").strip()[:24], typed.get(f"owner-{n}", ""), desk
        )
        rows.append((order, n, row))
    return RoutingTable(
        tuple(row for _order, _n, row in sorted(rows, key=lambda one: one[:2])),
        tuple(_read_trials(typed)),
    )


def _read_trials(typed: QueryDict) -> Iterator[Trial]:
    for n in range(1, 2 * MOST_ROWS):
        category = typed.get(f"t-category-{n}", "")
        if category and not typed.get(f"t-out-{n}"):
            yield Trial(
                category,
                typed.get(f"t-area-{n}", "").strip()[:24],
                typed.get(f"t-owner-{n}", ""),
                typed.get(f"t-desk-{n}", ""),
            )
