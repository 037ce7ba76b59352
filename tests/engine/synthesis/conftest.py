import pytest

from fangge.engine.synthesis.extracts import Generated, generate_district


@pytest.fixture(scope="session")
def district() -> Generated:
    return generate_district(n_residents=12_000, seed=3, noise="usual")


@pytest.fixture(scope="session")
def clean_district() -> Generated:
    return generate_district(n_residents=12_000, seed=3, noise="none")
