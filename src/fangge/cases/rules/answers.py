"""Answers to who reported: texts with placeholders that are filled from the case."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fangge.cases.rules.publicity import LONG_NUMBER

TOLD_TO_REPORTER = ("reject", "report_result", "close")
"""Verbs whose words are meant for who reported; all others are for the offices."""

PLACEHOLDERS = {
    "编号": "number",
    "类别": "category",
    "地点": "place",
    "期限": "due",
    "部门": "desk",
    "结果": "result",
}
"""What a text may name in braces, and the fact that stands in its stead.

No case holds its result: who answers writes it each time, and nothing is sent before."""
PLACEHOLDER = re.compile(r"[{｛]([^{}｛｝]*)[}｝]")
LONGEST_TITLE = 80
LONGEST_TEXT = 500
SAMPLE = {
    "number": "20261123-000001",
    "category": "道路破损",
    "place": "平江路2号",
    "due": "11月30日",
    "desk": "市政设施",
}
"""The case that a preview is filled from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One version of an answer; 0 came with the product, and no category means every one."""

    code: str
    title: str
    verb: str
    category: str
    text: str
    version: int = 0
    is_offered: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of an answer; `detail` is what it is about."""

    field: str
    code: str
    detail: str = ""


@cache
def shipped_answers() -> Mapping[str, Answer]:
    """Read the answers that come with the product, by code."""
    file = resources.files("fangge.cases") / "tables" / "answers.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["answers"]
    return {
        row["code"]: Answer(
            row["code"], row["title"], row["verb"], row.get("category", ""), row["text"].strip()
        )
        for row in rows
    }


def check_answer(answer: Answer, categories: Collection[str]) -> list[Fault]:
    """Say what bars an answer from being offered."""
    return [
        *_check_length("title", answer.title, LONGEST_TITLE),
        *_check_length("text", answer.text, LONGEST_TEXT),
        *_check_text(answer.text),
        *([] if answer.verb in TOLD_TO_REPORTER else [Fault("verb", "unknown", answer.verb)]),
        *(
            []
            if not answer.category or answer.category in categories
            else [Fault("category", "unknown", answer.category)]
        ),
    ]


def _check_length(field: str, text: str, most: int) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(field, "empty")
    if len(text) > most:
        yield Fault(field, "too_long", str(most))


def _check_text(text: str) -> Iterator[Fault]:
    for name in dict.fromkeys(PLACEHOLDER.findall(text)):
        if name.strip() not in PLACEHOLDERS:
            yield Fault("text", "unknown_placeholder", name)
    if re.search("[{}｛｝]", PLACEHOLDER.sub("", text)):
        yield Fault("text", "brace")
    # The page of who reported hides such a number, so a text must not send people to it.
    if number := LONG_NUMBER.search(text):
        yield Fault("text", "hidden_number", number[0])


def fill_answer(text: str, facts: Mapping[str, str]) -> str:
    """Put the facts of a case into a text; a placeholder whose fact is lacking stays."""

    def fill(found: re.Match[str]) -> str:
        return facts.get(PLACEHOLDERS.get(found[1].strip(), "")) or found[0]

    return PLACEHOLDER.sub(fill, text)


def find_unfilled(text: str) -> str:
    """Give the first placeholder that still waits to be filled, or ""."""
    names = (found[1].strip() for found in PLACEHOLDER.finditer(text))
    return next((name for name in names if name in PLACEHOLDERS), "")


def fits_case(answer: Answer, *, verb: str, category: str) -> bool:
    """Tell whether an answer is offered when somebody does this to a case of that category."""
    return answer.is_offered and answer.verb == verb and answer.category in {"", category}
