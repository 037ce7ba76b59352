"""Repairs of one text's reading, where a rule knows better than what was learnt."""

import re
from itertools import chain

from fangge.engine.address.divisions import load_divisions
from fangge.engine.address.elements import NUMERALS, STEMS, SURNAMES, Kind
from fangge.engine.address.normalise import FILLER, HOUSE, MOST_DIGITS, MOST_NUMERALS

Piece = tuple[int, int, str, float]
"""Start, end, kind and confidence."""

SURE = 0.97
(
    _ROAD, _NUMBER, _ESTATE, _COMMUNITY, _BUILDING, _UNIT, _FLOOR, _ROOM, _DIRECTION, _PERSON,
    _REDUNDANT, _DEVELOPMENT_ZONE,
) = (
    kind.value
    for kind in (
        Kind.ROAD,
        Kind.NUMBER,
        Kind.ESTATE,
        Kind.COMMUNITY,
        Kind.BUILDING,
        Kind.UNIT,
        Kind.FLOOR,
        Kind.ROOM,
        Kind.DIRECTION,
        Kind.PERSON,
        Kind.REDUNDANT,
        Kind.DEVELOPMENT_ZONE,
    )
)  # fmt: skip
_TITLES = "先生|女士|小姐|师傅|老师|阿姨"
_NOISE = "出租|自住|快递|请|电话|联系|手机|门口|放"
_SYMBOLS = "[\u2600-\u27bf\u200d\ufe0f\U0001f000-\U0001faff]"
_HAN = r"[\u4e00-\u9fff]"
_MARKS = " ,;:/|.-"
_MARKUP = r"""[<>;='"{}]"""
_NAMED = (_ESTATE, _ROAD, _COMMUNITY, _PERSON)
_INNER = (_BUILDING, _UNIT, _FLOOR, _ROOM)
ROOMED = "幢栋座"
_AT = "旁近边侧"
_NEAR = "(?:[斜正]?对[面门过]|附近|旁边?|隔壁|[东南西北]{1,2}[侧面边])"
_REPEATABLE = (Kind.PROVINCE, Kind.CITY, Kind.DISTRICT)

LOOKED_AT = (
    rf"{FILLER}|{HOUSE}|{_TITLES}|{_MARKUP}|{_SYMBOLS}|号[甲乙丙丁]"
    rf"|(?:[0-9室幢元楼层][ ,;]*|[(])(?:{_NOISE})"
    r"|[0-9]#-?(?:[0-9]{1,2}-)?[0-9]{3,4}$|(?:[0-9]+-){3}|^.{1,4}$|^.{0,12}园区"
    rf"|[{ROOMED}](?:[2-9][0-9]|[二三四五六七八九]十[一二三四五六七八九]?)号$"
    rf"|\)(?:[0-9]{{1,5}}|[{NUMERALS}]{{1,6}})号|[(][^()]*(?:对面|[{_AT}])[^()]*[)]|[(][^()]*[)]?$|{_NEAR}|[东西]中市|[上下]塘"
    rf"|村民小组|[0-9],[0-9]+号|号[至到][0-9]|[元幢栋座层][{STEMS}]室"
    r"|幢[0-9]{1,2}-|[路街巷弄里道][0-9]{1,5}-[0-9]{1,5}号"
)
"""What a text must hold to be repaired, people and divisions apart."""

_HOUSED = re.compile(rf"(?:[0-9]{{1,{MOST_DIGITS}}}|[{NUMERALS}]{{1,{MOST_NUMERALS}}})号")
_BESIDE = re.compile(rf"{_NEAR}(?![\u4e00-\u9fff])")
# A kind, characters of which a text of that form has one, and the form.
_MARKED = tuple(
    (kind.value, frozenset(signs), re.compile(form))
    for kind, signs, form in (
        (Kind.PHONE, FILLER, rf"{FILLER}+"),
        (
            Kind.PERSON,
            f"{FILLER}先女小师老阿",
            rf"[{SURNAMES}](?:{_HAN}{{0,2}}(?:{_TITLES})|{_HAN}{{1,2}}(?= ?{FILLER}))",
        ),
        (Kind.REDUNDANT, "(", rf"[(][^()]*(?:对面|[{_AT}])[^()]*[)]"),
        (
            Kind.ROOM,
            ROOMED,
            rf"(?<=[{ROOMED}])(?:[2-9][0-9]|[二三四五六七八九]十[一二三四五六七八九]?)号$",
        ),
        # Roads of old towns that bear no word for one.
        (
            Kind.ROAD,
            "市塘",
            r"(?:[东西]中市|[\u4e00-\u9fff]{2,3}[上下]塘)(?=[0-9]{1,5}号)",
        ),
        (Kind.GROUP, "民", rf"(?:第[0-9{NUMERALS}]+|[0-9]+)村民小组"),
        (Kind.NUMBER, "至到", r"[0-9]{1,5}号[至到][0-9]{1,5}号"),
        (Kind.ROOM, STEMS, rf"(?<=[元幢栋座层])[{STEMS}]室"),
        (Kind.NUMBER, ",", r"(?<=[路街巷里弄道,])[0-9]{1,5}(?=,(?:[0-9]{1,5},)*[0-9]{1,5}号)"),
        (Kind.NUMBER, ",", r"(?<=[0-9],)[0-9]{1,5}号"),
        (
            Kind.NUMBER,
            HOUSE,
            rf"(?:[0-9]{{1,{MOST_DIGITS}}}|[{NUMERALS}]{{1,{MOST_NUMERALS}}}){HOUSE}",
        ),
    )
)
_HASHED = re.compile(
    r"(?P<building>[0-9]{1,3}#)(?:-(?P<unit>[0-9]{1,2})(?=-))?-?(?P<room>[0-9]{3,4})$"
)
_FOUR_PARTS = re.compile(r"(?:[0-9]+-){3}")
_LONE_NUMBER = re.compile("[0-9]{1,5}号")
_LONE_NAME = re.compile("[\u4e00-\u9fff]{2,8}")
_LETTERED = re.compile(r"号[甲乙丙丁](?![\u4e00-\u9fff])")
_BEGINS_NOISE = re.compile(rf"(?:{_NOISE})")
_HAS_MARKUP = re.compile(_MARKUP)
_BRANCH = re.compile(r"[(][\u4e00-\u9fff]{1,6}(?:校区|院区|分校|分院|店)[)]$")
_NOISY = re.compile(rf"{_MARKUP}|{_NOISE}")
_HAS_EDGES = re.compile(rf"[{_MARKS}]|{_SYMBOLS}")
_LONGEST_REST = 8
_EDGE = re.compile(rf"^{_SYMBOLS}+|{_SYMBOLS}+$")
_SAYS_NOTHING = re.compile(r"(?:null|none|nan|n/a|无|不详|未知)$", re.IGNORECASE)


def repair_reading(text: str, pieces: list[Piece]) -> list[Piece]:
    """Mark people, phones and house numbers; drop noise and markup; keep one of repeated divisions.

    Parameters
    ----------
    text : str
        A folded text.
    pieces : list of Piece
        Its elements in order, apart.

    Returns
    -------
    list of Piece
        In order, apart.
    """
    if _SAYS_NOTHING.match(text.strip()):
        return []
    said = _SIGNS.intersection(text)
    marked = _mark(text, said)
    found = pieces
    if marked:
        kept = [p for p in pieces if all(p[1] <= m[0] or m[1] <= p[0] for m in marked)]
        found = _drop_inner(sorted(kept + marked))
    found = _name_alone(text, found)
    for repair, signs in REPAIRS:
        if not signs or not said.isdisjoint(signs):
            found = repair(text, found)
    return found


def _drop_inner(pieces: list[Piece]) -> list[Piece]:
    """Drop what begins within something else."""
    ends = {start: end for start, end, *_ in pieces}
    return [p for p in pieces if not any(s < p[0] < e for s, e in ends.items())]


def _mark(text: str, said: frozenset[str]) -> list[Piece]:
    """Find what is certain by its form alone."""
    marked = [
        (*hit.span(), kind, SURE)
        for kind, signs, form in _MARKED
        if not said.isdisjoint(signs)
        for hit in form.finditer(text)
    ]
    hashed = _HASHED.search(text) if "#" in said else None
    if hashed:
        marked += [(*hashed.span(kind), kind, SURE) for kind in hashed.groupdict() if hashed[kind]]
    return marked


def _name_alone(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take a text that is nothing but a division's short name for that division: 苏州."""
    named = load_divisions().by_name.get(text, ()) if len(pieces) <= 1 else ()
    kinds = {division.kind for division in named} & {Kind.PROVINCE, Kind.CITY}
    return [(0, len(text), kinds.pop().value, SURE)] if len(kinds) == 1 else pieces


def _name_zones(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take what is a development zone by the official list for one: 苏州工业园区."""
    by_name = load_divisions().by_name
    return [
        (
            start,
            end,
            _DEVELOPMENT_ZONE
            if kind == _ESTATE
            and text[:end].endswith("园区")
            and any(d.kind is Kind.DEVELOPMENT_ZONE for d in by_name.get(text[start:end], ()))
            else kind,
            sure,
        )
        for start, end, kind, sure in pieces
    ]


def _join_numbers(text: str, pieces: list[Piece]) -> list[Piece]:
    """Make one house number of two that a hyphen joins: 88-1号."""
    kept: list[Piece] = []
    for start, end, kind, sure in pieces:
        if kind == _BUILDING and text[start - 1 : start] == "-" and text[end - 1] == "号":
            while kept and kept[-1][:2] == (start - 1, start):
                kept.pop()
            if kept and kept[-1][1:3] == (start - 1, _NUMBER):
                kept[-1] = (kept[-1][0], end, _NUMBER, sure)
                continue
        kept.append((start, end, kind, sure))
    return kept


def _number_houses(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take 12号 for a house number where it stands behind a road, or one with an aside."""
    if not any(p[2] == _BUILDING and text[p[1] - 1] == "号" for p in pieces):
        return pieces
    kept: list[Piece] = []
    for start, end, kind, sure in pieces:
        told = [p for p in kept if p[2] != _REDUNDANT]
        follows = bool(told) and told[-1][2] == _ROAD and kept[-1][1] == start
        is_house = kind == _BUILDING and _HOUSED.fullmatch(text, start, end) is not None
        kept.append((start, end, _NUMBER if follows and is_house else kind, sure))
    return kept


def _name_directions(text: str, pieces: list[Piece]) -> list[Piece]:
    """Tell where a text says that something is beside a place: 玄妙观附近."""
    kept = pieces
    for hit in _BESIDE.finditer(text):
        met = [p for p in kept if p[0] < hit.end() and hit.start() < p[1]]
        if all(p[:2] == hit.span() for p in met) and hit.start() > 0:
            kept = [p for p in kept if p not in met]
            kept.append((*hit.span(), _DIRECTION, SURE))
    return sorted(kept)


def _close_brackets(text: str, pieces: list[Piece]) -> list[Piece]:
    """Let a name that opens a bracket close it: 苏州大学(东校区)."""
    kept: list[Piece] = []
    for hit in _BRANCH.finditer(text):
        named = [p for p in pieces if p[1] == hit.start() and p[2] in _NAMED]
        if named:
            first, _, kind, sure = named[0]
            rest = [p for p in pieces if p[1] <= first or hit.end() <= p[0]]
            pieces = sorted([*rest, (first, hit.end(), kind, sure)])
    for start, end, kind, sure in pieces:
        said = text[start:end]
        is_open = (
            kind in _NAMED and said.count("(") > said.count(")") and text[end : end + 1] == ")"
        )
        kept.append((start, end + is_open, kind, sure))
    ends = {end for start, end, kind, _ in kept if kind in _NAMED}
    return [
        (start + (start + 1 in ends and text[start] == ")"), end, kind, sure)
        for start, end, kind, sure in kept
        if not (start + 1 == end and end in ends and text[start] == ")")
    ]


def _name_rest(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take a text in which nothing was found for a place's name, or for a house number: 玄妙观."""
    if len(text) > _LONGEST_REST:
        return pieces
    kinds = {kind for _, _, kind, _ in pieces} - {_REDUNDANT}
    if _LONE_NUMBER.fullmatch(text):
        return [(0, len(text), _NUMBER, SURE)]
    if not kinds and _LONE_NAME.fullmatch(text):
        return [(0, len(text), _ESTATE, SURE)]
    return pieces


def _name_units(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take the second of two buildings for a unit: 3幢2-501."""
    kept: list[Piece] = []
    for start, end, kind, sure in pieces:
        again = (
            kind == _BUILDING
            and bool(kept)
            and kept[-1][1:3] == (start, kind)
            and text[end : end + 1] == "-"
        )
        kept.append((start, end, _UNIT if again else kind, sure))
    return kept


def _begin_estates(text: str, pieces: list[Piece]) -> list[Piece]:
    """Let the name behind 20号 begin with its 楼: 思门路20号楼翠家园."""
    kept: list[Piece] = []
    for place, (start, end, kind, sure) in enumerate(pieces):
        kept.append((start, end, kind, sure))
        if kind == _NUMBER and text[end - 1] == HOUSE:
            following = pieces[place + 1] if place + 1 < len(pieces) else (len(text),) * 2
            if end < following[0]:
                name_end = following[1] if following[2:3] == (_ESTATE,) else following[0]
                kept.append((end, name_end, _ESTATE, SURE))
    return _drop_inner(kept)


def _keep_one(text: str, pieces: list[Piece]) -> list[Piece]:
    """Let the first of repeated divisions stand, where the tagger dropped all of them."""
    if _REDUNDANT not in [p[2] for p in pieces]:
        return pieces
    has = {kind for _, _, kind, _ in pieces}
    kept = []
    for start, end, kind, sure in chain.from_iterable(_halve(text, piece) for piece in pieces):
        is_spare = kind == _REDUNDANT
        named = load_divisions().by_name.get(text[start:end], ()) if is_spare else ()
        meant = next((d.kind.value for d in named if d.kind in _REPEATABLE), None)
        takes = meant if meant is not None and meant not in has else kind
        has.add(takes)
        kept.append((start, end, takes, sure))
    return kept


def _halve(text: str, piece: Piece) -> list[Piece]:
    """Cut what was dropped in two where it says the same twice: 苏州市苏州市."""
    start, end, kind, sure = piece
    middle = (start + end) // 2
    if kind != _REDUNDANT or end - start < 4 or text[start:middle] != text[middle:end]:  # noqa: PLR2004 - two characters
        return [piece]
    return [(start, middle, kind, sure), (middle, end, kind, sure)]


def _take_letters(text: str, pieces: list[Piece]) -> list[Piece]:
    """Let a house number have the 甲 behind it: 88号甲."""
    letters = {hit.end() for hit in _LETTERED.finditer(text)}
    if not letters:
        return pieces
    longer = {start for start, end, _, _ in pieces if end > start + 1}
    taken = {
        end
        for _, end, kind, _ in pieces
        if kind == _NUMBER and end + 1 in letters and end not in longer
    }
    return [
        (start, end + 1 if end in taken and kind == _NUMBER else end, kind, sure)
        for start, end, kind, sure in pieces
        if start not in taken
    ]


def _name_floors(text: str, pieces: list[Piece]) -> list[Piece]:
    """Take the second of two units for a floor: 3-2-5-501."""
    if not _FOUR_PARTS.search(text):
        return pieces
    kept: list[Piece] = []
    for start, end, kind, sure in pieces:
        again = kind == _UNIT and any(p[2] == kind for p in kept)
        kept.append((start, end, _FLOOR if again else kind, sure))
    return kept


def _drop_noise(text: str, pieces: list[Piece]) -> list[Piece]:
    """Drop names made of markup, and words for whoever delivers, which stand behind the room."""
    if not _NOISY.search(text):
        return pieces
    kept, is_inside, is_noise = [], False, False
    for start, end, kind, sure in pieces:
        is_inside |= kind in _INNER
        is_noise |= is_inside and _BEGINS_NOISE.match(text, start) is not None
        spare = kind in _NAMED and (is_noise or _HAS_MARKUP.search(text, start, end))
        kept.append((start, end, _REDUNDANT if spare else kind, sure))
    return kept


def _trim(text: str, pieces: list[Piece]) -> list[Piece]:
    """Cut symbols off both ends of elements; a mark alone is none."""
    if not _HAS_EDGES.search(text):
        return pieces
    kept = []
    for start, end, kind, sure in pieces:
        if kind == _REDUNDANT and (start, end) == pieces[-1][:2]:
            end = start + len(text[start:end].rstrip(" ,;"))  # noqa: PLW2901 - the piece ends earlier
        edges = [hit.span() for hit in _EDGE.finditer(text[start:end])]
        for left, right in edges:
            if left == 0:
                start += right  # noqa: PLW2901 - the piece that is kept begins later
            else:
                end -= right - left  # noqa: PLW2901
        if text[start:end].strip(_MARKS):
            kept.append((start, end, kind, sure))
    return kept


_ALWAYS = ""
REPAIRS = tuple(
    (repair, frozenset(signs))
    for repair, signs in (
        (_begin_estates, HOUSE),
        (_keep_one, _ALWAYS),
        (_take_letters, "甲乙丙丁"),
        (_name_units, "-"),
        (_name_floors, "-"),
        (_name_zones, "园"),
        (_join_numbers, "-"),
        (_number_houses, "号"),
        (_name_directions, "对附旁隔侧面边"),
        (_close_brackets, "()"),
        (_drop_noise, f"{''.join(word[0] for word in _NOISE.split('|'))}<>;='\"{{}}"),
        (_trim, _ALWAYS),
        (_name_rest, _ALWAYS),
    )
)
"""What is done to a reading, and characters of which a text must have one for that, if any."""

_SIGNS = frozenset("#").union(*(signs for _, signs, _ in _MARKED), *(signs for _, signs in REPAIRS))
