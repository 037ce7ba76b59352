from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUES = sorted(Path("src/fangge").glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))


def test_a_word_is_said_in_one_way_by_every_app() -> None:
    """Catalogues are merged and the first app wins: another sense needs a context of its own."""
    assert CATALOGUES
    said: dict[tuple[str | None, object], dict[str, set[str]]] = defaultdict(dict)
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    words = (message.string,) if isinstance(message.string, str) else message.string
                    said[message.context, message.id].setdefault(str(words), set()).add(
                        path.parts[2]
                    )
    assert not {word: ways for word, ways in said.items() if len(ways) > 1}
