"""Fangge as a contender: read, prepare, link, entries with lineage by field, write.

`python -m fangge.command.bench.own RECORDS_FOLDER OUTPUT` does what `fangge link` does.
"""

import sys
from pathlib import Path

from fangge.command.bench.measuring import Stopwatch
from fangge.command.link import fusing, reading, writing
from fangge.command.link.command import PRECEDENCE


def link(source: str, output: str, kind: str = "residents") -> None:
    watch = Stopwatch()
    ranks = {name: rank for rank, name in enumerate(PRECEDENCE.split(","))}
    given = reading.read_input(Path(source), (kind,))
    watch.lap("read")
    fused = fusing.fuse_records(kind, given, precedence=ranks, tell=watch.lap)
    writing.write_output(Path(output), {kind: fused}, {})
    watch.lap("write")
    watch.tell()


if __name__ == "__main__":
    link(*sys.argv[1:])
