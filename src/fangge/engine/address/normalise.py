"""Width, numerals and look-alike marks: character for character, so that spans stay true."""

from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from fangge.engine.address.elements import NUMERALS, STEMS

MOST_CHARACTERS = 400
"""How much of a text is read; no address is longer, and a megabyte must cost no more."""

FILLER = "\ue000"
"""Stands for each character of a phone or identity number, so that no digit of it is read."""

HOUSE = "\ue001"
"""Stands for the 号 of a house number that a 楼 follows: 临顿路20号楼云花园."""

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_OLD_FORMS = dict(
    zip(
        "號樓棟單區縣鄉鎮蘇東門園廣場層廈學莊雲龍鳳寶華陽橋機關國際長興義馬魚鳥麗萬衛歷會豐觀臨頓遊開經濟術業產灣塢滄閶錦葉劉張陳楊黃趙吳孫鄭羅無錫鹽徐連雲樂農場醫銀電車鐵鋪貿軍",
        "号楼栋单区县乡镇苏东门园广场层厦学庄云龙凤宝华阳桥机关国际长兴义马鱼鸟丽万卫历会丰观临顿游开经济术业产湾坞沧阊锦叶刘张陈杨黄赵吴孙郑罗无锡盐徐连云乐农场医银电车铁铺贸军",
        strict=True,
    )
)
FOLDED: dict[str, str] = (
    {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}
    | {chr(0x2460 + i): str(i + 1) for i in range(9)}
    | _OLD_FORMS
)
FOLDED |= {"\u3000": " ", "\t": " ", "\r": " ", "\n": " ", "\u00a0": " "}
FOLDED |= dict.fromkeys("－—–―‐‑‒−﹣~～_", "-")
FOLDED |= dict.fromkeys("＃№", "#")
FOLDED |= dict.fromkeys("（［【「〔", "(") | dict.fromkeys("）］】」〕", ")")
FOLDED |= {"，": ",", "、": ",", "。": ",", "；": ";", "：": ":", "／": "/", "＼": "\\"}
"""What one character is written as; each becomes one character, so that spans stay true."""


ROAD_ENDINGS = "路街巷弄里道"
MOST_DIGITS, MOST_NUMERALS = 5, 6  # of a house number
# After a road, 35# is a house number.
_HASHED = (rf"([{ROAD_ENDINGS}][0-9]{{1,{MOST_DIGITS}}}(?:-[0-9]+)?)#", "${1}号")
NOT_A_NAME = f"{NUMERALS}请快出自近附旁对东南西北门内放"
_BEFORE_A_NAME = (
    (
        rf"([{ROAD_ENDINGS}](?:[0-9]{{1,{MOST_DIGITS}}}|[{NUMERALS}]{{1,{MOST_NUMERALS}}}))号"
        rf"(楼[\u4e00-\u9fff--[{NOT_A_NAME}]])"
    ),
    f"${{1}}{HOUSE}${{2}}",
)


def as_texts(values: Iterable[str | None]) -> pl.Series:
    """Make a column of any strings; what no encoding can hold becomes U+FFFD, one for one."""
    held = list(values)
    try:
        return pl.Series(held, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series([v if v is None else _drop_surrogates(v) for v in held], dtype=pl.String)


def _drop_surrogates(text: str) -> str:
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def fold_texts(texts: pl.Series) -> pl.Series:
    """Bring widths and marks to one, a character for a character; missing becomes empty.

    The first `MOST_CHARACTERS` are kept. Phone and identity numbers become `FILLER`.
    """
    folded = texts.cast(pl.String).fill_null("").str.slice(0, MOST_CHARACTERS)
    folded = folded.str.replace_many(FOLDED)
    for pattern, n_characters in (
        (r"[0-9]{17}[0-9Xx]", 18),
        (r"1[2-9][0-9]{9}", 11),
        (r"0[0-9]{2}-[0-9]{8}", 12),
        (r"0[0-9]{3}-[0-9]{8}", 13),
        (r"0[0-9]{3}-[0-9]{7}", 12),
        (r"[0-9]{8}", 8),
    ):
        folded = folded.str.replace_all(pattern, FILLER * n_characters)
    return folded.str.replace_all(*_HASHED).str.replace_all(*_BEFORE_A_NAME)


def mask_digits(texts: pl.Series) -> pl.Series:
    """Write every digit as 0: texts that differ in numbers only share one template."""
    return texts.str.replace_all("[1-9]", "0")


def read_numeral(text: str) -> int | None:
    """Read a number in ASCII digits or Chinese numerals: 二十三, 五零一, 一百零五; else None."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, None
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _PLACES:
            total += (1 if digit is None else digit) * _PLACES[c]
            digit = None
        else:
            return None
    return total + (digit or 0)


@lru_cache(maxsize=200_000)
def normalise_token(text: str) -> str:
    """Write the number of an element one way: `三` and `03` as 3, `b` as B, `2之1` as 2-1."""
    parts = text.replace("之", "-").replace(" ", "").upper().split("-")
    return "-".join(_normalise_part(part) for part in parts if part)


def _normalise_part(part: str) -> str:
    front = part[0] if part[0] in STEMS or (part[0].isalpha() and part[0].isascii()) else ""
    back = ""
    core = part[len(front) :]
    if core and (core[-1] in STEMS or (core[-1].isalpha() and core[-1].isascii())):
        core, back = core[:-1], core[-1]
    number = read_numeral(core) if core else None
    return f"{front}{core if number is None else number}{back}"
