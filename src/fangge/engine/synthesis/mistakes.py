"""Which character is written for which by mistake, and how values are mistyped."""

import numpy as np
import polars as pl

# Each pair is the right character and one that sounds or looks like it.
PAIRS = (
    "伟玮 强墙 磊垒 军均 勇永 杰洁 涛韬 超潮 明名 刚钢 平坪 辉晖 鹏朋 飞非 波播 斌彬 "
    "浩皓 宇雨 轩宣 博搏 文纹 俊骏 凯恺 峰锋 亮量 建健 国郭 志智 海每 林淋 森深 东冬 "
    "旭序 阳扬 晨辰 子孜 豪毫 睿瑞 泽择 远元 航杭 芳方 娜那 敏闽 静净 丽莉 艳燕 娟捐 "
    "霞瑕 秀绣 英瑛 华桦 慧惠 巧窍 美镁 淑叔 惠慧 珠株 雅亚 芝之 玉钰 萍苹 红宏 娥鹅 "
    "玲铃 芬纷 燕艳 彩采 春椿 菊局 兰蓝 凤风 洁杰 梅枚 琳玲 素肃 云芸 莲连 雪学 欣心 "
    "怡恰 佳隹 雨宇 婷亭 颖影 德得 荣容 福副 永咏 金今 根跟 生升 发法 忠中 良粮 保堡 "
    "宝保 祥详 庆磬 兴星 仁人 义仪 贵溃 龙垄 珍诊 桂柱 妹昧 娣弟 琴芹 爱瑷 翠粹 银吟 "
    "香乡 健建 宏红 翔详 松淞 莉丽 晓小 倩茜 蓉容 梓辛 涵函 奕弈 熙西 皓浩 嘉加 一依 "
    "诺偌 思丝 源原 铭茗 恒衡 景井 瑞端 沐木 诗施 语浯 琪琦 悦阅 可柯 馨欣 依衣 妍研 "
    "若偌 曦西 晴睛 萱宣 彤同 瑶摇 妙秒 心芯 成诚 临邻 观现 桐铜 白百 醋错 西酉 南楠 "
    "北背 干甘 葑封 盘磐 胥须 阊闾 齐奇 娄偻 锦绵 烟姻 碧壁 清青 澄橙 润闰 沁泌 和合 "
    "安按 宁柠 康糠 长常 寿受 吉佶 书舒 墨默 砚现 学雪 礼札 智志 信言 顿吨 前钱 江姜 "
    "凰皇 泾径 塔搭 库裤 善擅 园圆 桥侨 将蒋 门们 塘糖 溪奚 河何 湖糊 浜兵 渡度 津律 "
    "亭停 台抬 楼搂 阁搁 堂膛 庐卢 竹烛 柏伯 杨扬 柳抑 枫讽 荷何 秋揪 月曰 星呈 晖挥 "
    "舟丹 帆凡 鹤壑 雀鹊 麟鳞 "
)
DOTS = ("•", ".", "．")
TWO, MONTHS = 2, 12
MISTAKEN = {pair[0]: pair[1] for pair in PAIRS.split()}


def misspell(texts: pl.Series, chosen: np.ndarray, skips_first: np.ndarray) -> pl.Series:
    """Replace one character that is easily mistaken, in the chosen rows.

    It is the first such character, or the first after the text's first where `skips_first`. A
    text without one stays as it is.
    """
    rows = np.flatnonzero(chosen & texts.is_not_null().to_numpy())
    if not rows.size:
        return texts
    spoilt = [
        _mistake(text, int(skips))
        for text, skips in zip(texts.gather(rows), skips_first[rows], strict=True)
    ]
    return _replace(texts, rows, spoilt)


def _replace(values: pl.Series, rows: np.ndarray, others: list[str] | pl.Series) -> pl.Series:
    # `scatter` changes the series it is called on.
    return values.clone().scatter(rows, others) if rows.size else values


def _mistake(text: str, start: int) -> str:
    for at, character in enumerate(text):
        if at >= start and character in MISTAKEN:
            return text[:at] + MISTAKEN[character] + text[at + 1 :]
    return text


def misspell_names(names: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Write some names with a character that sounds or looks alike."""
    # A surname is seldom misheard.
    return misspell(names, rng.random(names.len()) < rate, np.ones(names.len(), dtype=bool))


def blank_values(values: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Leave some values out."""
    return pl.select(pl.when(pl.Series(rng.random(values.len()) >= rate)).then(values)).to_series()


def mistype_digits(values: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Change one digit of some values."""
    rows = np.flatnonzero((rng.random(values.len()) < rate) & values.is_not_null().to_numpy())
    spoilt = []
    for value, at, step in zip(
        values.gather(rows),
        rng.integers(6, 17, rows.size),
        rng.integers(1, 10, rows.size),
        strict=True,
    ):
        place = min(int(at), len(value) - 2)
        digit = (int(value[place]) + int(step)) % 10
        spoilt.append(f"{value[:place]}{digit}{value[place + 1 :]}")
    return _replace(values, rows, spoilt)


def restyle_names(names: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Write some names in another style: another dot, capitals, a gap between two characters."""
    rows = np.flatnonzero(rng.random(names.len()) < rate)
    if not rows.size:
        return names
    chosen = names.gather(rows)
    dot = pl.Series(DOTS).gather(rng.integers(0, len(DOTS), rows.size))
    restyled = pl.select(
        pl.when(chosen.str.contains("·", literal=True))
        .then(chosen.str.split("·").list.first() + dot + chosen.str.split("·").list.last())
        .when(chosen.str.contains("[A-Za-z]"))
        .then(chosen.str.to_uppercase())
        .when(chosen.str.len_chars() == TWO)
        .then(chosen.str.head(1) + "　" + chosen.str.tail(1))
        .otherwise(chosen + " ")
    ).to_series()
    return _replace(names, rows, restyled)


def turn_dates(dates: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    """Turn day and month round in some dates where that gives another; else name another day."""
    rows = np.flatnonzero(rng.random(dates.len()) < rate)
    if not rows.size:
        return dates
    chosen = dates.gather(rows)
    year, month, day = chosen.str.head(4), chosen.str.slice(5, 2), chosen.str.tail(2)
    turned = pl.select(
        pl.when(day == month)
        .then(year + "-" + month + "-28")
        .when(day.cast(pl.Int64) <= MONTHS)
        .then(year + "-" + day + "-" + month)
        .otherwise(year + "-" + month + "-01")
    ).to_series()
    return _replace(dates, rows, turned)
