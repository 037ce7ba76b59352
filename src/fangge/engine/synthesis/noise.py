"""How departments spoil what they send: each kind of noise with its own rate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of rows, or of values, that each kind of noise touches (0 to 1)."""

    identifier_missing: float = 0.0
    identifier_mistyped: float = 0.0
    name_misspelt: float = 0.0
    phone_missing: float = 0.0
    phone_changed: float = 0.0
    birth_mistyped: float = 0.0
    address_restyled: float = 0.0
    address_parts_missing: float = 0.0
    address_shortened: float = 0.0
    address_misspelt: float = 0.0
    address_aliased: float = 0.0
    address_appended: float = 0.0
    duplicated: float = 0.0
    moved: float = 0.0
    closure_unsaid: float = 0.0
    name_restyled: float = 0.0
    fields_swapped: float = 0.0
    broken: float = 0.0
    coordinates_wrong: float = 0.0


RATES: dict[str, Rates] = {
    "none": Rates(),
    "usual": Rates(
        identifier_missing=0.03,
        identifier_mistyped=0.008,
        name_misspelt=0.012,
        phone_missing=0.08,
        phone_changed=0.06,
        birth_mistyped=0.004,
        address_restyled=0.55,
        address_parts_missing=0.35,
        address_shortened=0.03,
        address_misspelt=0.015,
        address_aliased=0.1,
        address_appended=0.05,
        duplicated=0.01,
        moved=0.03,
        closure_unsaid=0.1,
        name_restyled=0.005,
        fields_swapped=0.001,
        broken=0.003,
        coordinates_wrong=0.0005,
    ),
    "hard": Rates(
        identifier_missing=0.15,
        identifier_mistyped=0.03,
        name_misspelt=0.05,
        phone_missing=0.25,
        phone_changed=0.15,
        birth_mistyped=0.02,
        address_restyled=0.8,
        address_parts_missing=0.6,
        address_shortened=0.08,
        address_misspelt=0.06,
        address_aliased=0.25,
        address_appended=0.15,
        duplicated=0.04,
        moved=0.08,
        closure_unsaid=0.3,
        name_restyled=0.02,
        fields_swapped=0.005,
        broken=0.01,
        coordinates_wrong=0.002,
    ),
}
