"""The generated district's residents and organisations: no person, number or firm is real."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fangge.engine.synthesis.district import PEOPLE_A_HOUSEHOLD
from fangge.engine.synthesis.streets import Streets

TODAY = date(2026, 6, 30)
# County codes 320590 to 320599 were never assigned; mobile numbers never begin with 12.
REGION_BASE, N_REGIONS = 320590, 10
PHONE_PREFIX = "12"
AUTHORITY = "320599"
ORDERS_A_DAY = 499
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CREDIT_ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
CREDIT_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
SURNAMES = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
COMPOUND = ["欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟"]
GIVEN_M = list("伟强磊军勇杰涛超明刚平辉鹏飞波斌浩宇轩博文俊凯峰亮建国志海林森东旭阳晨子豪睿泽远航")
GIVEN_F = list(
    "芳娜敏静丽艳娟霞秀英华慧巧美淑惠珠雅芝玉萍红娥玲芬燕彩春菊兰凤洁梅琳素云莲欣怡佳雨婷颖雪"
)
ETHNIC = [
    "阿依古丽·买买提",
    "艾力·吐尔逊",
    "古丽娜尔·艾山",
    "买买提·阿不都",
    "巴特尔·苏和",
    "娜仁·其其格",
]
LATIN = ["Anna Novak", "John Miller", "Maria Garcia", "Kenji Sato", "Emma Brown", "Luca Rossi"]
# Share of each household type, and the (relation, age from, age to) of its members.
TYPES: tuple[tuple[float, tuple[tuple[str, int, int], ...]], ...] = (
    (0.11, (("户主", 65, 90),)),
    (0.13, (("户主", 22, 45),)),
    (0.14, (("户主", 60, 82), ("配偶", 0, 0))),
    (0.14, (("户主", 25, 58), ("配偶", 0, 0))),
    (0.21, (("户主", 28, 52), ("配偶", 0, 0), ("子女", -30, -24))),
    (0.09, (("户主", 30, 50), ("配偶", 0, 0), ("子女", -29, -23), ("子女", -34, -29))),
    (
        0.10,
        (("户主", 32, 50), ("配偶", 0, 0), ("子女", -31, -25), ("父母", 24, 31), ("父母", 24, 31)),
    ),
    (0.03, (("户主", 28, 50), ("子女", -30, -22))),
    (0.05, (("户主", 20, 38), ("合租", 20, 38), ("合租", 20, 38))),
)
TRADES = [
    "小吃店",
    "便利店",
    "理发店",
    "药房",
    "服装店",
    "五金店",
    "茶叶店",
    "文具店",
    "水果店",
    "面馆",
    "洗衣店",
    "眼镜店",
]
INDUSTRIES = [
    "科技",
    "贸易",
    "装饰工程",
    "餐饮管理",
    "文化传媒",
    "物业管理",
    "信息咨询",
    "丝绸",
    "机电",
    "教育科技",
]


@dataclass(frozen=True, slots=True)
class People:
    residents: (
        pl.DataFrame
    )  # person, household, relation, name, sex, birth_on, identifier, phone, home
    households: pl.DataFrame  # household, home (row of rooms), is_let, owner (person)
    organisations: pl.DataFrame  # organisation, name, kind, credit_code, ..., shop (row of shops)


def make_people(streets: Streets, *, n_residents: int, rng: np.random.Generator) -> People:
    """Settle residents in households with plausible ages, and organisations where they trade."""
    residents, n_households = _make_residents(n_residents, rng)
    homes = np.sort(rng.choice(streets.rooms.height, n_households, replace=False))
    is_let = _let_homes(residents, n_households, rng)
    owners = rng.integers(0, residents.height, n_households)
    adult_owner = residents["is_adult"].to_numpy()[owners]
    heads = np.searchsorted(residents["household"].to_numpy(), np.arange(n_households))
    owner = np.where(is_let & adult_owner, owners, heads)
    households = pl.DataFrame(
        {"household": np.arange(n_households), "home": homes, "is_let": is_let, "owner": owner}
    )
    residents = residents.with_columns(home=pl.Series(homes[residents["household"].to_numpy()]))
    organisations = _make_organisations(streets, n_residents, rng)
    return People(residents=residents, households=households, organisations=organisations)


def _let_homes(residents: pl.DataFrame, n_households: int, rng: np.random.Generator) -> np.ndarray:
    shared = residents.filter(pl.col("relation") == "合租")["household"].unique().to_numpy()
    is_let = rng.random(n_households) < 0.18
    is_let[shared] = True
    return is_let


def _make_residents(n_residents: int, rng: np.random.Generator) -> tuple[pl.DataFrame, int]:
    # More households than needed are drawn and cut off where the residents are as many as asked.
    n_drawn = max(2, round(1.1 * n_residents / PEOPLE_A_HOUSEHOLD) + 4)
    shares = np.array([share for share, _ in TYPES])
    kind = rng.choice(len(TYPES), n_drawn, p=shares / shares.sum())
    sizes = np.array([len(members) for _, members in TYPES])[kind]
    household = np.repeat(np.arange(n_drawn), sizes)[:n_residents]
    n_households = int(household[-1]) + 1
    sizes = np.bincount(household, minlength=n_households)
    member = np.arange(household.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    table = [(r, a, b) for _, members in TYPES for r, a, b in members]
    offsets = np.cumsum([0] + [len(members) for _, members in TYPES])[:-1]
    row = offsets[kind[household]] + member
    relation = np.array([r for r, _, _ in table])[row]
    low, high = np.array([a for _, a, _ in table])[row], np.array([b for _, _, b in table])[row]
    head_days = _draw_days(low, high, rng)
    head = head_days[np.searchsorted(household, household)]
    apart = rng.normal(0, 1200, household.size).clip(-4000, 4000)
    days = np.select(
        [relation == "配偶", np.isin(relation, ["子女", "父母"])],
        [np.maximum(head + apart, 20 * 365.25), head + head_days],
        head_days,
    ).clip(20, 104 * 365.25)
    head_sex = rng.random(household.size) < 0.62
    head_male = head_sex[np.searchsorted(household, household)]
    is_male = np.where(
        relation == "户主", head_male, np.where(relation == "配偶", ~head_male, head_sex)
    )
    parents = relation == "父母"
    second = np.r_[False, parents[1:] & parents[:-1] & (household[1:] == household[:-1])]
    is_male = np.where(parents, ~second, is_male)
    birth = np.datetime64(TODAY) - days.astype(np.int64).astype("timedelta64[D]")
    frame = pl.DataFrame(
        {
            "person": np.arange(household.size),
            "household": household,
            "relation": relation,
            "sex": np.where(is_male, "1", "2"),
            "birth_on": birth.astype("datetime64[D]"),
            "is_adult": days > 18 * 365.25,
        }
    )
    frame = frame.with_columns(
        name=pl.Series(_draw_names(frame, rng)),
        identifier=make_identifiers(frame["birth_on"], is_male),
        phone=pl.Series(_draw_phones(frame, rng)),
    )
    return frame, n_households


def _draw_days(low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray((low + (high - low) * rng.random(low.size)) * 365.25)


def _draw_names(people: pl.DataFrame, rng: np.random.Generator) -> list[str]:
    """Give names by surname frequency; children take the name of the head of their household."""
    n_people = people.height
    weights = 1 / np.arange(1, len(SURNAMES) + 1) ** 0.7
    surnames = np.array(SURNAMES, dtype=object)[
        rng.choice(len(SURNAMES), n_people, p=weights / weights.sum())
    ]
    rare = rng.random(n_people)
    surnames = np.where(
        rare < 0.004,
        np.array(COMPOUND, dtype=object)[rng.integers(0, len(COMPOUND), n_people)],
        surnames,
    )
    heads = np.searchsorted(people["household"].to_numpy(), people["household"].to_numpy())
    inherits = (people["relation"] == "子女").to_numpy()
    surnames = np.where(inherits, surnames[heads], surnames)
    male = (people["sex"] == "1").to_numpy()
    given = [
        np.where(
            male,
            np.array(GIVEN_M, dtype=object)[rng.integers(0, len(GIVEN_M), n_people)],
            np.array(GIVEN_F, dtype=object)[rng.integers(0, len(GIVEN_F), n_people)],
        )
        for _ in range(2)
    ]
    second = np.where(rng.random(n_people) < 0.2, "", given[1])
    names = surnames + given[0] + second
    odd = rng.random(n_people)
    names = np.where(
        (odd < 0.003) & ~inherits,
        np.array(ETHNIC, dtype=object)[rng.integers(0, len(ETHNIC), n_people)],
        names,
    )
    names = np.where(
        (odd > 0.999) & ~inherits,
        np.array(LATIN, dtype=object)[rng.integers(0, len(LATIN), n_people)],
        names,
    )
    return [str(name) for name in names]


def make_identifiers(birth_on: pl.Series, is_male: np.ndarray) -> pl.Series:
    """Give each person an 18-digit identifier of a region that was never assigned.

    The order number is the person's rank among those born that day, odd for men; the check digit
    follows ISO 7064 MOD 11-2. Source: GB 11643-1999.
    """
    frame = pl.DataFrame({"birth": birth_on, "male": is_male}).with_columns(
        rank=pl.int_range(pl.len()).over("birth", "male")
    )
    rank = frame["rank"].to_numpy()
    region = REGION_BASE + (rank // ORDERS_A_DAY) % N_REGIONS
    order = (rank % ORDERS_A_DAY) * 2 + np.where(is_male, 1, 2)
    births = frame["birth"].dt.strftime("%Y%m%d").cast(pl.Int64).to_numpy()
    body = region.astype(np.int64) * 10**11 + births * 1000 + order
    digits = (body[:, None] // 10 ** np.arange(16, -1, -1)) % 10
    check = np.array(list("10X98765432"))[(digits * WEIGHTS).sum(axis=1) % 11]
    return pl.Series(body).cast(pl.String) + pl.Series(check)


def _draw_phones(people: pl.DataFrame, rng: np.random.Generator) -> list[str | None]:
    numbers = rng.choice(10**8, people.height, replace=False) * 10 + rng.integers(
        0, 10, people.height
    )
    grown = people["is_adult"].to_numpy() & (rng.random(people.height) < 0.93)
    return [
        f"{PHONE_PREFIX}{n:09d}" if own else None for n, own in zip(numbers, grown, strict=True)
    ]


def _make_organisations(
    streets: Streets, n_residents: int, rng: np.random.Generator
) -> pl.DataFrame:
    n_firms = max(3, n_residents // 15)
    stems = [
        a + b
        for a in "恒瑞嘉鑫盛华宏泰永顺德荣裕丰隆昌润和信安诚博远达通辰启航卓越铭"
        for b in "源康盈茂祥利达丰硕晟佑邦立森洋"
    ]
    stem = np.array(stems, dtype=object)[rng.integers(0, len(stems), n_firms)]
    tail = np.array(stems, dtype=object)[rng.integers(0, len(stems), n_firms)]
    trader = rng.random(n_firms) < 0.55
    shop_name = (
        "姑苏区"
        + stem
        + tail
        + np.array(TRADES, dtype=object)[rng.integers(0, len(TRADES), n_firms)]
    )
    firm_name = (
        "苏州"
        + stem
        + tail
        + np.array(INDUSTRIES, dtype=object)[rng.integers(0, len(INDUSTRIES), n_firms)]
        + "有限公司"
    )
    founded = np.datetime64(TODAY) - rng.integers(30, 9000, n_firms).astype("timedelta64[D]")
    closed = rng.random(n_firms) < 0.08
    ended = founded + (
        (np.datetime64(TODAY) - founded).astype(np.int64) * rng.random(n_firms)
    ).astype(np.int64).astype("timedelta64[D]")
    names = np.where(trader, shop_name, firm_name)
    bosses = _draw_names(
        pl.DataFrame(
            {
                "household": np.arange(n_firms),
                "relation": ["户主"] * n_firms,
                "sex": np.where(rng.random(n_firms) < 0.6, "1", "2"),
            }
        ),
        rng,
    )
    phones = rng.choice(10**8, n_firms, replace=False) * 10
    return pl.DataFrame(
        {
            "organisation": np.arange(n_firms),
            "name": [str(name) for name in names],
            "kind": np.where(trader, "个体工商户", "有限责任公司"),
            "credit_code": make_credit_codes(n_firms, rng),
            "representative": bosses,
            "phone": [f"{PHONE_PREFIX}{n:09d}" for n in phones],
            "founded_on": founded.astype("datetime64[D]"),
            "closed_on": pl.Series(
                np.where(closed, ended.astype("datetime64[D]"), np.datetime64("NaT"))
            ).cast(pl.Date),
            "shop": rng.integers(0, streets.shops.height, n_firms),
        }
    )


def make_credit_codes(n_codes: int, rng: np.random.Generator) -> list[str]:
    """Make unified social credit codes of an authority that does not exist, with both checks.

    Source: GB 32100-2015 and GB 11714-1997.
    """
    body = rng.choice(10**8, n_codes, replace=False)
    digits = (body[:, None] // 10 ** np.arange(7, -1, -1)) % 10
    rest = (11 - (digits * BODY_WEIGHTS).sum(axis=1) % 11) % 11
    own_check = np.array(list("0123456789X"))[rest]
    # An organisation code ending in X cannot stand in a credit code that reads as a number here.
    head = [f"92{AUTHORITY}{b:08d}" for b in body]
    codes = [h + c for h, c in zip(head, own_check, strict=True)]
    values = {c: i for i, c in enumerate(CREDIT_ALPHABET)}
    table = np.array([[values[c] for c in code] for code in codes])
    final = (31 - (table * CREDIT_WEIGHTS).sum(axis=1) % 31) % 31
    return [code + str(CREDIT_ALPHABET[f]) for code, f in zip(codes, final, strict=True)]
