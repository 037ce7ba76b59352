"""How commands speak: progress on stderr for people, one JSON object on stdout for machines."""

import json
import sys
import time
from collections.abc import Mapping

import click


class Teller:
    """Tells each finished stage with its seconds, and how fast rows go by."""

    def __init__(self, *, is_quiet: bool) -> None:
        self.is_quiet = is_quiet
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now
        if not self.is_quiet:
            click.echo(f"  {stage:<28}{self.seconds[stage]:>8.2f} s", err=True)


def print_json(figures: Mapping[str, object]) -> None:
    json.dump(figures, sys.stdout, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
