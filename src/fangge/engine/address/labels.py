"""The labels that the tagger gives to characters, and the elements they stand for."""

from fangge.engine.address.elements import Kind

SPANNED: tuple[Kind, ...] = (
    Kind.PROVINCE,
    Kind.CITY,
    Kind.DISTRICT,
    Kind.DEVELOPMENT_ZONE,
    Kind.SUBDISTRICT,
    Kind.COMMUNITY,
    Kind.ROAD,
    Kind.NUMBER,
    Kind.ESTATE,
    Kind.BUILDING,
    Kind.UNIT,
    Kind.FLOOR,
    Kind.ROOM,
)
"""Kinds that may stand twice in a row: one label begins such an element, another goes on."""

RUNNING: tuple[Kind, ...] = (Kind.INTERSECTION, Kind.DIRECTION, Kind.PERSON)
"""Kinds of which all characters in a row are one element, with one label."""

TAGGED = (*SPANNED, *RUNNING)
NOTHING = 0
N_SPANNED = len(SPANNED)
N_STARTS = 1 + len(TAGGED)
"""Labels that may follow any other: nothing, and the first character of each kind."""

N_LABELS = N_STARTS + N_SPANNED
"""The last labels go on with an element: label `N_STARTS + k` after `1 + k`."""

N_COLUMNS = 32
"""Labels and padding: a row of weights is a cache line of sixteen bits each."""

FORBIDDEN = -(1 << 28)
"""A score that no sum of weights makes up for."""


def labels_of(kind: Kind) -> tuple[int, int]:
    """Give the label of an element's first character and that of the others."""
    number = TAGGED.index(kind)
    return 1 + number, N_STARTS + number if number < N_SPANNED else 1 + number
