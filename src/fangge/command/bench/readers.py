"""The readers of `fangge bench address`, each a program of its own, run in turn.

`python -m fangge.command.bench.readers NAME FILE` reads a file of one text a line, warms up, reads
all texts and prints its seconds as JSON.
"""

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import IO

from fangge.command.bench.measuring import Stopwatch

N_WARMING = 200
Read = Callable[[list[str]], object]


def _fangge() -> Read:
    from fangge.engine.address.normalise import as_texts
    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import load_model

    model = load_model()
    Reader(model).read(as_texts(["苏州市姑苏区平江街道临顿路88号"]))
    gc.freeze()  # as `fangge address parse` does
    # A new reader each time, so that nothing is remembered from warming up.
    return lambda texts: Reader(model).read(as_texts(texts))


def _cpca() -> Read:
    _lend_pkg_resources()
    import cpca

    transform: Read = cpca.transform
    return transform


def _lend_pkg_resources() -> None:
    """Give cpca the one function it wants of a module that setuptools no longer has."""

    def resource_stream(package: str, name: str) -> IO[bytes]:
        opened: IO[bytes] = files(package).joinpath(name).open("rb")
        return opened

    module = ModuleType("pkg_resources")
    module.__dict__["resource_stream"] = resource_stream
    sys.modules.setdefault("pkg_resources", module)


def _jionlp() -> Read:
    import jionlp

    return lambda texts: [jionlp.parse_location(text) for text in texts]


def _geocoding() -> Read:
    from GeocodingCHN import Geocoding

    geocoding = Geocoding()

    def read_one(text: str) -> object:
        # It fails on texts that it finds no division in.
        with suppress(TypeError, AttributeError):
            return geocoding.normalizing(text)
        return None

    return lambda texts: [read_one(text) for text in texts]


READERS = {"fangge": _fangge, "cpca": _cpca, "jionlp": _jionlp, "GeocodingCHN": _geocoding}


def main() -> None:
    name, source = sys.argv[1:]
    texts = Path(source).read_text(encoding="utf-8").splitlines()
    read = READERS[name]()
    read(texts[:N_WARMING])
    watch = Stopwatch()
    read(texts)
    watch.lap("read")
    watch.tell()


if __name__ == "__main__":
    main()
