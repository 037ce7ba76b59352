"""What stands in the ledger, in words that everybody understands."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "residents.open": _("Opened fields of your record"),
    "residents.see": _("Looked at your record, your name masked"),
    "residents.list": _("Saw your masked name in a list or at an address"),
    "pairs.see": _("Compared two masked records to see whether both are you"),
    "pairs.why": _("Looked, masked, at why your record says what it says"),
    "pairs.same": _("Decided that two records are both you"),
    "pairs.different": _("Decided that two records are two people"),
    "pairs.confirm": _("Confirmed a decision on your records"),
    "pairs.undo": _("Took back a decision on your records"),
    "returns.make": _("Put you in a list for a department"),
    "requests.open": _("Read a request to change your record"),
    "requests.approve": _("Approved a change of your record"),
    "requests.refuse": _("Refused a change of your record"),
    "requests.withdraw": _("Withdrew a request to change your record"),
    "requests.take_back": _("Took back a change of your record"),
    "life.register": _("Registered or asked for a change of your record"),
    "codes.issue": _("Compared your identity document and gave you a code"),
    "visits.start": _("You looked yourself, with a code"),
    "questions.ask": _("You questioned a look"),
    "questions.open": _("Read your question"),
    "questions.answer": _("Answered your question"),
    "claims.ask": _("You claimed a right"),
    "claims.copy": _("You took a copy of your record"),
    "claims.open": _("Read your claim"),
    "claims.rule": _("Decided on your claim"),
    "retention.hold": _("Put a hold on erasing your record"),
    "retention.release": _("Ended a hold on erasing your record"),
}
FIELDS: dict[str, Promise] = {
    "name": _("your name"),
    "sex": _("sex"),
    "birth_on": _("birth date"),
    "birth_year": _("birth year"),
    "identifier": _("identity number"),
    "phone": _("phone"),
    "addresses": _("addresses"),
    "name_masked": _("your name, masked"),
    "sex_masked": _("sex, masked"),
    "birth_on_masked": _("birth date, masked"),
    "identifier_masked": _("identity number, masked"),
    "phone_masked": _("phone, masked"),
    "history_masked": _("history, masked"),
    "until_on": _("end of a tenancy"),
    "from_address": _("an address you left"),
}
PURPOSES: dict[str, Promise] = {
    "verify": _("to verify the register on site"),
    "request": _("because you asked"),
    "own_request": _("at your own request"),
    "correction": _("to correct a record"),
    "life_event": _("to register a change such as a move"),
    "welfare": _("for a welfare visit you agreed to"),
    "statistics": _("for statistics"),
    "question": _("to answer your question"),
    "claim": _("to decide on your claim"),
}
ROLES: dict[str, Promise] = {
    "grid_worker": _("Grid worker"),
    "community_officer": _("Community officer"),
    "dispatcher": _("Dispatcher"),
    "handler": _("Handler"),
    "steward": _("Data steward"),
    "auditor": _("Auditor"),
    "security_administrator": _("Security administrator"),
    "system_administrator": _("System administrator"),
    "analyst": _("Analyst"),
}
OBJECTS: dict[str, Promise] = {
    "address": _("an address"),
    "request": _("change request"),
    "return": _("departmental list"),
    "pair": _("pair of records"),
    "judgement": _("decision"),
    "conflict": _("comparison of sources"),
    "finding": _("finding"),
    "question": _("your question"),
    "claim": _("your claim"),
    "code": _("code"),
    "fieldtask": _("field task"),
}
WHOLE = _("whole district")
UNNAMED_ACT = _("Worked with your record")


def say_act(verb: str) -> str:
    return str(ACTS.get(verb, UNNAMED_ACT))


def say_fields(fields: Sequence[str]) -> list[str]:
    return [str(FIELDS.get(name, name)) for name in fields]


def say_purpose(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose))


def say_post(role: str, area: str) -> str:
    return f"{area or WHOLE} · {ROLES.get(role, role)}"


def say_object(reference: str) -> str:
    """Say on which object something was done, such as `request:12`; addresses are not told."""
    kind, _colon, number = reference.partition(":")
    if kind not in OBJECTS:
        return ""
    return str(OBJECTS[kind]) if kind == "address" else f"{OBJECTS[kind]} {number}"
