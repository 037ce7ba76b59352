"""What each department sends about the generated district, and the answers to it."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from fangge.engine.place.coordinates import System, convert
from fangge.engine.synthesis.district import District, make_district
from fangge.engine.synthesis.noise import (
    RATES,
    Rates,
    blank_values,
    misspell_names,
    mistype_digits,
    write_addresses,
)
from fangge.engine.synthesis.people import PHONE_PREFIX, TODAY, People, make_people
from fangge.engine.synthesis.streets import Streets, make_streets

POLICE_COVERAGE, HEALTH_COVERAGE, VACANT_COVERAGE = 0.94, 0.9, 0.8
REGISTERED_ELSEWHERE = 0.22
ELSEWHERE = (
    "安徽省合肥市瑶海区长江东路{}号",
    "江苏省盐城市亭湖区解放南路{}号",
    "河南省周口市淮阳区城关镇大同街{}号",
    "苏州市吴中区木渎镇金山路{}号",
)
DAMAGES = ("name_missing", "date_impossible", "columns_missing", "bytes_undecodable")


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows as a department sends them; `damage` names what breaks a row, by row number."""

    source: str
    rows: pl.DataFrame
    damage: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generated:
    """A whole district: the truth, the extracts and the answers."""

    district: District
    addresses: pl.DataFrame
    police: Extract
    health: Extract
    housing: Extract
    market: Extract
    truth: pl.DataFrame
    counts: dict[str, int]


def generate_district(*, n_residents: int, seed: int, noise: str) -> Generated:
    """Generate a district and what its departments know of it; the same seed gives the same.

    Raises
    ------
    KeyError
        If `noise` is none of none, usual and hard.
    """
    rates = RATES[noise]
    rng = np.random.default_rng([seed, n_residents])
    district = make_district(n_residents=n_residents, rng=rng)
    streets = make_streets(district, rng=rng)
    people = make_people(streets, n_residents=n_residents, rng=rng)
    addresses, address_truth = _send_addresses(streets, rates, rng)
    police, police_truth = _send_police(people, streets, rates, rng)
    health, health_truth = _send_health(people, streets, rates, rng)
    housing, housing_truth = _send_housing(people, streets, rates, rng)
    market, market_truth = _send_market(people, streets, rates, rng)
    return Generated(
        district=district,
        addresses=addresses,
        police=police,
        health=health,
        housing=housing,
        market=market,
        truth=pl.concat(
            [address_truth, police_truth, health_truth, housing_truth, market_truth],
            how="diagonal",
        ),
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


def _send_addresses(
    streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the register itself; a few rooms come in another coordinate system, or turned round."""
    rows = streets.addresses
    wrong = (rng.random(rows.height) < rates.coordinates_wrong) & (
        rows["level"] == "room"
    ).to_numpy()
    turned = wrong & (rng.random(rows.height) < 0.5)
    points = rows.select("lon", "lat").to_numpy()
    shifted = convert(points, System.CGCS2000, System.GCJ02)
    points = np.where(turned[:, None], points[:, ::-1], np.where(wrong[:, None], shifted, points))
    sent = rows.with_columns(
        lon=pl.Series(np.round(points[:, 0], 7)),
        lat=pl.Series(np.round(points[:, 1], 7)),
        starts_on=pl.lit(date(2020, 1, 1)),
    )
    truth = _answer(
        "addresses",
        "address",
        rows["code"],
        pl.Series(turned),
        noise={"coordinates_wrong": pl.Series(wrong)},
    )
    return sent, truth


def _send_police(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    persons = _sample(people.residents, POLICE_COVERAGE, rates, rng)
    persons, spoilt = _spoil_persons(persons, rates, rng)
    moved = pl.Series(rng.random(persons.height) < rates.moved)
    lives = _elsewhere_in(persons["home"], moved, streets, rng)
    texts, noise = write_addresses(streets.rooms[lives], rates, rng)
    at_home = rng.random(persons.height)
    away = at_home < REGISTERED_ELSEWHERE
    registered, _ = write_addresses(streets.rooms[lives], RATES["none"], rng)
    outside = _write_outside(persons.height, rng)
    registered_text = pl.select(
        pl.when(pl.Series(away)).then(outside).otherwise(registered["text"])
    ).to_series()
    updated = _draw_dates(persons.height, 1200, rng)
    rows = pl.DataFrame(
        {
            "人员编号": [f"P{n:09d}" for n in range(1, persons.height + 1)],
            "姓名": persons["name"],
            "性别": persons["sex"].replace({"1": "男", "2": "女"}),
            "民族": pl.repeat("汉族", persons.height, eager=True),
            "出生日期": persons["birth_text"],
            "公民身份号码": persons["identifier"],
            "联系电话": persons["phone"],
            "户籍地址": registered_text,
            "现住址": texts["text"],
            "户号": pl.select(pl.format("H{}", persons["household"])).to_series(),
            "与户主关系": persons["relation"],
            "登记日期": updated,
        }
    )
    extract, broken = _damage(
        Extract("police_population", rows), rates, rng, is_csv=True, date_column="出生日期"
    )
    swapped = pl.Series(rng.random(persons.height) < rates.fields_swapped)
    extract = _swap(extract, swapped, "姓名", "公民身份号码")
    truth = _answer(
        "police_population",
        "holder",
        persons["person"],
        broken | (swapped & persons["identifier"].is_not_null()),
        text=texts,
        column="现住址",
        noise={**spoilt, "moved": moved, **{n.name: n for n in noise}},
    )
    return extract, truth


def _send_health(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    persons = _sample(people.residents, HEALTH_COVERAGE, rates, rng)
    persons, spoilt = _spoil_persons(persons, rates, rng)
    texts, noise = write_addresses(streets.rooms[persons["home"]], rates, rng)
    rows = pl.DataFrame(
        {
            "person_no": [f"W{n:09d}" for n in range(1, persons.height + 1)],
            "xm": persons["name"],
            "xb": persons["sex"],
            "csrq": persons["birth_text"],
            "zjhm": persons["identifier"],
            "lxdh": persons["phone"],
            "dz": texts["text"],
            "sqmc": streets.rooms["community"].gather(persons["home"]),
            "gxsj": _draw_dates(persons.height, 600, rng),
        }
    )
    extract, broken = _damage(
        Extract("health_population", rows),
        rates,
        rng,
        is_csv=False,
        date_column="csrq",
        name_column="xm",
    )
    truth = _answer(
        "health_population",
        "holder",
        persons["person"],
        broken,
        text=texts,
        column="dz",
        noise={**spoilt, **{n.name: n for n in noise}},
    )
    return extract, truth


def _send_housing(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    lived = people.households
    vacant = np.setdiff1d(np.arange(streets.rooms.height), lived["home"].to_numpy())
    vacant = vacant[rng.random(vacant.size) < VACANT_COVERAGE]
    owners = rng.integers(0, people.residents.height, vacant.size)
    homes = np.concatenate([lived["home"].to_numpy(), vacant])
    owner = np.concatenate([lived["owner"].to_numpy(), owners])
    heads = np.searchsorted(people.residents["household"].to_numpy(), lived["household"].to_numpy())
    is_let = np.concatenate([lived["is_let"].to_numpy(), np.zeros(vacant.size, bool)])
    tenant = np.concatenate([heads, np.zeros(vacant.size, np.int64)])
    texts, noise = write_addresses(streets.rooms[homes], rates, rng)
    owners_seen, _ = _spoil_persons(people.residents[owner], rates, rng)
    tenants_seen, _ = _spoil_persons(people.residents[tenant], rates, rng)
    let = pl.Series(is_let)
    starts = _draw_dates(homes.size, 900, rng)

    def when_let(values: pl.Series) -> pl.Series:
        return pl.select(pl.when(let).then(values)).to_series()

    state = np.where(
        is_let, "已出租", np.where(np.arange(homes.size) < lived.height, "自住", "空置")
    )
    rows = pl.DataFrame(
        {
            "房屋编号": [f"F{n:09d}" for n in range(1, homes.size + 1)],
            "房屋地址": texts["text"],
            "建筑面积": pl.Series(np.round(rng.gamma(9, 10, homes.size) + 18, 1)).cast(pl.String),
            "房屋用途": np.where(rng.random(homes.size) < 0.97, "住宅", "商住"),
            "产权人": owners_seen["name"],
            "产权人证件号码": owners_seen["identifier"],
            "租赁状态": state,
            "承租人姓名": when_let(tenants_seen["name"]),
            "承租人证件号码": when_let(tenants_seen["identifier"]),
            "承租人电话": when_let(tenants_seen["phone"]),
            "起租日期": when_let(starts),
            "止租日期": pl.repeat(None, homes.size, dtype=pl.String, eager=True),
        }
    )
    extract, broken = _damage(
        Extract("housing_dwellings", rows),
        rates,
        rng,
        is_csv=False,
        date_column="起租日期",
        name_column="房屋地址",
    )
    spoilt = {n.name: n for n in noise}
    codes = streets.rooms["address_code"].gather(homes)
    truth = [
        _answer(
            "housing_dwellings",
            "dwelling",
            codes,
            broken,
            text=texts,
            column="房屋地址",
            noise=spoilt,
        ),
        _answer("housing_dwellings", "owner", owners_seen["person"], broken),
        _answer("housing_dwellings", "tenant", tenants_seen["person"], broken).filter(let),
    ]
    return extract, pl.concat(truth, how="diagonal")


def _send_market(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    firms = _sample(people.organisations, 1.0, rates, rng)
    texts, noise = write_addresses(streets.shops[firms["shop"]], rates, rng)
    rows = pl.DataFrame(
        {
            "统一社会信用代码": blank_values(
                firms["credit_code"], rates.identifier_missing / 2, rng
            ),
            "单位名称": misspell_names(firms["name"], rates.name_misspelt / 2, rng),
            "单位类型": firms["kind"],
            "法定代表人": firms["representative"],
            "经营地址": texts["text"],
            "联系电话": blank_values(firms["phone"], rates.phone_missing, rng),
            "成立日期": firms["founded_on"].dt.strftime("%Y-%m-%d"),
            "登记状态": firms["closed_on"]
            .is_null()
            .replace_strict({True: "存续", False: "注销"}, return_dtype=pl.String),
            "注销日期": firms["closed_on"].dt.strftime("%Y-%m-%d"),
        }
    )
    extract, broken = _damage(
        Extract("market_organisations", rows),
        rates,
        rng,
        is_csv=True,
        date_column="成立日期",
        name_column="单位名称",
        has_bytes=False,
    )
    truth = _answer(
        "market_organisations",
        "organisation",
        firms["organisation"],
        broken,
        text=texts,
        column="经营地址",
        noise={n.name: n for n in noise},
    )
    return extract, truth


def _sample(
    subjects: pl.DataFrame, coverage: float, rates: Rates, rng: np.random.Generator
) -> pl.DataFrame:
    """Take those whom a source knows, some of them twice, in the source's own order."""
    known = np.flatnonzero(rng.random(subjects.height) < coverage)
    twice = known[rng.random(known.size) < rates.duplicated]
    return subjects[rng.permutation(np.concatenate([known, twice]))]


def _spoil_persons(
    persons: pl.DataFrame, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    births = persons["birth_on"].dt.strftime("%Y%m%d")
    births = mistype_births(births, rates.birth_mistyped, rng)
    other = pl.Series([f"{PHONE_PREFIX}{n:09d}" for n in rng.integers(0, 10**9, persons.height)])
    changed = pl.Series(rng.random(persons.height) < rates.phone_changed)
    phones = pl.select(
        pl.when(changed & persons["phone"].is_not_null()).then(other).otherwise(persons["phone"])
    ).to_series()
    spoilt = persons.with_columns(
        name=misspell_names(persons["name"], rates.name_misspelt, rng),
        identifier=blank_values(
            mistype_digits(persons["identifier"], rates.identifier_mistyped, rng),
            rates.identifier_missing,
            rng,
        ),
        phone=blank_values(phones, rates.phone_missing, rng),
        birth_text=births.str.slice(0, 4)
        + "-"
        + births.str.slice(4, 2)
        + "-"
        + births.str.slice(6, 2),
    )
    return spoilt, {
        "identifier_missing": spoilt["identifier"].is_null(),
        "identifier_mistyped": (spoilt["identifier"] != persons["identifier"]).fill_null(
            value=False
        ),
        "name_misspelt": spoilt["name"] != persons["name"],
        "phone_changed": changed,
    }


def mistype_births(births: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Turn day and month round where that gives a date, and else take the day for the first."""
    chosen = pl.Series(rng.random(births.len()) < rate)
    year, month, day = births.str.slice(0, 4), births.str.slice(4, 2), births.str.slice(6, 2)
    turned = pl.select(
        pl.when(day.cast(pl.Int64) <= 12).then(year + day + month).otherwise(year + month + "01")
    ).to_series()
    return births.zip_with(~chosen, turned)


def _elsewhere_in(
    homes: pl.Series, moved: pl.Series, streets: Streets, rng: np.random.Generator
) -> pl.Series:
    """Give the room a source still thinks a person lives in."""
    former = pl.Series(rng.integers(0, streets.rooms.height, homes.len()))
    return homes.zip_with(~moved, former)


def _write_outside(n_rows: int, rng: np.random.Generator) -> pl.Series:
    forms = rng.integers(0, len(ELSEWHERE), n_rows)
    return pl.Series(
        [ELSEWHERE[f].format(n) for f, n in zip(forms, rng.integers(1, 400, n_rows), strict=True)]
    )


def _draw_dates(n_rows: int, n_days: int, rng: np.random.Generator) -> pl.Series:
    days = np.datetime64(TODAY) - rng.integers(0, n_days, n_rows).astype("timedelta64[D]")
    return pl.Series(days.astype("datetime64[D]")).dt.strftime("%Y-%m-%d")


def _damage(
    extract: Extract,
    rates: Rates,
    rng: np.random.Generator,
    *,
    is_csv: bool,
    date_column: str,
    name_column: str = "姓名",
    has_bytes: bool = True,
) -> tuple[Extract, pl.Series]:
    """Break some rows so that no sane reader takes them."""
    n_rows = extract.rows.height
    chosen = np.flatnonzero(rng.random(n_rows) < rates.broken)
    n_kinds = (4 if has_bytes else 3) if is_csv else 2
    kinds = [DAMAGES[k] for k in rng.integers(0, n_kinds, chosen.size)]
    damage = {int(row) + 1: kind for row, kind in zip(chosen, kinds, strict=True)}
    rows = extract.rows
    for column, kind, value in (
        (name_column, "name_missing", None),
        (date_column, "date_impossible", "1985-02-30"),
    ):
        at = [row - 1 for row, k in damage.items() if k == kind]
        if at:
            rows = rows.with_columns(rows[column].scatter(at, value))
    broken = np.zeros(n_rows, dtype=bool)
    broken[chosen] = True
    return Extract(extract.source, rows, damage), pl.Series(broken)


def _swap(extract: Extract, swapped: pl.Series, left: str, right: str) -> Extract:
    both = swapped & extract.rows[right].is_not_null()
    rows = extract.rows.with_columns(
        extract.rows[left].zip_with(~both, extract.rows[right]).alias(left),
        extract.rows[right].zip_with(~both, extract.rows[left]).alias(right),
    )
    return Extract(extract.source, rows, extract.damage)


def _answer(
    source: str,
    role: str,
    subject: pl.Series,
    broken: pl.Series,
    *,
    text: pl.DataFrame | None = None,
    column: str | None = None,
    noise: dict[str, pl.Series] | None = None,
) -> pl.DataFrame:
    """Write the answers for one role of a source's rows."""
    kinds = [
        pl.select(pl.when(touched).then(pl.lit(name))).to_series().alias(name)
        for name, touched in (noise or {}).items()
    ]
    listed = (
        pl.DataFrame(kinds).select(pl.concat_list(pl.all()).list.drop_nulls()).to_series()
        if kinds
        else pl.Series([[]] * subject.len(), dtype=pl.List(pl.String))
    )
    return pl.DataFrame(
        {
            "source": pl.repeat(source, subject.len(), eager=True),
            "row_no": pl.int_range(1, subject.len() + 1, eager=True),
            "role": pl.repeat(role, subject.len(), eager=True),
            "subject": subject.cast(pl.String),
            "address_column": pl.repeat(column, subject.len(), dtype=pl.String, eager=True),
            "address_text": pl.repeat(None, subject.len(), dtype=pl.String, eager=True)
            if text is None
            else text["text"],
            "address_code": pl.repeat(None, subject.len(), dtype=pl.String, eager=True)
            if text is None
            else text["code"],
            "noise": listed,
            "broken": broken,
        }
    )
