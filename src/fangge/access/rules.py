"""Role to permitted verbs: one table, and nobody does another administrator's work."""

from enum import StrEnum


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
FIELD = LOOK | {"dwellings.see", "residents.see", "residents.open"}
# A return is asked for by one, approved by another, and made under the maker's own rights.
RETURNS = frozenset({"returns.see", "returns.ask", "returns.make"})
# What a life event changes, another person than who registered it approves or takes back.
LIFE = frozenset({"life.register", "corrections.ask", "requests.see"})

# Whoever goes answers; whoever asked, or may decide, accepts it: never the same person.
ERRANDS = frozenset({"fieldtasks.see", "fieldtasks.answer"})
ASKS = frozenset({"fieldtasks.see", "fieldtasks.ask", "fieldtasks.decide"})

VERBS: dict[Role, frozenset[str]] = {
    Role.GRID_WORKER: FIELD | LIFE | ERRANDS | {"questions.see"},
    Role.COMMUNITY_OFFICER: FIELD
    | LIFE
    | ERRANDS
    | ASKS
    | {"requests.decide", "findings.see", "findings.decide", "codes.issue", "questions.see"},
    # The dispatcher supervises: who looked at a resident never answers for it themself.
    Role.DISPATCHER: LOOK | {"dwellings.see", "questions.see", "questions.answer"},
    Role.HANDLER: LOOK | {"dwellings.see"},
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
            "questions.see",
            "questions.oversee",
            "claims.see",
            "retention.see",
        }
    ),
    Role.SECURITY_ADMINISTRATOR: frozenset({"home.see", "staff.see", "staff.assign"}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({"home.see", "sources.see", "batches.see"}),
    Role.ANALYST: LOOK | RETURNS | {"quality.see", "questions.see"},
}


FIELD_ROLES = (Role.GRID_WORKER, Role.COMMUNITY_OFFICER)
"""Who is on duty in an area."""


def verbs_of(roles: list[str]) -> frozenset[str]:
    """Give every verb that these roles permit; a role nobody knows permits nothing."""
    known = {role.value: role for role in Role}
    return frozenset[str]().union(*(VERBS[known[role]] for role in roles if role in known))
