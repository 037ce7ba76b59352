"""Role to permitted verbs: one table, and nobody does another administrator's work; sign-in."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_NAME = 60


class Role(StrEnum):
    """The people of Fangge."""

    GRID_WORKER = "grid_worker"
    COMMUNITY_OFFICER = "community_officer"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    STEWARD = "steward"
    AUDITOR = "auditor"
    SECURITY_ADMINISTRATOR = "security_administrator"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    ANALYST = "analyst"


LOOK = frozenset({"home.see", "map.see", "addresses.see", "organisations.see"})
# A wider area for three hours, for a reason that somebody else looks at afterwards.
EMERGENCY = frozenset({"emergency.take"})
FIELD = LOOK | {"dwellings.see", "residents.see", "residents.open"}
# A return is asked for by one, approved by another, and made under the maker's own rights.
RETURNS = frozenset({"returns.see", "returns.ask", "returns.make"})
# What a life event changes, another person than who registered it approves or takes back.
LIFE = frozenset({"life.register", "corrections.ask", "requests.see"})
# Who works on a case never says that it was well done: `cases.verify` is for others than its desk.
REPORT = frozenset({"cases.see", "cases.report"})
WITNESS = REPORT | {"cases_here.see", "cases.verify"}

# Whoever goes answers; whoever asked, or may decide, accepts it: never the same person.
ERRANDS = frozenset({"fieldtasks.see", "fieldtasks.answer"})
ASKS = frozenset({"fieldtasks.see", "fieldtasks.ask", "fieldtasks.decide"})

VERBS: dict[Role, frozenset[str]] = {
    Role.GRID_WORKER: FIELD | EMERGENCY | LIFE | ERRANDS | WITNESS | {"questions.see"},
    Role.COMMUNITY_OFFICER: FIELD
    | EMERGENCY
    | LIFE
    | ERRANDS
    | WITNESS
    | ASKS
    | {"requests.decide", "findings.see", "findings.decide", "codes.issue", "questions.see"},
    # The dispatcher supervises: who looked at a resident never answers for it themself.
    Role.DISPATCHER: LOOK
    | REPORT
    | {
        "cases_here.see",
        "cases.sort",
        "lifecycle.see",
        "lifecycle.publish",
        "indicators.see",
        "routing.see",
        "routing.edit",
        "answers.see",
        "answers.edit",
        "dwellings.see",
        "questions.see",
        "questions.answer",
    },
    Role.HANDLER: LOOK | REPORT | {"cases.work", "dwellings.see"},
    Role.STEWARD: FIELD
    | LIFE
    | RETURNS
    | ASKS
    | {
        "returns.approve",
        "quality.see",
        "quality.check",
        "findings.see",
        "findings.decide",
        "requests.decide",
        "sources.see",
        "sources.edit",
        "batches.see",
        "batches.ingest",
        "batches.roll_back",
        "quarantine.see",
        "quarantine.decide",
        "corrections.see",
        "corrections.decide",
        "addresses.change",
        "pairs.see",
        "pairs.decide",
        "codes.issue",
        "questions.see",
        "claims.see",
        "claims.decide",
        "retention.see",
        "retention.hold",
    },
    Role.AUDITOR: frozenset(
        {
            "home.see",
            "audit.see",
            "emergency.see",
            "emergency.review",
            "questions.see",
            "questions.oversee",
            "claims.see",
            "retention.see",
        }
    ),
    Role.SECURITY_ADMINISTRATOR: frozenset(
        {"home.see", "staff.see", "staff.assign", "sign_ins.see", "sign_ins.reset"}
        | {"partners.see", "partners.issue"}
    ),
    Role.SYSTEM_ADMINISTRATOR: frozenset(
        {"home.see", "sources.see", "batches.see", "calendar.see", "calendar.edit"}
        | {"routing.see", "routing.edit", "answers.see", "answers.edit"}
        | {"lifecycle.see", "lifecycle.edit", "lifecycle.publish", "staff.register"}
    ),
    Role.ANALYST: LOOK | RETURNS | {"indicators.see", "quality.see", "questions.see"},
}


ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def find_account_faults(*, username: str, name: str, office: str) -> dict[str, str]:
    """Say by field what is wrong with the account that somebody is to get."""
    faults = {}
    if not ACCOUNT.fullmatch(username):
        faults["username"] = "Use 2 to 40 small letters and digits, dots and hyphens between them."
    if not 0 < len(name) <= LONGEST_NAME:
        faults["name"] = "Write the person's name, at most 60 characters."
    if not 0 < len(office) <= LONGEST_NAME:
        faults["office"] = "Write the office where the person works, at most 60 characters."
    return faults


FIELD_ROLES = (Role.GRID_WORKER, Role.COMMUNITY_OFFICER)
"""Who is on duty in an area."""


ADMINISTRATORS = frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR})
"""Three roles that are kept apart: who gives rights, who runs the system, who checks both."""


def may_hold(role: str, held: Collection[str]) -> bool:
    """Tell whether who holds these roles may hold this one too: an administrator holds one."""
    roles = {*held, role}
    return len(roles) == 1 or not roles & ADMINISTRATORS


def verbs_of(roles: list[str]) -> frozenset[str]:
    """Give every verb that these roles permit; a role nobody knows permits nothing."""
    known = {role.value: role for role in Role}
    return frozenset[str]().union(*(VERBS[known[role]] for role in roles if role in known))


class Ending(StrEnum):
    """Why a session came to its end."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    AGE = "age"
    ENDED_BY_OWNER = "ended_by_owner"
    ENDED_BY_OFFICE = "ended_by_office"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    SECOND_FACTOR_CHANGED = "factor_changed"
    ROLES_CHANGED = "roles_changed"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts."""

    idle: timedelta
    age: timedelta

    def ends_at(self, *, started_at: datetime, last_seen_at: datetime) -> datetime:
        return min(last_seen_at + self.idle, started_at + self.age)

    def ending(self, *, started_at: datetime, last_seen_at: datetime, now: datetime) -> str:
        """Say why a session is at its end, or nothing."""
        if now >= started_at + self.age:
            return Ending.AGE
        return Ending.IDLE if now >= last_seen_at + self.idle else ""


KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
"""Small letters, capitals, digits, and everything else, Chinese characters too."""


def count_kinds(password: str) -> int:
    """Count the kinds of characters in a password."""
    return sum(re.search(kind, password) is not None for kind in KINDS)


@dataclass(frozen=True, slots=True)
class PasswordAge:
    """How old a password may grow, and how long before that its owner is told."""

    most: timedelta
    warned: timedelta

    def days_left(self, *, set_at: datetime, now: datetime) -> int:
        """Count the days that are left, the one begun included."""
        return -((now - set_at - self.most) // timedelta(days=1))

    def is_over(self, *, set_at: datetime, now: datetime) -> bool:
        return now >= set_at + self.most

    def is_near(self, *, set_at: datetime, now: datetime) -> bool:
        return now >= set_at + self.most - self.warned


BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def name_device(user_agent: str) -> str:
    """Say in words what somebody signs in with, such as `Chrome · Windows`."""
    found = [
        next((name for mark, name in names if mark in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or user_agent.split("/", maxsplit=1)[0].strip()[:40]


def name_network(address: str) -> str:
    """Give the network of an address, which tells a place without telling a desk."""
    try:
        held = ipaddress.ip_address(address)
    except ValueError:
        return ""
    width = 24 if held.version == 4 else 64  # noqa: PLR2004 - IP version 4
    return str(ipaddress.ip_network(f"{address}/{width}", strict=False))
