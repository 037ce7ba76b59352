"""What GeoReport v2 asks of a call. Source: Open311 wiki, GeoReport v2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LONGEST_SPAN = timedelta(days=90)
USUAL_PAGE, MOST_PAGE, LAST_PAGE = 100, 500, 10_000
MOST_NUMBERS = 200
LONGEST_PLACE, LONGEST_LINK, LONGEST_CLIENT_ID = 200, 2000, 120
WEST, EAST, SOUTH, NORTH = -180.0, 180.0, -90.0, 90.0
STATUSES = {"open": True, "closed": False}
WEB = ("http://", "https://")


class CallUnfit(ValueError):
    """A call cannot be read; the text says which field and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for, and which page of them."""

    numbers: tuple[str, ...]
    services: tuple[str, ...]
    since: datetime
    until: datetime
    is_open: bool | None
    page: int
    page_size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A report as a client sent it."""

    service: str
    told: str
    place: str
    address_code: str
    position: tuple[float, float] | None
    contact: str
    link: str
    client_id: str
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_wanted(given: Mapping[str, str], *, now: datetime) -> Wanted:
    """Read what a GET of requests keeps to. Raises `CallUnfit`."""
    status = _words(given.get("status", ""))
    if unknown := sorted(set(status) - set(STATUSES)):
        raise CallUnfit(f"status is open or closed, not {unknown[0][:20]}")
    since, until = _read_span(given.get("start_date", ""), given.get("end_date", ""), now)
    numbers = _words(given.get("service_request_id", ""))
    if len(numbers) > MOST_NUMBERS:
        raise CallUnfit(f"service_request_id names at most {MOST_NUMBERS} requests")
    return Wanted(
        numbers=numbers,
        services=_words(given.get("service_code", "")),
        since=since,
        until=until,
        is_open=STATUSES[status[0]] if len(set(status)) == 1 else None,
        page=_count(given.get("page", ""), "page", 1, LAST_PAGE),
        page_size=_count(given.get("page_size", ""), "page_size", USUAL_PAGE, MOST_PAGE),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _read_span(start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """Read a span of at most 90 days; one end gives the other."""
    until = _instant(end, "end_date") if end else None
    since = _instant(start, "start_date") if start else None
    if until is None:
        until = now if since is None else min(now, _later(since))
    if since is None:
        since = _earlier(until)
    if until < since:
        raise CallUnfit("end_date comes before start_date")
    if until - since > LONGEST_SPAN:
        raise CallUnfit("start_date and end_date span more than 90 days")
    return since, until


def _later(at: datetime) -> datetime:
    try:
        return at + LONGEST_SPAN
    except OverflowError as error:
        raise CallUnfit("start_date is out of reach") from error


def _earlier(at: datetime) -> datetime:
    try:
        return at - LONGEST_SPAN
    except OverflowError as error:
        raise CallUnfit("end_date is out of reach") from error


def _instant(text: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        # A plus sign in an address stands for a blank.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        told = f"{name} is an instant such as 2026-11-23T00:00:00Z"
        raise CallUnfit(told) from error


def _count(text: str, name: str, usual: int, most: int) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= most):  # noqa: PLR2004 - digits
        raise CallUnfit(f"{name} is a number from 1 to {most}")
    return int(text)


def read_sent(given: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> Sent:
    """Read a report; `lists` holds every value of each field. Raises `CallUnfit`."""
    if any("\0" in text for values in lists.values() for text in values):
        raise CallUnfit("a text holds a character that no text may hold")
    place = given.get("address_string", "").strip()
    if len(place) > LONGEST_PLACE:
        raise CallUnfit(f"address_string has at most {LONGEST_PLACE} characters")
    client_id = given.get("client_request_id", "").strip()
    if len(client_id) > LONGEST_CLIENT_ID:
        raise CallUnfit(f"client_request_id has at most {LONGEST_CLIENT_ID} characters")
    return Sent(
        service=given.get("service_code", "").strip(),
        told=given.get("description", "").strip(),
        place=place,
        address_code=given.get("address_id", "").strip()[:40],
        position=_read_position(given.get("lat", "").strip(), given.get("long", "").strip()),
        contact=_read_contact(given),
        link=_read_link(given.get("media_url", "").strip()),
        client_id=client_id,
        attributes={
            name.removeprefix("attribute[").partition("]")[0]: [one for one in values if one]
            for name, values in lists.items()
            if name.startswith("attribute[")
        },
    )


def _read_position(lat: str, lon: str) -> tuple[float, float] | None:
    if not lat and not lon:
        return None
    try:
        here = float(lon), float(lat)
    except ValueError as error:
        raise CallUnfit("lat and long are degrees, both of them") from error
    if not (WEST <= here[0] <= EAST and SOUTH <= here[1] <= NORTH):
        raise CallUnfit("lat and long lie outside of the world")
    return here


def _read_contact(given: Mapping[str, str]) -> str:
    names = ("last_name", "first_name", "phone", "email")
    return " ".join(filter(None, (given.get(name, "").strip()[:100] for name in names)))


def _read_link(link: str) -> str:
    if link and not (link.startswith(WEB) and len(link) <= LONGEST_LINK and link.isprintable()):
        raise CallUnfit("media_url is an address that begins with https://")
    return link
