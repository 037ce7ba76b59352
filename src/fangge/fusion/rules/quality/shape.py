"""What a quality rule is: a sentence about records or places, and a query that finds the faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Dimension(StrEnum):
    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    UNIQUENESS = "uniqueness"
    PLAUSIBILITY = "plausibility"


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Remedy(StrEnum):
    """What an item asks for: mend the data, or go and look at the place."""

    MEND = "mend"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the library.

    `found` selects subject_id, grid_id and detail (JSON, without personal values) of what breaks
    it, for a resident without grid; `checked` counts what could. Both may use %(today)s, `found`
    its `limits`, which its sentence tells. Names and sentences are translated.
    """

    code: str
    name: str
    sentence: str
    dimension: Dimension
    severity: Severity
    subject: str  # resident, organisation, dwelling, address or source
    owner: str  # who mends it: the steward, or the department behind the source
    remedy: Remedy
    found: str
    checked: str
    limits: Mapping[str, int] = field(default_factory=dict)


LIVE_RESIDENTS = "SELECT count(*) FROM registers_resident WHERE ends_on IS NULL"
LIVE_FIRMS = "SELECT count(*) FROM registers_organisation WHERE ends_on IS NULL"
LIVE_DWELLINGS = "SELECT count(*) FROM registers_dwelling WHERE ends_on IS NULL"
