"""`fangge serve`: the site, and the worker for background jobs."""

import os
import socket
import subprocess
import sys

import click

from fangge.command.setup import become_site, open_database

# Those that work, and one for each who looks on at what others do.
THREADS = 8 + 16
# A page that looks on never ends by itself: what still runs so long after the stop is cut off.
SECONDS_TO_END = 5


class PortTaken(click.ClickException):
    """Something else listens there."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def command(*, host: str, port: int) -> None:
    """Serve the site until it is stopped with Ctrl-C."""
    open_database()
    serve_site(host=host, port=port)


def serve_site(*, host: str, port: int) -> None:
    """Serve in this process, with a worker for background jobs beside it, until stopped."""
    _check_port(host, port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangge.config.settings")
    click.echo(
        f"\nOpen http://{'localhost' if host == '127.0.0.1' else host}:{port}/  (Ctrl-C stops it)"
    )
    worker = subprocess.Popen([sys.executable, "-m", "fangge", "work"])
    if not become_site():
        click.echo(
            "The site reaches the database as its owner, so that row-level security does not hold "
            "it back: set FANGGE_SITE_DATABASE_URL, see docs/how-to/database.md.",
            err=True,
        )
    try:
        _serve(host, port)
    finally:
        worker.terminate()
        worker.wait()


def _serve(host: str, port: int) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "fangge.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        log_access=False,
        workers_kill_timeout=SECONDS_TO_END,
    ).serve()


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"Port {port} is taken. Choose another with --port.") from error
