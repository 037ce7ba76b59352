"""What each department sends about the district's people, dwellings and organisations."""

from datetime import date

import numpy as np
import polars as pl

from fangge.engine.synthesis.agreements import name_tenancies
from fangge.engine.synthesis.breakage import IN_LINES, Extract, break_rows, swap_values
from fangge.engine.synthesis.clerks import sample_known, spoil_people
from fangge.engine.synthesis.mistakes import blank_values, misspell_names
from fangge.engine.synthesis.noise import Rates
from fangge.engine.synthesis.people import TODAY, People
from fangge.engine.synthesis.streets import Streets
from fangge.engine.synthesis.truth import answer_rows
from fangge.engine.synthesis.writing import spell_in_full, write_addresses

POLICE_COVERAGE, HEALTH_COVERAGE, VACANT_COVERAGE = 0.94, 0.9, 0.8
REGISTERED_ELSEWHERE, HOME_ONLY, OPEN_ENDED = 0.22, 0.97, 0.4
ELSEWHERE = (
    "安徽省合肥市瑶海区长江东路",
    "江苏省盐城市亭湖区解放南路",
    "河南省周口市淮阳区城关镇大同街",
    "苏州市吴中区木渎镇金山路",
)
LAST_TENANCIES_END = date(2029, 6, 30)


def send_police(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    """Send the police's people: some have moved since, some names stand where numbers belong."""
    persons, twice = sample_known(people.residents, POLICE_COVERAGE, rates, rng)
    persons, spoilt = spoil_people(persons, rates, rng)
    moved = pl.Series(rng.random(persons.height) < rates.moved)
    former = pl.Series(rng.integers(0, streets.rooms.height, persons.height))
    homes = streets.rooms[persons["home"].zip_with(~moved, former)]
    texts, noise = write_addresses(homes, rates, rng)
    outside = pl.Series(ELSEWHERE).gather(rng.integers(0, len(ELSEWHERE), persons.height))
    outside += pl.Series(rng.integers(1, 400, persons.height)).cast(pl.String) + "号"
    is_local = pl.Series(rng.random(persons.height) >= REGISTERED_ELSEWHERE)
    rows = pl.DataFrame(
        {
            "人员编号": _number_rows("P", persons.height),
            "姓名": persons["name"],
            "性别": pl.Series(["男", "女"]).gather(persons["sex"].cast(pl.Int64) - 1),
            "民族": persons["people"],
            "出生日期": persons["birth_text"],
            "公民身份号码": persons["identifier"],
            "联系电话": persons["phone"],
            "户籍地址": spell_in_full(homes).zip_with(is_local, outside),
            "现住址": texts["text"],
            "户号": "H" + persons["household"].cast(pl.String),
            "与户主关系": persons["relation"],
            "登记日期": _draw_dates(persons.height, 1200, rng),
        }
    )
    rows, swapped = swap_values(rows, "姓名", "公民身份号码", rates.fields_swapped, rng)
    extract, breaks = break_rows(
        Extract("police_population", rows, required="姓名", dated="出生日期"),
        rates.broken,
        rng,
        in_lines=IN_LINES,
    )
    answers = answer_rows(
        (extract.source, "holder"),
        persons["person"],
        broken=_any_of(breaks) | swapped,
        noise={**twice, **spoilt, "moved": moved, "fields_swapped": swapped, **noise, **breaks},
        address=("现住址", texts),
    )
    return extract, answers


def send_health(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    """Send the clinics' people."""
    persons, twice = sample_known(people.residents, HEALTH_COVERAGE, rates, rng)
    persons, spoilt = spoil_people(persons, rates, rng)
    homes = streets.rooms[persons["home"]]
    texts, noise = write_addresses(homes, rates, rng)
    rows = pl.DataFrame(
        {
            "person_no": _number_rows("W", persons.height),
            "xm": persons["name"],
            "xb": persons["sex"],
            "csrq": persons["birth_text"],
            "zjhm": persons["identifier"],
            "lxdh": persons["phone"],
            "dz": texts["text"],
            "sqmc": homes["community"],
            "gxsj": _draw_dates(persons.height, 600, rng),
        }
    )
    extract, breaks = break_rows(
        Extract("health_population", rows, required="xm", dated="csrq"), rates.broken, rng
    )
    answers = answer_rows(
        (extract.source, "holder"),
        persons["person"],
        broken=_any_of(breaks),
        noise={**twice, **spoilt, **noise, **breaks},
        address=("dz", texts),
    )
    return extract, answers


def send_housing(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame, pl.DataFrame]:
    """Send the housing office's dwellings, let, lived in by their owners or vacant.

    Beside extract and answers comes what is true of those let: home, person, number, area, use,
    starts and ends.
    """
    dwellings = _list_dwellings(people, streets, rng)
    n_rows, let = dwellings.height, dwellings["state"] == "已出租"
    texts, noise = write_addresses(streets.rooms[dwellings["home"]], rates, rng)
    owners, owners_spoilt = spoil_people(people.residents[dwellings["owner"]], rates, rng)
    tenants, tenants_spoilt = spoil_people(people.residents[dwellings["tenant"]], rates, rng)
    open_ended = pl.Series(rng.random(n_rows) < OPEN_ENDED)
    ends = _draw_dates(n_rows, 900, rng, last=LAST_TENANCIES_END)
    rows = pl.DataFrame(
        {
            "房屋编号": _number_rows("F", n_rows),
            "房屋地址": texts["text"],
            "建筑面积": pl.Series(np.round(rng.gamma(9, 10, n_rows) + 18, 1)).cast(pl.String),
            "房屋用途": pl.Series(["住宅", "商住"]).gather(rng.random(n_rows) >= HOME_ONLY),
            "产权人": owners["name"],
            "产权人证件号码": owners["identifier"],
            "租赁状态": dwellings["state"],
            "承租人姓名": _keep_where(let, tenants["name"]),
            "承租人证件号码": _keep_where(let, tenants["identifier"]),
            "承租人电话": _keep_where(let, tenants["phone"]),
            "起租日期": _keep_where(let, _draw_dates(n_rows, 900, rng)),
            "止租日期": _keep_where(let & ~open_ended, ends),
        }
    )
    told = rows.select(
        home=dwellings["home"],
        person=dwellings["tenant"],
        number="房屋编号",
        area="建筑面积",
        use="房屋用途",
        starts="起租日期",
        ends="止租日期",
    ).filter(let)
    extract, breaks = break_rows(
        Extract("housing_dwellings", rows, required="房屋地址", dated="起租日期"), rates.broken, rng
    )
    source, broken = extract.source, _any_of(breaks)
    codes = streets.rooms["address_code"].gather(dwellings["home"])
    whose = (("owner", owners, owners_spoilt), ("tenant", tenants, tenants_spoilt))
    answers = [
        answer_rows(
            (source, "dwelling"),
            codes,
            broken=broken,
            noise={**noise, **breaks},
            address=("房屋地址", texts),
        ),
        *(
            answer_rows((source, role), seen["person"], broken=broken, noise={**spoilt, **breaks})
            for role, seen, spoilt in whose
        ),
    ]
    tenancies = name_tenancies(codes, tenants["person"], rows["起租日期"])
    answers.append(answer_rows((source, "tenancy"), tenancies, broken=broken, noise=breaks))
    answers[2:] = [one.filter(let) for one in answers[2:]]
    return extract, pl.concat(answers), told


def send_market(
    people: People, streets: Streets, rates: Rates, rng: np.random.Generator
) -> tuple[Extract, pl.DataFrame]:
    """Send the market office's organisations: some have closed and still stand as trading."""
    firms, twice = sample_known(people.organisations, 1.0, rates, rng)
    texts, noise = write_addresses(streets.shops[firms["shop"]], rates, rng)
    unsaid = pl.Series(rng.random(firms.height) < rates.closure_unsaid)
    unsaid &= firms["closed_on"].is_not_null()
    closed_on = _keep_where(~unsaid, firms["closed_on"].dt.strftime("%Y-%m-%d"))
    codes = blank_values(firms["credit_code"], rates.identifier_missing / 2, rng)
    names = misspell_names(firms["name"], rates.name_misspelt / 2, rng)
    phones = blank_values(firms["phone"], rates.phone_missing, rng)
    rows = pl.DataFrame(
        {
            "统一社会信用代码": codes,
            "单位名称": names,
            "单位类型": firms["kind"],
            "法定代表人": firms["representative"],
            "经营地址": texts["text"],
            "联系电话": phones,
            "成立日期": firms["founded_on"].dt.strftime("%Y-%m-%d"),
            "登记状态": pl.Series(["注销", "存续"]).gather(closed_on.is_null().cast(pl.Int64)),
            "注销日期": closed_on,
        }
    )
    extract, breaks = break_rows(
        Extract("market_organisations", rows, required="单位名称", dated="成立日期"),
        rates.broken,
        rng,
        in_lines=("columns_missing",),
    )
    answers = answer_rows(
        (extract.source, "organisation"),
        firms["organisation"],
        broken=_any_of(breaks),
        noise={
            **twice,
            "identifier_missing": codes.is_null(),
            "name_misspelt": names != firms["name"],
            "phone_missing": phones.is_null(),
            "closure_unsaid": unsaid,
            **noise,
            **breaks,
        },
        address=("经营地址", texts),
    )
    return extract, answers


def _list_dwellings(people: People, streets: Streets, rng: np.random.Generator) -> pl.DataFrame:
    """List lived-in dwellings and the vacant ones the office knows: home, owner, tenant, state."""
    lived, residents = people.households, people.residents
    vacant = np.setdiff1d(np.arange(streets.rooms.height), lived["home"].to_numpy())
    vacant = vacant[rng.random(vacant.size) < VACANT_COVERAGE]
    adults = np.flatnonzero(residents["is_adult"].to_numpy())
    heads = np.searchsorted(residents["household"].to_numpy(), lived["household"].to_numpy())
    state = pl.Series(["自住", "已出租", "空置"])
    return pl.DataFrame(
        {
            "home": np.r_[lived["home"].to_numpy(), vacant],
            "owner": np.r_[lived["owner"].to_numpy(), rng.choice(adults, vacant.size)],
            "tenant": np.r_[heads, np.zeros(vacant.size, np.int64)],
            "state": state.gather(
                np.r_[lived["is_let"].to_numpy().astype(np.int64), np.full(vacant.size, 2)]
            ),
        }
    )


def _number_rows(letter: str, n_rows: int) -> pl.Series:
    return letter + pl.int_range(1, n_rows + 1, eager=True).cast(pl.String).str.zfill(9)


def _draw_dates(
    n_rows: int, n_days: int, rng: np.random.Generator, *, last: date = TODAY
) -> pl.Series:
    """Draw days, as text, of the many that end with the last."""
    days = np.datetime64(last) - np.arange(n_days).astype("timedelta64[D]")
    texts = pl.Series(days.astype("datetime64[D]")).dt.strftime("%Y-%m-%d")
    return texts.gather(rng.integers(0, n_days, n_rows))


def _keep_where(kept: pl.Series, values: pl.Series) -> pl.Series:
    return values.zip_with(kept, pl.repeat(None, values.len(), dtype=values.dtype, eager=True))


def _any_of(flags: dict[str, pl.Series]) -> pl.Series:
    return pl.DataFrame(flags).select(pl.any_horizontal(pl.all())).to_series()
