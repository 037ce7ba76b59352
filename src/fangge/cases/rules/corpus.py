"""The synthetic corpus: sentences put together from templates, the same ones each time."""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

HELD_OUT = 4
"""Every so many-th template of a category is never learnt from, only tried."""
PER_TEMPLATE = 14


@dataclass(frozen=True, slots=True)
class Sentence:
    """A report as somebody might write it, and its category."""

    text: str
    category: str
    template: int
    is_held_out: bool


def write_corpus(*, seed: int) -> list[Sentence]:
    """Put the corpus together from the templates that come with the product."""
    file = resources.files("fangge.cases") / "tables" / "corpus.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return list(_write(table, random.Random(seed)))  # noqa: S311 - sentences, no secret


def _write(table: dict[str, Any], chance: random.Random) -> Iterator[Sentence]:
    number = 0
    for category, templates in table["categories"].items():
        for place, template in enumerate(templates):
            for _ in range(PER_TEMPLATE):
                text = _fill(template, table["slots"], chance)
                yield Sentence(
                    _roughen(text, table, chance), category, number, place % HELD_OUT == 1
                )
            number += 1


def _fill(template: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    for name, words in slots.items():
        while f"{{{name}}}" in template:
            template = template.replace(f"{{{name}}}", chance.choice(words), 1)
    return template


def _roughen(text: str, table: dict[str, Any], chance: random.Random) -> str:
    """Begin and end as people do, and now and then leave a character out."""
    text = chance.choice(table["begins"]) + text + chance.choice(table["ends"])
    if chance.random() < 0.15:  # noqa: PLR2004 - a share
        place = chance.randrange(len(text))
        text = text[:place] + text[place + 1 :]
    return text
