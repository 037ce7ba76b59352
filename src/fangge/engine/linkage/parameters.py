"""Fields, levels and odds, costs and thresholds; saved as JSON with a version."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from math import ceil, log2

FORMAT = 2
N_RECORDS = 2**21


class ParametersUnreadable(Exception):
    """The text holds no parameters of this version; estimate them anew."""


class Kind(StrEnum):
    """How values of a field are written as numbers, and how two of them are compared."""

    NAME = "name"
    FIRM = "firm"
    TEXT = "text"
    DATE = "date"
    ADDRESS = "address"
    ROOM = "room"
    EXACT = "exact"
    NUMBER = "number"
    CODE = "code"
    CREDIT_CODE = "credit_code"


N_LEVELS: dict[Kind, int] = {
    Kind.NAME: 4,
    Kind.FIRM: 4,
    Kind.TEXT: 4,
    Kind.DATE: 3,
    Kind.ADDRESS: 4,
    Kind.ROOM: 4,
    Kind.EXACT: 2,
    Kind.NUMBER: 2,
    Kind.CODE: 3,
    Kind.CREDIT_CODE: 3,
}


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
class Costs:
    """What a decision costs, in the unit of one review by a person."""

    wrong_link: float = 32.0
    missed_link: float = 2.0
    review: float = 1.0

    def thresholds_bits(self) -> tuple[float, float]:
        """Give the weights from which to link and from which to review.

        Linking costs (1 - p) wrong links, leaving p missed ones. A review pays where both cost
        more; where it never does, the two thresholds are one.
        """
        even = self.wrong_link / (self.wrong_link + self.missed_link)
        link_from = max(even, 1 - self.review / self.wrong_link)
        review_from = min(even, self.review / self.missed_link)
        return _as_bits(link_from), _as_bits(review_from)


def _as_bits(chance: float) -> float:
    return log2(chance / (1 - chance))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides which records are one subject."""

    identifier: str | None
    fields: tuple[Field, ...]
    blocks: tuple[tuple[str, ...], ...]
    """Columns of prepared records; records that agree on all of a block's are compared."""
    prior_bits: float
    """Odds of a pair taken at random, among `n_records` records."""
    n_records: int
    costs: Costs = Costs()
    largest_block: int = 60
    lone_field: str | None = None
    """The name by which a record that says nothing else may join the only subject that has it."""
    lone_bits: float | None = None
    """Odds that such a subject is among the others at all; missing means measured from them."""

    @property
    def link_from_bits(self) -> float:
        return self.costs.thresholds_bits()[0]

    @property
    def review_from_bits(self) -> float:
        return self.costs.thresholds_bits()[1]

    def as_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False)


def read_parameters(text: str) -> Parameters:
    """Read what `as_json` wrote, or raise `ParametersUnreadable`."""
    try:
        held = json.loads(text)
        if held.pop("format") != FORMAT:
            raise ParametersUnreadable(f"The parameters are not of format {FORMAT}.")
        fields = tuple(
            Field(
                **{
                    **field,
                    "kind": Kind(field["kind"]),
                    "m": tuple(field["m"]),
                    "u": tuple(field["u"]),
                }
            )
            for field in held.pop("fields")
        )
        blocks = tuple(tuple(block) for block in held.pop("blocks"))
        costs = Costs(**held.pop("costs"))
        return Parameters(fields=fields, blocks=blocks, costs=costs, **held)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParametersUnreadable(f"These are no parameters: {error}") from error


def rescale_prior(parameters: Parameters, n_records: int) -> Parameters:
    """Fit the prior to a number of records, counted in powers of two.

    A subject has as many records in a large table as in a small one, but among more others: twice
    the records halve the odds. Powers of two keep weights the same while a table grows a little.
    """
    size = 2 ** ceil(log2(max(2, n_records)))
    shift = log2(size / parameters.n_records)
    return replace(parameters, prior_bits=parameters.prior_bits - shift, n_records=size)


def resident_parameters() -> Parameters:
    """Give the parameters for residents, between what is learnt from usual and from hard noise."""
    return Parameters(
        identifier="identifier",
        fields=(
            Field(
                "name",
                Kind.NAME,
                m=(0.001, 0.004, 0.05, 0.945),
                u=(0.9981, 0.00186, 0.00002, 0.00002),
                counts_rarity=True,
            ),
            Field("identifier", Kind.CODE, m=(0.01, 0.89, 0.1), u=(0.9999998, 1e-7, 1e-7)),
            Field("birth_on", Kind.DATE, m=(0.001, 0.015, 0.984), u=(0.99566, 0.0043, 0.00004)),
            Field("sex", Kind.EXACT, m=(0.001, 0.999), u=(0.5, 0.5)),
            Field("phone", Kind.NUMBER, m=(0.2, 0.8), u=(0.9999995, 5e-7)),
            Field(
                "address_code",
                Kind.ADDRESS,
                m=(0.12, 0.002, 0.118, 0.76),
                u=(0.999929, 0.00006, 0.000009, 0.000002),
            ),
        ),
        blocks=(
            ("name_sound", "birth_on"),
            ("phone",),
            ("birth_on", "address_code"),
            ("address_code",),
            ("name_sound", "address_code_site"),
            ("name_sound", "identifier_front"),
            ("name_sound", "identifier_back"),
            ("identifier_back",),
        ),
        prior_bits=-20.3,
        n_records=N_RECORDS,
        lone_field="name",
    )


def organisation_parameters() -> Parameters:
    """Give the parameters for organisations."""
    return Parameters(
        identifier="credit_code",
        fields=(
            Field(
                "name",
                Kind.FIRM,
                m=(0.002, 0.018, 0.02, 0.96),
                u=(0.997, 0.002, 0.0005, 0.0005),
                counts_rarity=True,
            ),
            Field(
                "credit_code",
                Kind.CREDIT_CODE,
                m=(0.01, 0.24, 0.75),
                u=(0.9999988, 0.000001, 0.0000002),
            ),
            Field("founded_on", Kind.DATE, m=(0.002, 0.008, 0.99), u=(0.9958, 0.0041, 0.0001)),
            Field(
                "representative",
                Kind.NAME,
                m=(0.02, 0.01, 0.01, 0.96),
                u=(0.98, 0.0199, 0.00005, 0.00005),
            ),
            Field("phone", Kind.NUMBER, m=(0.1, 0.9), u=(0.999995, 0.000005)),
            Field(
                "address_code",
                Kind.ADDRESS,
                m=(0.05, 0.05, 0.05, 0.85),
                u=(0.9984, 0.001, 0.0004, 0.0002),
            ),
        ),
        blocks=(
            ("name",),
            ("phone",),
            ("representative", "founded_on"),
            ("name_sound", "address_code_site"),
            ("representative_sound", "address_code"),
            ("credit_code_front", "name_sound"),
            ("credit_code_back",),
        ),
        prior_bits=-20.0,
        n_records=N_RECORDS,
    )


def dwelling_parameters() -> Parameters:
    """Give the parameters for dwellings: one at each room of a standard address.

    An address that stops before the room is joined by the dwelling's number, area and use.
    """
    return Parameters(
        identifier="address_code",
        fields=(
            Field(
                "address_code",
                Kind.ROOM,
                m=(0.02, 0.01, 0.17, 0.8),
                u=(0.99992, 0.00006, 0.000018, 0.000002),
            ),
            Field("number", Kind.EXACT, m=(0.05, 0.95), u=(0.999999, 0.000001)),
            Field("floor_area_m2", Kind.EXACT, m=(0.1, 0.9), u=(0.998, 0.002)),
            Field("use", Kind.EXACT, m=(0.05, 0.95), u=(0.06, 0.94)),
        ),
        blocks=(
            ("number",),
            ("address_code_unit", "floor_area_m2"),
            ("address_code_site", "floor_area_m2"),
        ),
        prior_bits=-20.0,
        n_records=N_RECORDS,
    )


def tenancy_parameters() -> Parameters:
    """Give the parameters for tenancies: one tenant in one dwelling from one day.

    Tenant and dwelling are entries that were linked before, by number; only days are misread.
    """
    return Parameters(
        identifier=None,
        fields=(
            Field("tenant", Kind.EXACT, m=(0.001, 0.999), u=(0.999999, 0.000001)),
            Field("dwelling", Kind.EXACT, m=(0.001, 0.999), u=(0.999999, 0.000001)),
            # One tenant may come back: another day altogether is another tenancy, whatever agrees.
            Field("starts_on", Kind.DATE, m=(1e-12, 0.05, 0.95), u=(0.965, 0.034, 0.001)),
        ),
        blocks=(("tenant", "dwelling"),),
        prior_bits=-31.0,
        n_records=N_RECORDS,
    )


def febrl_parameters() -> Parameters:
    """Give the parameters for FEBRL's sets of English names and Australian addresses.

    They have no deciding identifier, and nobody reviews: either mistake costs about the same.
    """
    name = (0.1, 0.06, 0.06, 0.78), (0.9935, 0.0025, 0.001, 0.003)
    place = (0.2, 0.08, 0.12, 0.6), (0.992, 0.005, 0.001, 0.002)
    number = (0.03, 0.02, 0.1, 0.85), (0.99, 0.0097, 0.00029, 0.00001)
    return Parameters(
        identifier=None,
        fields=(
            *(Field(each, Kind.TEXT, *name) for each in ("first_name", "second_name")),
            Field("soc_sec_id", Kind.TEXT, *number),
            Field("date_of_birth", Kind.TEXT, number[0], (0.96, 0.035, 0.0048, 0.0002)),
            Field("postcode", Kind.TEXT, number[0], (0.95, 0.035, 0.0135, 0.0015)),
            *(Field(each, Kind.TEXT, *place) for each in ("address_1", "address_2", "suburb")),
            Field("street_number", Kind.EXACT, m=(0.25, 0.75), u=(0.98, 0.02)),
        ),
        blocks=(
            ("soc_sec_id",),
            *(("date_of_birth", other) for other in FEBRL_BESIDE_BIRTH),
            ("first_name", "second_name"),
            *(
                (which, place)
                for which in ("first_name", "second_name")
                for place in ("suburb", "postcode", "street_number")
            ),
            *(("address_1", place) for place in ("street_number", "suburb", "postcode")),
            *(("address_2", place) for place in ("suburb", "postcode")),
            *(("street_number", place) for place in ("suburb", "postcode")),
            ("suburb", "postcode"),
        ),
        prior_bits=-12.5,
        n_records=2**13,
        costs=Costs(wrong_link=1.5, missed_link=1.0, review=10.0),
        largest_block=200,
    )


FEBRL_BESIDE_BIRTH = ("first_name", "second_name", "postcode", "suburb", "street_number")
