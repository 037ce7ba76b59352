"""Fields, levels and odds of each kind of subject."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import log2


class Kind(StrEnum):
    """How two values of a field are compared."""

    NAME = "name"
    DATE = "date"
    ADDRESS = "address"
    EXACT = "exact"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Field:
    """A field with the chance of each agreement level among matches (m) and others (u).

    Level 0 is disagreement; the highest is full agreement.
    """

    name: str
    kind: Kind
    m: tuple[float, ...]
    u: tuple[float, ...]
    counts_rarity: bool = False
    """Whether full agreement on a rare value says more than on a common one."""

    @property
    def weights_bits(self) -> tuple[float, ...]:
        return tuple(log2(m / u) for m, u in zip(self.m, self.u, strict=True))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides which records are one subject."""

    identifier: str
    fields: tuple[Field, ...]
    blocks: tuple[tuple[str, ...], ...]
    prior_bits: float
    link_from_bits: float
    review_from_bits: float
    largest_block: int = 60

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


def resident_parameters() -> Parameters:
    """Give the parameters for residents, set by hand from the generated district."""
    return Parameters(
        identifier="identifier",
        fields=(
            Field(
                "name",
                Kind.NAME,
                m=(0.002, 0.02, 0.018, 0.96),
                u=(0.985, 0.0135, 0.001, 0.0005),
                counts_rarity=True,
            ),
            Field("identifier_written", Kind.CODE, m=(0.25, 0.75), u=(0.999999, 0.000001)),
            Field("birth_on", Kind.DATE, m=(0.003, 0.007, 0.99), u=(0.9959, 0.004, 0.0001)),
            Field("sex", Kind.EXACT, m=(0.002, 0.998), u=(0.5, 0.5)),
            Field("phone", Kind.EXACT, m=(0.18, 0.82), u=(0.99998, 0.00002)),
            Field("address_code", Kind.ADDRESS, m=(0.12, 0.05, 0.83), u=(0.9895, 0.01, 0.0005)),
        ),
        blocks=(
            ("name_sound", "birth_on"),
            ("phone",),
            ("birth_on", "address_code"),
            ("name_sound", "address_code"),
            ("name_sound", "identifier_front"),
            ("name_sound", "identifier_back"),
        ),
        prior_bits=-13.0,
        link_from_bits=5.0,
        review_from_bits=0.0,
    )


def organisation_parameters() -> Parameters:
    """Give the parameters for organisations."""
    return Parameters(
        identifier="credit_code",
        fields=(
            Field(
                "name", Kind.NAME, m=(0.002, 0.018, 0.02, 0.96), u=(0.998, 0.0015, 0.0003, 0.0002)
            ),
            Field("founded_on", Kind.DATE, m=(0.002, 0.008, 0.99), u=(0.9949, 0.005, 0.0001)),
            Field(
                "representative",
                Kind.NAME,
                m=(0.02, 0.01, 0.01, 0.96),
                u=(0.985, 0.0135, 0.001, 0.0005),
            ),
            Field("phone", Kind.EXACT, m=(0.1, 0.9), u=(0.99998, 0.00002)),
            Field("address_code", Kind.ADDRESS, m=(0.05, 0.05, 0.9), u=(0.989, 0.01, 0.001)),
        ),
        blocks=(("name",), ("phone",), ("representative", "founded_on")),
        prior_bits=-12.0,
        link_from_bits=6.0,
        review_from_bits=0.0,
    )


def field_names(fields: Sequence[Field]) -> list[str]:
    return [field.name for field in fields]
