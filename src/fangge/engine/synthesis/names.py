"""Names of people who do not exist, as common and as odd as real ones."""

import numpy as np
import polars as pl

# In the order of their frequency; the weight of a surname falls with its rank.
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
SURNAME_FALL = 0.7
COMPOUND = ("欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟", "令狐", "东方")
# Given characters by the first year of birth they were in fashion, men's and women's.
FASHIONS: tuple[tuple[int, str, str], ...] = (
    (
        0,
        "国建志德明林荣福华文永金根生发忠良保宝祥庆春兴仁义贵云海平龙",
        "秀英兰珍桂凤玉芳素云莲美惠珠巧菊香妹娣娥琴爱翠银根金红芬淑芝",
    ),
    (
        1970,
        "伟强磊军勇杰涛超刚辉鹏飞波斌浩峰亮俊建明志东旭凯健宏翔松林海",
        "丽静敏娟艳霞芳燕红娜琳玲梅萍莉婷雪慧洁颖晓佳倩芬春琴蓉雅怡欣",
    ),
    (
        1998,
        "浩宇轩博文子豪睿泽远航晨阳梓涵奕辰俊熙皓嘉一诺思源铭恒景瑞沐",
        "梓涵欣怡雨诗语思佳琪悦可馨雅婷诺一依妍若曦晴萱彤奕瑶沐妙心颖",
    ),
)
TIMELESS = (
    "伟强军勇杰涛明平辉飞浩宇文俊峰亮志国海林东阳晨子远航建华德成",
    "芳娜敏静丽艳娟霞秀英华慧美淑惠雅玉红玲芬燕春兰洁梅琳云雪怡雨",
)
TIMELESS_SHARE, SINGLE_SHARE = 0.45, 0.2
# The last two are shares of those who live alone or share, a third of all.
COMPOUND_SHARE, MINORITY_SHARE, LATIN_SHARE = 0.004, 0.012, 0.003
# What stands before and after the dot, men's and women's; the part after it is the father's name.
DOTTED = (
    ("艾力", "买买提", "阿不都", "吐尔逊", "巴特尔", "苏和", "热合曼", "库尔班"),
    ("阿依古丽", "古丽娜尔", "热依汗", "阿依努尔", "娜仁", "其其格", "萨仁", "帕提古丽"),
)
FATHERS = ("艾山", "买买提", "吐尔逊", "阿不都", "玉素甫", "巴特尔", "苏和", "卡德尔", "尼亚孜")
LATIN = (
    ("John", "Luca", "Kenji", "Pierre", "Ivan", "Carlos", "Hans", "Omar"),
    ("Anna", "Maria", "Emma", "Yuki", "Sophie", "Elena", "Ingrid", "Laura"),
)
LATIN_LAST = ("Novak", "Miller", "Garcia", "Sato", "Brown", "Rossi", "Dubois", "Larsen", "Costa")


def draw_surnames(n_names: int, rng: np.random.Generator) -> pl.Series:
    """Draw surnames by their frequency, a few of two characters."""
    weights = np.arange(1, len(SURNAMES) + 1) ** -SURNAME_FALL
    at = rng.choice(len(SURNAMES), n_names, p=weights / weights.sum())
    compound = rng.random(n_names) < COMPOUND_SHARE
    at = np.where(compound, len(SURNAMES) + rng.integers(0, len(COMPOUND), n_names), at)
    return pl.Series([*SURNAMES, *COMPOUND]).gather(at)


def draw_given_names(
    is_male: np.ndarray, birth_year: np.ndarray, rng: np.random.Generator
) -> pl.Series:
    """Draw given names of one or two characters, in the fashion of the year of birth."""
    era = np.searchsorted([first for first, _, _ in FASHIONS], birth_year, side="right") - 1
    pools = [pool for _, *both in FASHIONS for pool in both] + list(TIMELESS)
    starts = np.cumsum([0] + [len(pool) for pool in pools])
    sizes = np.array([len(pool) for pool in pools])
    woman = np.where(is_male, 0, 1)
    letters = pl.Series(list("".join(pools)))
    n_names = is_male.size
    characters = []
    for _ in range(2):
        timeless = rng.random(n_names) < TIMELESS_SHARE
        pool = np.where(timeless, len(pools) - 2, era * 2) + woman
        at = starts[pool] + (rng.random(n_names) * sizes[pool]).astype(np.int64)
        characters.append(letters.gather(at))
    single = pl.Series(rng.random(n_names) < SINGLE_SHARE)
    empty = pl.repeat("", n_names, eager=True)
    return characters[0] + empty.zip_with(single, characters[1])


def draw_odd_names(is_male: np.ndarray, rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """Draw names with a dot and names in Latin letters; null for most people.

    Returns
    -------
    name, people : two string series
        The people is 维吾尔族, 蒙古族 or, for a foreigner, 其他; null where the name is.
    """
    n_names = is_male.size
    odd = rng.random(n_names)
    dotted, latin = odd < MINORITY_SHARE, odd > 1 - LATIN_SHARE
    woman = np.where(is_male, 0, 1)
    first = rng.integers(0, len(DOTTED[0]), n_names) + woman * len(DOTTED[0])
    last = rng.integers(0, len(FATHERS), n_names)
    names = pl.select(
        pl.when(pl.Series(dotted))
        .then(_gather(DOTTED, first) + "·" + pl.Series(FATHERS).gather(last))
        .when(pl.Series(latin))
        .then(_gather(LATIN, first) + " " + pl.Series(LATIN_LAST).gather(last))
    ).to_series()
    mongol = names.str.contains("巴特尔|苏和|娜仁|其其格|萨仁")
    people = pl.select(
        pl.when(pl.Series(latin))
        .then(pl.lit("其他"))
        .when(mongol)
        .then(pl.lit("蒙古族"))
        .when(pl.Series(dotted))
        .then(pl.lit("维吾尔族"))
    ).to_series()
    return names, people


def _gather(pools: tuple[tuple[str, ...], ...], at: np.ndarray) -> pl.Series:
    return pl.Series([name for pool in pools for name in pool]).gather(at)
