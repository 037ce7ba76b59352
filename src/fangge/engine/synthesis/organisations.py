"""The generated district's shops and firms, at its house numbers and buildings."""

from datetime import date

import numpy as np
import polars as pl

from fangge.engine.synthesis.identifiers import make_credit_codes, make_phones
from fangge.engine.synthesis.names import draw_given_names, draw_surnames
from fangge.engine.synthesis.streets import Streets

RESIDENTS_A_FIRM = 15
TRADER_SHARE, CLOSED_SHARE, MEN_SHARE = 0.55, 0.08, 0.6
STEMS = tuple(
    first + second
    for first in "恒瑞嘉鑫盛华宏泰永顺德荣裕丰隆昌润和信安诚博远达通辰启航卓越铭"
    for second in "源康盈茂祥利达丰硕晟佑邦立森洋"
)
TRADES = (
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
)
INDUSTRIES = (
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
)


def make_organisations(
    streets: Streets, *, today: date, n_residents: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Open a shop or a firm for every fifteen residents; eight in a hundred have closed again.

    Returns
    -------
    polars.DataFrame
        organisation, name, kind, credit_code, representative, phone, founded_on, closed_on
        (null while it trades), shop (row of `streets.shops`).
    """
    n_firms = max(3, n_residents // RESIDENTS_A_FIRM)
    is_trader = rng.random(n_firms) < TRADER_SHARE
    age_days = rng.integers(30, 9000, n_firms)
    founded = np.datetime64(today) - age_days.astype("timedelta64[D]")
    ended = founded + (age_days * rng.random(n_firms)).astype("timedelta64[D]")
    closed = rng.random(n_firms) < CLOSED_SHARE
    years = rng.integers(1955, 2004, n_firms)
    bosses = draw_surnames(n_firms, rng) + draw_given_names(
        rng.random(n_firms) < MEN_SHARE, years, rng
    )
    return pl.DataFrame(
        {
            "organisation": np.arange(n_firms),
            "name": _draw_names(pl.Series(is_trader), rng),
            "kind": np.where(is_trader, "个体工商户", "有限责任公司"),
            "credit_code": make_credit_codes(is_trader, rng),
            "representative": bosses,
            "phone": make_phones(n_firms, rng),
            "founded_on": founded.astype("datetime64[D]"),
            "closed_on": np.where(closed, ended.astype("datetime64[D]"), np.datetime64("NaT")),
            "shop": rng.integers(0, streets.shops.height, n_firms),
        }
    )


def _draw_names(is_trader: pl.Series, rng: np.random.Generator) -> pl.Series:
    def draw(words: tuple[str, ...]) -> pl.Series:
        return pl.Series(words).gather(rng.integers(0, len(words), is_trader.len()))

    stem = draw(STEMS) + draw(STEMS)
    shops, firms = "姑苏区" + stem + draw(TRADES), "苏州" + stem + draw(INDUSTRIES) + "有限公司"
    return shops.zip_with(is_trader, firms)
