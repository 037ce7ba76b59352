"""The generated district's residents, in households with plausible ages: no person is real."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fangge.engine.synthesis.district import PEOPLE_A_HOUSEHOLD
from fangge.engine.synthesis.identifiers import make_identifiers, make_phones
from fangge.engine.synthesis.names import draw_given_names, draw_odd_names, draw_surnames
from fangge.engine.synthesis.organisations import make_organisations
from fangge.engine.synthesis.streets import Streets

TODAY = date(2026, 6, 30)
DAYS_A_YEAR = 365.25
ADULT_YEARS, MARRIED_YEARS, OLDEST_YEARS = 18, 22, 101
LET_SHARE, PHONE_SHARE, MEN_AT_THE_HEAD, MEN_SHARE = 0.18, 0.93, 0.62, 0.515
SPOUSES_APART_YEARS, SPOUSES_APART_MOST = 2.8, 6.0
# Share of each kind of household, and relation, least and most age of its members; the age of
# children and parents is told by how much older than the head they are.
KINDS: tuple[tuple[float, tuple[tuple[str, int, int], ...]], ...] = (
    (0.10, (("户主", 65, 92),)),
    (0.04, (("户主", 45, 65),)),
    (0.09, (("户主", 22, 40),)),
    (0.12, (("户主", 60, 86), ("配偶", 0, 0))),
    (0.12, (("户主", 46, 62), ("配偶", 0, 0))),
    (0.06, (("户主", 25, 36), ("配偶", 0, 0))),
    (0.19, (("户主", 29, 57), ("配偶", 0, 0), ("子女", -31, -25))),
    (0.08, (("户主", 33, 48), ("配偶", 0, 0), ("子女", -29, -24), ("子女", -35, -31))),
    (
        0.09,
        (("户主", 34, 52), ("配偶", 0, 0), ("子女", -31, -25), ("父母", 24, 29), ("父母", 25, 31)),
    ),
    (0.03, (("户主", 30, 55), ("子女", -29, -23))),
    (0.05, (("户主", 20, 38), ("合租", 20, 38), ("合租", 20, 38))),
)
PEOPLES = ("汉族", "回族", "满族", "土家族", "苗族", "壮族")
PEOPLES_SHARES = (0.982, 0.006, 0.004, 0.004, 0.002, 0.002)


@dataclass(frozen=True, slots=True)
class People:
    """Tables of who lives and who trades where."""

    # person, household, relation, sex, birth_on, is_adult, name, people, identifier, phone, home
    residents: pl.DataFrame
    households: pl.DataFrame  # household, home (row of rooms), is_let, owner (person)
    organisations: pl.DataFrame  # organisation, name, kind, credit_code, ..., shop (row of shops)


def make_people(streets: Streets, *, n_residents: int, rng: np.random.Generator) -> People:
    """Settle residents in households, and organisations where they trade.

    Parameters
    ----------
    streets : Streets
        More rooms than households: a share stays vacant.
    n_residents : int
        Residents to make, exactly.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    People
        Residents in the order of their households, the head first.
    """
    residents = _make_residents(n_residents, rng)
    household = residents["household"].to_numpy()
    n_households = int(household[-1]) + 1
    homes = np.sort(rng.choice(streets.rooms.height, n_households, replace=False))
    is_let = rng.random(n_households) < LET_SHARE
    is_let[household[(residents["relation"] == "合租").to_numpy()]] = True
    heads = np.searchsorted(household, np.arange(n_households))
    adults = np.flatnonzero(residents["is_adult"].to_numpy())
    landlords = adults[rng.integers(0, adults.size, n_households)]
    return People(
        residents=residents.with_columns(home=pl.Series(homes[household])),
        households=pl.DataFrame(
            {
                "household": np.arange(n_households),
                "home": homes,
                "is_let": is_let,
                "owner": np.where(is_let, landlords, heads),
            }
        ),
        organisations=make_organisations(streets, today=TODAY, n_residents=n_residents, rng=rng),
    )


def _make_residents(n_residents: int, rng: np.random.Generator) -> pl.DataFrame:
    household, row = _draw_households(n_residents, rng)
    members = [member for _, members in KINDS for member in members]
    relation = np.array([name for name, _, _ in members])[row]
    head = np.searchsorted(household, household)
    is_male = _draw_sexes(relation, head, rng)
    days = _draw_ages(relation, head, np.array([span for _, *span in members])[row], rng)
    birth = np.datetime64(TODAY) - days.astype("timedelta64[D]")
    is_adult = days > ADULT_YEARS * DAYS_A_YEAR
    frame = pl.DataFrame(
        {
            "person": np.arange(household.size),
            "household": household,
            "relation": relation,
            "sex": np.where(is_male, "1", "2"),
            "birth_on": birth.astype("datetime64[D]"),
            "is_adult": is_adult,
        }
    )
    name, people = _draw_names(relation, head, is_male, frame["birth_on"], rng)
    has_phone = pl.Series(is_adult & (rng.random(household.size) < PHONE_SHARE))
    return frame.with_columns(
        name=name,
        people=people,
        identifier=make_identifiers(frame["birth_on"], is_male),
        phone=pl.select(pl.when(has_phone).then(make_phones(household.size, rng))).to_series(),
    )


def _draw_households(n_residents: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw households until the residents are all in one; give each its member's row in KINDS."""
    # More are drawn than needed and cut off where the residents are as many as asked.
    n_drawn = max(2, round(1.1 * n_residents / PEOPLE_A_HOUSEHOLD) + 9)
    shares = np.array([share for share, _ in KINDS])
    sizes = np.array([len(members) for _, members in KINDS])
    kind = rng.choice(len(KINDS), n_drawn, p=shares / shares.sum())
    household = np.repeat(np.arange(n_drawn), sizes[kind])[:n_residents]
    member = np.arange(household.size) - np.searchsorted(household, household)
    first = np.cumsum(sizes) - sizes
    return household, first[kind[household]] + member


def _draw_ages(
    relation: np.ndarray, head: np.ndarray, spans: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw ages in days, so that couples are near in age and parents are old enough."""
    low, high = spans[:, 0], spans[:, 1]
    drawn = low + (high - low) * rng.random(relation.size)
    heads = drawn[head]
    apart = rng.normal(0, SPOUSES_APART_YEARS, relation.size)
    apart = apart.clip(-SPOUSES_APART_MOST, SPOUSES_APART_MOST)
    years = np.select(
        [relation == "配偶", np.isin(relation, ["子女", "父母"])],
        [np.maximum(heads + apart, MARRIED_YEARS), heads + drawn],
        drawn,
    )
    # A child that would not yet be born is a small one instead.
    small = rng.uniform(0.1, 2.5, relation.size)
    years = np.where((relation == "子女") & (years < small), small, years)
    return (np.minimum(years, OLDEST_YEARS) * DAYS_A_YEAR).astype(np.int64)


def _draw_sexes(relation: np.ndarray, head: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw who is a man; couples, and the two parents of a head, are a man and a woman."""
    chance = rng.random(relation.size)
    at_the_head = (chance < MEN_AT_THE_HEAD)[head]
    parents = relation == "父母"
    mother = np.r_[False, parents[1:] & parents[:-1] & (head[1:] == head[:-1])]
    return np.select(
        [relation == "户主", relation == "配偶", parents],
        [at_the_head, ~at_the_head, ~mother],
        chance < MEN_SHARE,
    )


def _draw_names(
    relation: np.ndarray,
    head: np.ndarray,
    is_male: np.ndarray,
    birth_on: pl.Series,
    rng: np.random.Generator,
) -> tuple[pl.Series, pl.Series]:
    """Give names and peoples; a child and a head have the surname of their father at home."""
    n_people = relation.size
    # The spouse, where there is one, follows the head.
    after = np.minimum(head + 1, n_people - 1)
    father = np.where(is_male[head] | (relation[after] != "配偶"), head, after)
    own = np.arange(n_people)
    grandfather = (relation == "父母") & is_male
    giver = np.select([relation == "子女", grandfather], [father, head], own)
    surname = draw_surnames(n_people, rng).gather(giver)
    given = draw_given_names(is_male, birth_on.dt.year().to_numpy(), rng)
    odd, people = draw_odd_names(is_male, rng)
    # Families with children at home keep to one kind of name.
    grown = pl.Series(
        np.isin(relation, ["户主", "合租"]) & ~np.isin(relation[after], ["配偶", "子女"])
    )
    names = pl.select(pl.when(grown & odd.is_not_null()).then(odd).otherwise(surname + given))
    usual = pl.Series(PEOPLES).gather(rng.choice(len(PEOPLES), n_people, p=PEOPLES_SHARES))
    peoples = pl.select(pl.when(grown & odd.is_not_null()).then(people).otherwise(usual))
    return names.to_series(), peoples.to_series()
