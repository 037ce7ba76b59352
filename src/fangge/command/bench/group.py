"""`fangge bench`: figures beside a peer, interleaved in one run; ratios count, times do not."""

import click

from fangge.command.lazy import LazyGroup

BENCHES = ("tiles", "fusion", "load", "address", "access", "cases")
"""Each is a file of its own beside this one."""


@click.group(
    "bench", cls=LazyGroup, modules={name: f"fangge.command.bench.{name}" for name in BENCHES}
)
def command() -> None:
    """Measure Fangge beside its peers, in one run."""
