"""What is found about a text: places that it may mean, and reasons for and against."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fangge.engine.address.compiling import within_lean

MOST_PLACES, MOST_REASONS, MOST_CANDIDATES = 24, 10, 5
REASONS = (
    "",
    "outside",
    "sounds",
    "looks",
    "swapped",
    "differs",
    "unread",
    "unread_beside_number",
    "unread_number",
    "number_unknown",
    "number_disagrees",
    "road_disagrees",
    "estate_unknown",
    "subdistrict_disagrees",
    "district_disagrees",
    "near",
    "beside",
    "alone",
    "borne_out",
    "site_unknown",
    "building_unknown",
    "unit_unknown",
    "floor_unknown",
    "room_unknown",
    "unit_unsaid",
    "unit_inferred",
    "word_misspelt",
    "building_inferred",
    "unread_area",
)
"""Reasons by number; 0 is none."""
(
    _NONE, OUTSIDE, SOUNDS, LOOKS, SWAPPED, DIFFERS, UNREAD, UNREAD_BESIDE_NUMBER, UNREAD_NUMBER,
    NUMBER_UNKNOWN, NUMBER_DISAGREES, ROAD_DISAGREES, ESTATE_UNKNOWN, SUBDISTRICT_DISAGREES,
    DISTRICT_DISAGREES, NEAR, BESIDE, ALONE, BORNE_OUT, SITE_UNKNOWN, BUILDING_UNKNOWN,
    UNIT_UNKNOWN, FLOOR_UNKNOWN, ROOM_UNKNOWN, UNIT_UNSAID, UNIT_INFERRED, WORD_MISSPELT,
    BUILDING_INFERRED, UNREAD_AREA,
) = range(len(REASONS))  # fmt: skip
DOUBT = np.zeros(len(REASONS), dtype=np.float64)
for _reason, _doubt in {
    OUTSIDE: 1.0,
    SOUNDS: 0.08,
    LOOKS: 0.08,
    SWAPPED: 0.12,
    DIFFERS: 0.16,
    UNREAD: 0.25,
    UNREAD_BESIDE_NUMBER: 0.15,
    UNREAD_NUMBER: 0.3,
    NUMBER_UNKNOWN: 0.4,
    NUMBER_DISAGREES: 0.3,
    ROAD_DISAGREES: 0.25,
    ESTATE_UNKNOWN: 0.3,
    SUBDISTRICT_DISAGREES: 0.1,
    DISTRICT_DISAGREES: 0.3,
    NEAR: 0.05,
    BESIDE: 0.3,
    ALONE: 0.2,
    BORNE_OUT: 0.04,
    BUILDING_UNKNOWN: 0.3,
    UNIT_UNKNOWN: 0.3,
    FLOOR_UNKNOWN: 0.3,
    ROOM_UNKNOWN: 0.3,
    UNIT_UNSAID: 0.1,
    UNIT_INFERRED: 0.02,
    WORD_MISSPELT: 0.05,
}.items():
    DOUBT[_reason] = _doubt

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


class Reasons(NamedTuple):
    """Reasons with the characters or the name that each is about."""

    kinds: I64
    starts: I64
    ends: I64
    names: I64  # row of a registered name, or -1
    size: I64  # one number: how many there are


class Places(NamedTuple):
    """Sites that a text may mean, and how deep each leads."""

    sites: I64
    likeness: I64  # place in the similar names, or -1 where it is written as registered
    others: I64  # the same for its road, where the place is an estate
    disagrees: I64  # reason that speaks against it, or 0
    doubts: F64
    nodes: I64
    n_left: I64
    costs: I64
    flags: I64
    lacking: I64  # the first number that leads nowhere, or -1
    n_nodes: I64  # how many nodes do as well
    misplaced: I64  # reason that a division gives against it, or 0
    borne: I64  # whether something bears a misspelt name out, or 0
    size: I64


REASONS_SPACE = np.dtype(
    [(name, np.int64, (MOST_REASONS,)) for name in Reasons._fields[:-1]]
    + [("size", np.int64, (1,))]
)
PLACES_SPACE = np.dtype(
    [
        (name, np.float64 if name == "doubts" else np.int64, (MOST_PLACES,))
        for name in Places._fields[:-1]
    ]
    + [("size", np.int64, (1,))]
)


@within_lean
def note(reasons: Reasons, kind: int, start: int, end: int, name: int) -> None:
    """Note a reason; what is beyond the space for reasons is not told."""
    n = reasons.size[0]
    if n < MOST_REASONS:
        reasons.kinds[n], reasons.starts[n] = kind, start
        reasons.ends[n], reasons.names[n] = end, name
        reasons.size[0] = n + 1


@within_lean
def add_place(
    places: Places, site: int, likeness: int, other: int, disagrees: int, doubt: float
) -> None:
    """Add a site, or lower its doubt where it is known already."""
    for i in range(places.size[0]):
        if places.sites[i] == site:
            if doubt < places.doubts[i]:
                places.likeness[i], places.others[i] = likeness, other
                places.disagrees[i], places.doubts[i] = disagrees, doubt
            return
    n = places.size[0]
    if n < MOST_PLACES:
        places.sites[n], places.likeness[n], places.others[n] = site, likeness, other
        places.disagrees[n], places.doubts[n] = disagrees, doubt
        places.size[0] = n + 1


@within_lean
def sum_doubts(reasons: Reasons) -> float:
    """Add up what reasons cost."""
    total = 0.0
    for i in range(reasons.size[0]):
        total += DOUBT[reasons.kinds[i]]
    return total
