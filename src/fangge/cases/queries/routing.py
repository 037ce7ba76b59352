"""The routing table in force, its draft and its versions."""

from fangge.areas.queries import current_areas
from fangge.cases.models.case import Case
from fangge.cases.models.desk import Desk
from fangge.cases.models.routing import CaseProposal, RoutingVersion
from fangge.cases.rules.catalogue import shipped_catalogue
from fangge.cases.rules.routing import (
    Known,
    Route,
    RoutingTable,
    Row,
    Trial,
    find_route,
    read_table,
)
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing


class VersionUnknown(Missing):
    """There is no such version of the routing table."""


def table_in_force() -> RoutingTable:
    """Give the newest published table, or the one that comes with the product."""
    newest = RoutingVersion.objects.exclude(number=None).order_by("-number").first()
    return read_table(newest.table) if newest else shipped_table()


def shipped_table() -> RoutingTable:
    """Give the table that comes with the product, each row with a test case of its own."""
    routes = shipped_catalogue().routes
    rows = tuple(Row(one.categories, one.area, "", one.desk) for one in routes)
    trials = tuple(
        Trial(category, "", "", one.desk) for one in routes for category in sorted(one.categories)
    )
    return RoutingTable(rows, trials)


def route_case(case: Case, *, category: str = "") -> Route:
    """Give the desk that the table in force names for a case."""
    return find_route(
        table_in_force().rows,
        category=category or case.category,
        area=case.grid.code if case.grid else "",
        owner=case.owner,
    )


def draft_of(actor: Actor) -> tuple[RoutingTable, RoutingVersion | None]:
    """Give the draft, or the table in force where nobody has begun one."""
    actor.require("routing.see")
    draft = RoutingVersion.objects.filter(number=None).first()
    return (read_table(draft.table), draft) if draft else (table_in_force(), None)


def list_versions(actor: Actor) -> list[RoutingVersion]:
    """List the published versions, the newest first."""
    actor.require("routing.see")
    return list(RoutingVersion.objects.exclude(number=None).order_by("-number")[:50])


def get_version(*, actor: Actor, number: int) -> RoutingVersion:
    """Give one published version. Raises `VersionUnknown`."""
    actor.require("routing.see")
    version = RoutingVersion.objects.filter(number=number).first()
    if version is None:
        raise VersionUnknown(f"There is no version {number} of the routing table.")
    return version


def known_names() -> Known:
    """Give what a routing table may name."""
    return Known(
        categories=frozenset(shipped_catalogue().categories),
        desks=frozenset(Desk.objects.filter(is_open=True).values_list("code", flat=True)),
        areas=frozenset(area.code for area in current_areas()),
    )


def proposal_of(case: Case) -> CaseProposal | None:
    """Give what the classifier proposed for a case."""
    return CaseProposal.objects.filter(case=case).first()
