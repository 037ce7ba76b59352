"""How commands speak: progress on stderr for people, one JSON object on stdout for machines."""

import json
import sys
import time
from collections.abc import Mapping

import click


class Teller:
    """Tells each finished stage: its seconds, its rows a second, and about how long is left.

    `costs` gives each stage's usual share of the whole; without it no time left is told.
    """

    def __init__(self, *, is_quiet: bool, costs: Mapping[str, float] | None = None) -> None:
        self.is_quiet = is_quiet
        self.seconds: dict[str, float] = {}
        self._costs = costs or {}
        self._started = self._last = time.perf_counter()
        self._rows = 0

    def count(self, n_rows: int) -> None:
        """Take note of the rows that the running stage has gone through."""
        self._rows = n_rows

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        seconds = now - self._last
        self.seconds[stage] = round(seconds, 3)
        self._last = now
        if not self.is_quiet:
            rate = f"{self._rows / max(seconds, 1e-3):>10,.0f} rows/s" if self._rows else " " * 17
            click.echo(f"  {stage:<28}{seconds:>8.2f} s{rate}{self._tell_left(now)}", err=True)
        self._rows = 0

    def _tell_left(self, now: float) -> str:
        """Guess the time left from the shares of the stages that are done."""
        done = sum(self._costs.get(stage, 0.0) for stage in self.seconds)
        whole = sum(self._costs.values())
        if not done or done >= whole:
            return ""
        return f"   about {(now - self._started) * (whole - done) / done:,.0f} s left"


def print_json(figures: Mapping[str, object]) -> None:
    json.dump(figures, sys.stdout, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
