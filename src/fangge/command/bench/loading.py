"""How long a fresh process waits until its first address is read; a program of its own.

`python -m fangge.command.bench.loading` prints seconds by stage: the libraries' own imports and the
start of Numba's engine, then Fangge's modules, its model, and a first text for each reader.
"""

import sys

from fangge.command.bench.measuring import Stopwatch

LIBRARIES = ("libraries", "engine")
TEXTS = {
    "first_by_rules": "苏州市姑苏区平江街道临顿路88号",
    "first_by_tagger": "观前花园那个3-2-501",
}


def main() -> None:
    watch = Stopwatch()
    import numba
    import numpy as np
    import polars as pl
    import pyarrow as pa

    sys.stderr.write(f"{np.__version__} {pa.__version__}\n")
    watch.lap("libraries")
    # What any compiled function makes Numba load, whoever wrote it.
    numba.core.registry.cpu_target.target_context.refresh()
    numba.core.registry.cpu_target.typing_context.refresh()
    watch.lap("engine")
    from fangge.engine.address.reading import Reader
    from fangge.engine.address.tagger import load_model

    watch.lap("modules")
    model = load_model()
    watch.lap("model")
    reader = Reader(model)
    for name, text in TEXTS.items():
        reader.read(pl.Series([text]))
        watch.lap(name)
    watch.tell()


if __name__ == "__main__":
    main()
