"""Who meets at a case."""

from datetime import datetime

import pytest
from tests.fangge.cases.people import People, gather_people


@pytest.fixture
def people(noon: datetime) -> People:
    return gather_people(noon)
