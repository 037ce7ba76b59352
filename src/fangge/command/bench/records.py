"""Generate the records of a district alone: a program of its own, so that its memory is too.

`python -m fangge.command.bench.records FOLDER RESIDENTS NOISE SEED`
"""

import sys
from pathlib import Path

from fangge.command.bench.measuring import Stopwatch
from fangge.engine.synthesis.extracts import generate_district
from fangge.engine.synthesis.records import list_records


def write_records(folder: str, residents: str, noise: str, seed: str) -> None:
    watch = Stopwatch()
    made = generate_district(n_residents=int(residents), seed=int(seed), noise=noise)
    for name, table in list_records(made).items():
        table.write_parquet(Path(folder) / f"{name}.parquet")
    watch.lap("generate")
    watch.tell()


if __name__ == "__main__":
    write_records(*sys.argv[1:])
