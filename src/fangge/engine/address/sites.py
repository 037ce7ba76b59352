"""The site an address names: its road, house number and estate, by the register's own names."""

import re
from dataclasses import dataclass, field

from fangge.engine.address.divisions import read_divisions
from fangge.engine.address.elements import DIVISION_KINDS, NEAR_WORDS, NUMERALS, Kind
from fangge.engine.address.grammar import cut_token, read_head
from fangge.engine.address.normalise import HOUSE
from fangge.engine.address.register import Register
from fangge.engine.address.spelling import Likeness

MISSING = 1.0
DOUBT = {
    "sounds": 0.08,
    "looks": 0.08,
    "swapped": 0.12,
    "differs": 0.16,
    "unread": 0.25,
    "unread_beside_number": 0.15,
    "number_disagrees": 0.3,
    "road_disagrees": 0.25,
    "number_unknown": 0.4,
    "estate_unknown": 0.3,
    "subdistrict_disagrees": 0.1,
    "near": 0.05,
    "alone": 0.2,
    "borne_out": 0.04,
    "unread_number": 0.3,
    "beside": 0.3,
}
_LIKENESS = {
    Likeness.SOUND: "sounds",
    Likeness.LOOK: "looks",
    Likeness.SWAP: "swapped",
    Likeness.EDIT: "differs",
}
_CN = f"[{NUMERALS}]+"
_NUMBER = re.compile(
    rf"(?:[0-9]+弄)?[甲乙丙丁]?(?:[0-9]+|{_CN})(?:[-之](?:[0-9]+|{_CN}))*[A-Za-z甲乙丙丁]?"
    rf" ?(?:号|{HOUSE}|#|弄)(?:[甲乙丙丁]|(?:之|-)[0-9]+)?"
    r"|(?<=[路街巷弄里道])[0-9]+(?:-[0-9]+)?(?=$|[ ,])"
)
_ENDINGS = ("号", HOUSE, "#")
_SKIPPED = " ,;:-/|.()"
_ROAD_ENDING = re.compile(r"(?:路|街|巷|弄|里|道|胡同)$")
_NEAR = re.compile(rf"^(?:[东南西北]?(?:{'|'.join(NEAR_WORDS)})|[东南西北]{{1,2}}[侧面]|门口)$")
_BESIDE = re.compile("斜?对面|隔壁|[东南西北]")
_DIGIT = re.compile("[0-9]")
_AREA = re.compile(r".{1,8}(?:社区|居委会|村委会|街道|镇|乡|[^小]区|市|省|组)$")
_BRACKETED = re.compile(r"\([^()]*\)?")
LONGEST_NAME = 24


@dataclass(slots=True)
class Site:
    """What a head names: nodes that its buildings may stand at, the likeliest first."""

    nodes: list[int] = field(default_factory=list)
    doubt: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str, argument: str = "") -> None:
        """Note a reason, and the doubt that comes with it."""
        self.doubt += DOUBT.get(reason, 0.0)
        self.reasons.append(f"{reason}:{argument}" if argument else reason)


@dataclass(slots=True)
class _Said:
    """What stands in a head after its divisions."""

    roads: list[int] = field(default_factory=list)
    estates: list[int] = field(default_factory=list)
    number: str | None = None
    leftovers: list[tuple[str, bool]] = field(default_factory=list)  # text, before the number
    has_road: bool = False
    has_estate: bool = False
    mended: list[tuple[Likeness, int]] = field(default_factory=list)  # with the number of names
    has_exact: bool = False  # whether another name stood beside the misspelt one


class SiteFinder:
    """Finds the site that the head of an address names, in one register."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._levels = register.nodes["level"]
        self._parents = register.nodes["parent"]
        self._known = _read_prefixes(register)

    def find(self, head: str) -> Site:
        """Find the site of a head.

        Exact names come first, then names that sound or look alike; house numbers are compared
        exactly. A division that the register does not cover rules every site out.
        """
        site = Site()
        start, divisions = self._skip_divisions(head)
        if outside := self._outside(divisions):
            site.add("outside", outside)
            site.doubt = MISSING
            return site
        said = self._scan(head[start:])
        self._mend(said, site)
        self._choose(said, site)
        self._filter(site, divisions)
        self._doubt_alone(said, site, divisions)
        return site

    def _skip_divisions(self, head: str) -> tuple[int, dict[str, str]]:
        """Read the divisions, but none that begins a longer name of the register."""
        start, told = 0, {}
        for span in read_divisions(head):
            if self._name_at(head, span.start) > span.end - span.start:
                break
            start = span.end
            told[span.division.kind.value] = span.division.name
        last = start
        for begin, end, kind in read_head(head[start:]):
            if kind not in DIVISION_KINDS or self._name_at(head, start + begin) > end - begin:
                break
            told.setdefault(kind.value, head[start + begin : start + end])
            last = start + end
        return last, told

    def _outside(self, divisions: dict[str, str]) -> str:
        for kind in (Kind.PROVINCE.value, Kind.CITY.value, Kind.DISTRICT.value):
            known = self._known.get(kind)
            if known and kind in divisions and divisions[kind] not in known:
                return divisions[kind]
        return ""

    def _name_at(self, text: str, start: int) -> int:
        """Give the length of the longest registered name that starts here; 0 if none does."""
        names = self.register.by_name
        for end in range(min(len(text), start + LONGEST_NAME), start + 1, -1):
            if text[start:end] in names:
                return end - start
        return 0

    def _scan(self, text: str) -> _Said:
        said, at, loose = _Said(), 0, ""
        while at < len(text):
            hit = _NUMBER.match(text, at) if said.number is None else None
            length = self._name_at(text, at)
            if hit and (not length or hit.end() - at >= length):
                loose = _keep_loose(said, loose, is_before=True)
                said.number = cut_token(hit.group(), _ENDINGS)
                at = hit.end()
            elif length:
                loose = _keep_loose(said, loose, is_before=False)
                self._take_name(said, text[at : at + length])
                at += length
            elif bracket := _BRACKETED.match(text, at):
                at = bracket.end()
            else:
                loose += text[at]
                at += 1
        _keep_loose(said, loose, is_before=False)
        return said

    def _take_name(self, said: _Said, name: str) -> None:
        for node in self.register.by_name[name]:
            if self._levels[node] == "road":
                said.roads.append(node)
                said.has_road = True
            else:
                said.estates.append(node)
                said.has_estate = True

    def _mend(self, said: _Said, site: Site) -> None:
        """Find names that were misspelt in what was left over."""
        for text, is_before in said.leftovers:
            if _NEAR.match(text):
                site.add("beside" if _BESIDE.match(text) else "near", text)
            elif not self._mend_name(said, site, text, is_before=is_before) and not _AREA.fullmatch(
                text
            ):
                beside = said.number is not None and said.has_road
                reason = "unread_beside_number" if beside else "unread"
                site.add("unread_number" if _DIGIT.search(text) else reason, text)
                said.has_estate |= (
                    not is_before and not said.has_estate and bool(said.number is None)
                )

    def _mend_name(self, said: _Said, site: Site, text: str, *, is_before: bool) -> bool:
        wants_road = (is_before or bool(_ROAD_ENDING.search(text))) and not said.has_road
        found = self.register.similar.find(text)
        if found is None or not (wants_road or not said.has_estate):
            return False
        likeness, names = found
        level_is_road = wants_road
        nodes = [
            node
            for name in names
            for node in self.register.by_name[name]
            if (self._levels[node] == "road") == level_is_road
        ]
        if not nodes:
            return False
        if wants_road:
            said.roads, said.has_road = nodes, True
        else:
            said.estates, said.has_estate = nodes, True
        site.add(_LIKENESS[likeness], f"{text}={'|'.join(names[:3])}")
        said.mended.append((likeness, len(names)))
        said.has_exact |= said.has_estate if wants_road else said.has_road
        return True

    def _choose(self, said: _Said, site: Site) -> None:
        """Bring road, number and estate together."""
        numbers = self._numbers(said)
        if said.estates:
            self._choose_estate(said, numbers, site)
        elif numbers:
            site.nodes = numbers + [
                estate for n in numbers for estate in self.register.estates_at.get(n, [])
            ]
        elif said.roads:
            site.nodes = list(dict.fromkeys(said.roads))
            if said.number is not None:
                site.add("number_unknown", said.number)
        else:
            site.add("site_unknown")

    def _doubt_alone(self, said: _Said, site: Site, divisions: dict[str, str]) -> None:
        """Doubt a misspelt name that nothing else in the text bears out: it may be another place.

        A road or estate spelt right bears it out; a subdistrict does so for a name that sounds or
        looks the same. Where several names are as near, nothing does.
        """
        for likeness, n_names in said.mended:
            agrees = not any("disagrees" in reason for reason in site.reasons)
            if said.has_exact and agrees and n_names == 1 and len(said.mended) == 1:
                continue
            wanted = divisions.get(Kind.SUBDISTRICT.value)
            borne_out = wanted is not None and all(
                wanted in self.register.prefixes.get(node, "") for node in site.nodes
            )
            is_close = likeness <= Likeness.LOOK and n_names == 1
            site.add("alone" if not (is_close and borne_out) else "borne_out")

    def _numbers(self, said: _Said) -> list[int]:
        if said.number is None:
            return []
        token = said.number
        held = self.register.by_number
        found = [n for road in said.roads for n in held.get((road, token), [])]
        return list(dict.fromkeys(found))

    def _choose_estate(self, said: _Said, numbers: list[int], site: Site) -> None:
        estates = list(dict.fromkeys(said.estates))
        fitting = [e for e in estates if self._parents[e] in numbers]
        on_road = [e for e in estates if self._has_above(e, said.roads)]
        if fitting or (not said.roads and said.number is None):
            site.nodes = fitting or estates
        elif on_road:
            site.nodes = on_road
            if said.number is not None:
                site.add("number_disagrees", said.number)
        else:
            site.nodes = estates
            if said.roads:
                site.add("road_disagrees")
            elif said.number is not None and not any(
                self._own_number(e) == said.number for e in estates
            ):
                site.add("number_disagrees", said.number)

    def _own_number(self, node: int) -> str | None:
        parent = self._parents[node]
        if parent < 0 or self._levels[parent] != "number":
            return None
        return cut_token(self.register.nodes["name"][parent], _ENDINGS)

    def _has_above(self, node: int, wanted: list[int]) -> bool:
        while node >= 0:
            if node in wanted:
                return True
            node = self._parents[node]
        return False

    def _filter(self, site: Site, divisions: dict[str, str]) -> None:
        """Where a name stands in several places, keep those in the subdistrict that was named."""
        wanted = divisions.get(Kind.SUBDISTRICT.value)
        if wanted is None or not site.nodes:
            return
        kept = [n for n in site.nodes if wanted in self.register.prefixes.get(n, wanted)]
        if kept:
            site.nodes = kept
        elif wanted in self._known.get(Kind.SUBDISTRICT.value, set()):
            site.add("subdistrict_disagrees", wanted)


def _keep_loose(said: _Said, loose: str, *, is_before: bool) -> str:
    """Put by what no name or number covered; returns the empty string to go on with."""
    text = loose.strip(_SKIPPED)
    if text:
        said.leftovers.append((text, is_before))
    return ""


def _read_prefixes(register: Register) -> dict[str, set[str]]:
    """Collect the names of the divisions that the register's sites stand in."""
    known: dict[str, set[str]] = {}
    for prefix in register.sites["prefix"].unique():
        for span in read_divisions(prefix):
            known.setdefault(span.division.kind.value, set()).add(span.division.name)
    return known
