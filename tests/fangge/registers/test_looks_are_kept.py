"""Every page that shows a resident leaves an entry of the ledger for that resident."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from tests.fangge.fusion.doubts import offer_pairs
from tests.makers import make_staff

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.fusion.actions.quality.checking import check_quality, checking_actor
from fangge.fusion.models.finding import Finding, SourceConflict
from fangge.fusion.models.run import Pair
from fangge.fusion.queries.pairs import entries_of
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db
SHOWN = re.compile(rb"/registers/residents/(\d+)|resident=(\d+)")


def pages(noon: datetime) -> list[str]:
    held = Occupancy.objects.filter(resident__isnull=False).order_by("id")[0]
    check_quality(actor=checking_actor(), now=noon)
    finding = Finding.objects.order_by("id").first()
    conflict = SourceConflict.objects.filter(n_differ__gt=0).order_by("id").first()
    assert held.resident_id
    assert finding is not None
    assert conflict is not None
    return [
        reverse("registers:resident", args=[held.resident_id]),
        reverse("registers:address", args=[held.address_id]),
        reverse("fusion:findings") + "?subject=resident",
        reverse("fusion:finding", args=[finding.pk]),
        reverse("fusion:conflict", args=[conflict.pk]),
        reverse("fusion:why", args=["resident", held.resident_id]),
        reverse("fusion:event-new") + f"?event=leave&resident={held.resident_id}",
        reverse("fusion:review") + "?kind=resident",
    ]


def test_whoever_is_shown_on_a_page_has_an_entry_of_it(noon: datetime) -> None:
    make_staff(Role.STEWARD, username="looks-steward")
    client = Client()
    client.force_login(
        StaffMember.objects.get(username="looks-steward"),
        "django.contrib.auth.backends.ModelBackend",
    )
    for page in pages(noon):
        before = Entry.objects.count()
        response = client.get(page)
        assert response.status_code == 200
        shown = {int(one or other) for one, other in SHOWN.findall(response.content)}
        codes = set(Resident.objects.filter(pk__in=shown).values_list("code", flat=True))
        kept = Entry.objects.order_by("-id")[: Entry.objects.count() - before]
        assert codes <= {entry.subject_id for entry in kept if entry.subject_kind == "resident"}, (
            page
        )
        assert all(entry.actor == "staff:looks-steward" for entry in kept)


def test_a_masked_pair_leaves_an_entry_for_both(noon: datetime) -> None:
    make_staff(Role.STEWARD, username="looks-steward")
    client = Client()
    client.force_login(
        StaffMember.objects.get(username="looks-steward"),
        "django.contrib.auth.backends.ModelBackend",
    )
    offer_pairs(noon, n_pairs=1)
    pair = Pair.objects.get(kind="resident")
    client.get(reverse("fusion:pair", args=[pair.pk]))
    codes = Resident.objects.filter(pk__in=[one for one in entries_of(pair) if one]).values_list(
        "code", flat=True
    )
    kept = Entry.objects.filter(verb="pairs.see", object_reference=f"pair:{pair.pk}")
    assert set(kept.values_list("subject_id", flat=True)) == set(codes) != set()
