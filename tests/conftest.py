"""What every test stands on: a database of the tests' own with a small district in it, and noon."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What lands is judged by the same examples each time; whoever runs the tests at a desk explores.
settings.register_profile(
    "landing",
    derandomize=True,
    deadline=None,  # the machine is shared
    suppress_health_check=[HealthCheck.too_slow],
)
if os.environ.get("CI"):
    settings.load_profile("landing")

# A larger district makes a better picture for the README, and a slower run.
RESIDENTS, SEED = int(os.environ.get("FANGGE_TEST_RESIDENTS", "1500")), 11


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hash passwords of the tests quickly; the site reads such hashes as it reads its own."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["tests.hashing.QuickHasher"]):
        yield


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated district of a few grids, as departments send it."""
    from fangge.fusion.actions.generate import write_district

    folder = tmp_path_factory.mktemp("generated") / "district"
    write_district(
        folder=folder, n_residents=RESIDENTS, seed=SEED, noise="usual", tell=lambda *_: None
    )
    return folder


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: object,
    district: Path,
) -> Iterator[None]:
    """Make the test database once and run the main job into it; tests see it and change nothing."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from fangge.command.demo import run_main_job
    from fangge.command.output import Teller

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        config = setup_databases(verbosity=0, interactive=False)
        run_main_job(district, Teller(is_quiet=True))
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        # The browser's event loop has connections of its own, which nobody else closes.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(config, verbosity=0)
