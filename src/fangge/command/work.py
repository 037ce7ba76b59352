"""`fangge work`: do the background jobs; `fangge serve` starts one of these itself."""

import click

from fangge.command.setup import open_database


@click.command("work")
def command() -> None:
    """Do background jobs, such as reading uploaded files, until it is stopped."""
    open_database()
    from django.core.management import call_command

    from fangge.kernel.stage import sweep_stages

    sweep_stages()

    call_command("procrastinate", "worker", "--queues", "fusion,audit,cases", "--concurrency", "1")
