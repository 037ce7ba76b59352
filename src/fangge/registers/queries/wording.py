"""What the engine says by codes, in words for people: kinds of elements, readers and reasons."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, Promise] = {
    "province": _("Province"),
    "city": _("City"),
    "district": _("District"),
    "development_zone": _("Development zone"),
    "subdistrict": _("Subdistrict"),
    "community": _("Community"),
    "group": _("Group of a village"),
    "road": _("Road"),
    "number": _("Number"),
    "estate": _("Estate"),
    "building": _("Building"),
    "unit": _("Unit"),
    "floor": _("Floor"),
    "room": _("Room"),
    "intersection": _("Crossing"),
    "direction": _("Direction"),
    "phone": _("Phone"),
    "person": _("Name of a person"),
    "redundant": _("Not needed"),
}
WHY: dict[str, Promise] = {
    "register_order": _("Read by rules: it follows the register's order and leaves nothing over."),
    "no_register_form": _("Read by the trained reader: it is not written as a register does."),
    "not_in_order": _("Read by the trained reader: its parts are not in the register's order."),
    "left_over": _("Read by the trained reader: the rules leave characters over."),
}
# By the engine's code: the words, with what the text says of it where the engine gives that.
REASONS: dict[str, tuple[Promise, Promise]] = {
    "sounds": (_("a name that sounds alike"), _("a name that sounds alike: %(what)s")),
    "looks": (_("a name that looks alike"), _("a name that looks alike: %(what)s")),
    "swapped": (_("two characters swapped"), _("two characters swapped: %(what)s")),
    "differs": (
        _("a name that differs in one character"),
        _("a name that differs in one character: %(what)s"),
    ),
    "unit_unsaid": (
        _("the unit is not said: matched at the building"),
        _("the unit is not said: matched at the building"),
    ),
    "unit_inferred": (_("the unit follows from the room"), _("the unit follows from the room")),
    "building_unknown": (
        _("the register has no such building: matched at the level above"),
        _("the register has no building %(what)s there: matched at the level above"),
    ),
    "unit_unknown": (
        _("the register has no such unit: matched at the level above"),
        _("the register has no unit %(what)s there: matched at the level above"),
    ),
    "room_unknown": (
        _("the register has no such room: matched at the level above"),
        _("the register has no room %(what)s there: matched at the level above"),
    ),
    "floor_unknown": (
        _("the register has no such floor: matched at the level above"),
        _("the register has no floor %(what)s there: matched at the level above"),
    ),
    "number_unknown": (
        _("the register has no such number"),
        _("the road has no number %(what)s"),
    ),
    "estate_unknown": (_("the register has no such estate"), _("there is no estate %(what)s")),
    "site_unknown": (
        _("no road or estate of the register is named"),
        _("no road or estate of the register is named"),
    ),
    "number_disagrees": (
        _("the number is another's"),
        _("the number %(what)s belongs to another place"),
    ),
    "road_disagrees": (_("the road is another's"), _("the road is another's")),
    "subdistrict_disagrees": (
        _("the subdistrict is another's"),
        _("%(what)s is not the subdistrict of this place"),
    ),
    "district_disagrees": (
        _("the district is another's"),
        _("%(what)s is not the district of this place"),
    ),
    "unread_area": (
        _("a division was not recognised"),
        _("a division was not recognised: %(what)s"),
    ),
    "word_misspelt": (
        _("a counting word is misspelt"),
        _("a counting word is misspelt: %(what)s"),
    ),
    "building_inferred": (
        _("the building follows from its number"),
        _("the building follows from its number: %(what)s"),
    ),
    "outside": (_("outside the district"), _("outside the district: %(what)s")),
    "near": (_("near the place"), _("near the place: %(what)s")),
    "beside": (_("beside the place"), _("beside the place: %(what)s")),
    "tied": (_("several places fit"), _("%(what)s places fit equally well")),
    "unread": (_("part of the text was not read"), _("not read: %(what)s")),
    "unread_number": (_("part of the text was not read"), _("not read: %(what)s")),
    "unread_beside_number": (_("part of the text was not read"), _("not read: %(what)s")),
    "borne_out": (_("the rest bears it out"), _("the rest bears it out")),
    "alone": (_("nothing else bears it out"), _("nothing else bears it out")),
    "name_contains": (
        _("the name contains what was typed"),
        _("the name contains %(what)s"),
    ),
    "decided": (_("a person decided so"), _("a person decided so (decision %(what)s)")),
    "decided_absent": (
        _("a person decided that it is not in the register"),
        _("a person decided that it is not in the register (decision %(what)s)"),
    ),
    "decided_visit": (
        _("somebody is to look on site"),
        _("somebody is to look on site (decision %(what)s)"),
    ),
    "stood_there": (_("it stood there once"), _("it stood there once")),
    "ended_in_several": (
        _("what stood there ended, and several took its place"),
        _("what stood there ended, and several took its place"),
    ),
    "also_called": (_("another name of it"), _("another name of it: %(what)s")),
}


# Digits of phones and identity numbers, which the engine does not read.
HIDDEN = re.compile("[\ue000-\uf8ff]+")


def say_reason(reason: str) -> str:
    """Say one of the engine's reasons, such as `room_unknown:501`, in words."""
    code, _colon, what = HIDDEN.sub("…", reason).partition(":")
    held = REASONS.get(code)
    if held is None:
        return reason
    plain, told = held
    return str(told) % {"what": what.replace("=", " → ")} if what else str(plain)


def say_kind(kind: str) -> str:
    """Name a kind of element in words."""
    return str(KINDS.get(kind, kind))


def say_why(why: str) -> str:
    """Say which reader read a text, and why that one."""
    return str(WHY.get(why, why))
