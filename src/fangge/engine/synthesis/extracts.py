"""A whole generated district: the truth, what departments send of it, and the answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fangge.engine.place.coordinates import System, convert
from fangge.engine.synthesis.agreements import send_agreements
from fangge.engine.synthesis.breakage import Extract
from fangge.engine.synthesis.departments import (
    send_health,
    send_housing,
    send_market,
    send_police,
)
from fangge.engine.synthesis.district import District, make_district
from fangge.engine.synthesis.noise import RATES, Rates
from fangge.engine.synthesis.people import People, make_people
from fangge.engine.synthesis.streets import Streets, make_streets
from fangge.engine.synthesis.truth import answer_rows

STARTS_ON = date(2020, 1, 1)
STAGES = ("district", "people", "police", "health", "housing", "market", "agreements")


@dataclass(frozen=True, slots=True)
class Generated:
    """A whole district: the truth, the extracts and the answers."""

    district: District
    addresses: pl.DataFrame
    police: Extract
    health: Extract
    housing: Extract
    market: Extract
    agreements: Extract
    truth: pl.DataFrame
    subjects: pl.DataFrame  # kind, subject, and what is true of it
    counts: dict[str, int]


def generate_district(
    *, n_residents: int, seed: int, noise: str, tell: Callable[[str], None] | None = None
) -> Generated:
    """Generate a district and what its departments know of it; the same seed gives the same.

    Parameters
    ----------
    n_residents : int
        People in the district.
    seed : int
        Each stage has a stream of chance of its own, so that the same people live in the same
        rooms whatever the noise.
    noise : {'none', 'usual', 'hard'}
        How badly the extracts are spoilt.
    tell : callable, optional
        Is told each of `STAGES` when it is done.

    Raises
    ------
    KeyError
        If `noise` is none of none, usual and hard.

    Notes
    -----
    Time and memory grow with the residents: two to three gigabytes for a million.
    """
    rates = RATES[noise]
    tell = tell or (lambda _stage: None)
    chance = iter(np.random.default_rng([seed, n_residents]).spawn(9))
    district = make_district(n_residents=n_residents, rng=next(chance))
    streets = make_streets(district, rng=next(chance))
    addresses, address_answers = _send_addresses(streets, rates, next(chance))
    tell("district")
    people = make_people(streets, n_residents=n_residents, rng=next(chance))
    tell("people")
    sent = []
    for stage, send in (("police", send_police), ("health", send_health)):
        sent.append(send(people, streets, rates, next(chance)))
        tell(stage)
    extract, answers, let = send_housing(people, streets, rates, next(chance))
    sent.append((extract, answers))
    tell("housing")
    sent.append(send_market(people, streets, rates, next(chance)))
    tell("market")
    sent.append(send_agreements(people, streets, let, rates, next(chance)))
    tell("agreements")
    police, health, housing, market, agreements = (extract for extract, _ in sent)
    return Generated(
        district=district,
        addresses=addresses,
        police=police,
        health=health,
        housing=housing,
        market=market,
        agreements=agreements,
        truth=pl.concat([address_answers, *(answers for _, answers in sent)]),
        subjects=_list_subjects(people, streets),
        counts={
            "areas": district.areas.height,
            "grids": district.grids.height,
            "addresses": addresses.height,
            "rooms": streets.rooms.height,
            "residents": people.residents.height,
            "households": people.households.height,
            "organisations": people.organisations.height,
        },
    )


def _list_subjects(people: People, streets: Streets) -> pl.DataFrame:
    """List what is true of each resident and organisation."""
    residents, firms = people.residents, people.organisations
    return pl.concat(
        [
            residents.select(
                pl.lit("residents").alias("kind"),
                pl.col("person").cast(pl.String).alias("subject"),
                "name",
                "sex",
                "birth_on",
                "identifier",
                "phone",
            ).with_columns(address_code=streets.rooms["address_code"].gather(residents["home"])),
            firms.select(
                pl.lit("organisations").alias("kind"),
                pl.col("organisation").cast(pl.String).alias("subject"),
                "name",
                "credit_code",
                "representative",
                "founded_on",
                "phone",
            ),
        ],
        how="diagonal",
    )


def _send_addresses(
    streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the register itself; a few rooms come in another coordinate system, or turned round.

    A point with longitude and latitude turned round lies nowhere near, so its row is broken; one
    in another system looks right and is some hundred metres off.
    """
    rows = streets.addresses
    kind = rng.choice(["gcj02", "bd09", "turned", "turned"], rows.height)
    wrong = rng.random(rows.height) < rates.coordinates_wrong
    at = np.flatnonzero(wrong & (rows["level"] == "room").to_numpy())
    points = rows.select("lon", "lat").to_numpy()
    spoilt = points[at]
    for name, moved in (
        ("gcj02", convert(spoilt, System.CGCS2000, System.GCJ02)),
        ("bd09", convert(spoilt, System.CGCS2000, System.BD09)),
        ("turned", spoilt[:, ::-1]),
    ):
        spoilt = np.where((kind[at] == name)[:, None], moved, spoilt)
    sent_points = points.copy()
    sent_points[at] = spoilt.round(7)
    touched, turned = np.zeros((2, rows.height), dtype=bool)
    touched[at], turned[at] = True, kind[at] == "turned"
    sent = rows.with_columns(
        lon=pl.Series(sent_points[:, 0]),
        lat=pl.Series(sent_points[:, 1]),
        starts_on=pl.lit(STARTS_ON),
    )
    return sent, answer_rows(
        ("addresses", "address"),
        rows["code"],
        broken=pl.Series(turned),
        noise={"coordinates_wrong": pl.Series(touched)},
    )
