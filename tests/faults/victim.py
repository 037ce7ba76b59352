"""A process that starts link runs in children of its own, so that each can be killed at once.

It has imported everything and used nothing: a child that is forked off needs no time to begin.
Asked with a line on its input: `run`, `stage CODE PATH DAY`, `limit BYTES`; it tells the child's
number, and when the child ended, how.
"""

import os
import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from fangge.fusion.actions.ingest import stage_file  # noqa: E402 - Django comes first
from fangge.fusion.actions.link import link_registers, linking_actor  # noqa: E402
from fangge.kernel.actor import system_actor  # noqa: E402
from fangge.kernel.errors import FanggeError  # noqa: E402

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def link() -> str:
    run = link_registers(actor=linking_actor(), tell=say, now=NOON)
    return f"done {'everything' if run.is_full else 'changes'}"


def stage(code: str, path: str, day: str) -> str:
    batch = stage_file(
        actor=system_actor("test", verbs=("batches.ingest",)),
        source_code=code,
        path=Path(path),
        tell=lambda _: None,
        now=NOON + timedelta(days=int(day)),
    )
    return f"staged {batch.state} {batch.n_missing} {batch.is_missing_asked}"


def act(line: str, limit: int) -> int:
    """Do one thing in a child and give the status it ends with."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    name, *words = line.split()
    try:
        say(link() if name == "run" else stage(*words))
    except FanggeError as error:
        say("told " + " ".join(str(error).split()))
        return 3
    return 0


def main() -> None:
    limit = 0
    for line in sys.stdin:
        if line.startswith("limit"):
            limit = int(line.split()[1])
            continue
        child = os.fork()
        if child == 0:
            # Nothing of the parent's is tidied up by the child.
            os._exit(act(line, limit))
        say(f"child {child}")
        _, status = os.waitpid(child, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
