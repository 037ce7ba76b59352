"""Width, numerals and look-alike marks: many ways of writing brought to one."""

import polars as pl

DIGITS = "零一二三四五六七八九"
FULL_WIDTH = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)} | {"\u3000": " "}
MARKS = {
    "－": "-", "—": "-", "–": "-", "―": "-", "~": "-", "_": "-", "#": "号", "＃": "号",
    "（": "(", "）": ")", "，": ",", "。": ",", "、": ",", "；": ",", "【": "(", "】": ")",
}  # fmt: skip
BUILDING_WORDS = {
    "栋": "幢",
    "棟": "幢",
    "座": "幢",
    "號": "号",
    "樓": "楼",
    "區": "区",
    "蘇": "苏",
}
NUMBERED = ("号", "幢", "单元", "层", "楼", "室", "房")
MOST_NUMERAL = 200


def normalise_texts(texts: pl.Series) -> pl.Series:
    """Write every address in the register's own way, as far as single characters go.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses as people wrote them; missing counts as empty.

    Returns
    -------
    polars.Series of String
        Half-width digits, 幢 for every word for a building, digits for Chinese numerals before a
        counting word; nothing appended in brackets or after a comma; no white space.
    """
    return (
        texts.fill_null("")
        .str.replace_many({**FULL_WIDTH, **MARKS})
        .str.replace_all(r"\s*\(.*?\)|\(.*$|,.*$|\s.*$|附近$|旁$|对面$", "")
        .str.replace_many(BUILDING_WORDS)
        .str.replace_many(_NUMERALS, leftmost=True)
        # 8号楼 is a building only where its name ends there: 8号楼云公寓 is an estate at number 8.
        .str.replace_all(r"([0-9])号楼([0-9]|$)", "${1}幢${2}")
    )


def spell_number(number: int) -> str:
    """Spell a number below ten thousand in Chinese numerals, 一十 at the start as 十."""
    text = ""
    rest = number
    for place in ("", "十", "百", "千"):
        rest, digit = divmod(rest, 10)
        text = (DIGITS[digit] + place if digit else DIGITS[0]) + text
        if not rest:
            break
    while "零零" in text:
        text = text.replace("零零", "零")
    text = text.rstrip(DIGITS[0]) or DIGITS[0]
    return text[1:] if text.startswith("一十") else text


def _list_numerals() -> dict[str, str]:
    """List each spelt number with each counting word, longest first so that it wins."""
    spelt = [
        (spell_number(number) + word, f"{number}{word}")
        for number in range(1, MOST_NUMERAL)
        for word in NUMBERED
    ]
    spelt += [
        (character + "幢", f"{i}幢") for i, character in enumerate("甲乙丙丁戊己庚辛", start=1)
    ]
    return dict(sorted(spelt, key=lambda pair: -len(pair[0])))


_NUMERALS = _list_numerals()
