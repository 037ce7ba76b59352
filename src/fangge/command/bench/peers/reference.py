"""DuckDB's scan, sort and Parquet write of the same rows: what moving the data alone costs.

`python -m fangge.command.bench.peers.reference RECORDS SORTED`
"""

import sys

import duckdb

from fangge.command.bench.measuring import Stopwatch


def sort_rows(records: str, target: str) -> None:
    watch = Stopwatch()
    connection = duckdb.connect()
    connection.execute(
        f"COPY (SELECT * FROM read_parquet('{records}') ORDER BY identifier, name, birth_on) "  # noqa: S608 - paths of our own
        f"TO '{target}' (FORMAT parquet)"
    )
    watch.lap("sort")
    watch.tell()


if __name__ == "__main__":
    sort_rows(*sys.argv[1:])
