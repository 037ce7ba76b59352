"""A resident at the counter and at the door."""

from datetime import datetime

from tests.makers import make_staff

from fangge.access.rules import Role
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.portal.actions.codes import enter, issue_code
from fangge.portal.models.code import Visit
from fangge.portal.queries.visits import visit_of
from fangge.registers.models.resident import Resident


def residents(n_residents: int = 2) -> list[Resident]:
    """Give residents that the register knows an identity number of."""
    held = Resident.objects.filter(identifier_hash__isnull=False, ends_on=None)
    return list(held.filter(occupancies__isnull=False).distinct().order_by("id")[:n_residents])


def number_of(resident: Resident) -> str:
    sealed = bytes(resident.identifier_sealed or b"")
    return open_vault().open(sealed, column="registers_resident.identifier", row=resident.pk)


def officer() -> Actor:
    return make_staff(Role.COMMUNITY_OFFICER, username="counter-officer")


def issue_to(resident: Resident, now: datetime) -> str:
    return issue_code(
        actor=officer(),
        resident_id=resident.pk,
        document=number_of(resident),
        is_present=True,
        now=now,
    ).text


def visit_as(resident: Resident, now: datetime) -> tuple[str, Visit]:
    """Let a resident in: the code from the counter, the last four, a visit."""
    token = enter(code=issue_to(resident, now), last=number_of(resident)[-4:], now=now)
    visit = visit_of(token, now=now)
    assert visit is not None
    return token, visit
