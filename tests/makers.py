"""Builds things by calling actions, so that impossible states cannot be built."""

from datetime import UTC, datetime

from fangge.access.actions import assign_role, register_staff
from fangge.access.queries import actor_for
from fangge.access.rules import VERBS, Role
from fangge.areas.models import Area
from fangge.kernel.actor import Actor, system_actor

PASSWORD = "bridge-over-water-7"  # noqa: S105 - of test accounts only
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_staff(role: Role, *, area: Area | None = None, username: str = "") -> Actor:
    """Register a person in a role, and give the actor they are."""
    actor = system_actor("test", verbs=("staff.assign",))
    staff = register_staff(
        actor=actor,
        username=username or f"test-{role}",
        name="测试",
        password=PASSWORD,
        now=LONG_AGO,
    )
    assign_role(actor=actor, staff=staff, role=role, area=area, now=LONG_AGO)
    return actor_for(staff, now=datetime(2026, 11, 23, tzinfo=UTC))


def steward() -> Actor:
    return Actor(
        reference="staff:steward", name="steward", roles=("steward",), verbs=VERBS[Role.STEWARD]
    )
