"""What the apps' tests share: a small town of two grids, and people to look at it."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from django.test import Client

from fangge.access.actions import assign_role, register_staff
from fangge.access.queries import actor_for
from fangge.areas.actions import import_areas
from fangge.areas.queries import current_areas
from fangge.kernel.actor import Actor, system_actor

AREAS = [
    ("320599", "nbs", "district", "试验区", None, (120.55, 31.25, 120.65, 31.35)),
    ("320599001000", "nbs", "subdistrict", "坊前街道", "320599", (120.60, 31.30, 120.62, 31.31)),
    ("320599001001", "nbs", "community", "格中社区", "320599001000", (120.60, 31.30, 120.62, 31.31)),
    ("320599001001001", "fangge", "grid", "格中社区1号网格", "320599001001",
     (120.60, 31.30, 120.61, 31.31)),
    ("320599001001002", "fangge", "grid", "格中社区2号网格", "320599001001",
     (120.61, 31.30, 120.62, 31.31)),
]  # fmt: skip


@pytest.fixture
def boundaries(tmp_path: Path) -> Path:
    """A boundary file of one district, parts before what holds them."""
    path = tmp_path / "areas.gpkg"
    codes, systems, kinds, names, parents, boxes = zip(*reversed(AREAS), strict=True)
    pyogrio.raw.write(
        path,
        geometry=np.array([shapely.to_wkb(shapely.box(*box)) for box in boxes], dtype=object),
        field_data=[
            *(np.array(column, dtype=object) for column in (codes, systems, kinds, names, parents)),
            np.ones(len(AREAS), dtype=bool),
        ],
        fields=["编码", "编码体系", "类型", "名称", "上级编码", "示意"],
        layer="areas",
        driver="GPKG",
        geometry_type="Polygon",
        crs="EPSG:4490",
    )
    return path


@pytest.fixture
def maker() -> Actor:
    """Whoever sets a test's scene: may bring in and register, but sees nothing."""
    return system_actor(
        "test",
        verbs=(
            "areas.import", "staff.assign", "addresses.register", "dwellings.register",
            "residents.register", "organisations.register", "occupancies.write",
        ),
    )  # fmt: skip


@pytest.fixture
def areas(db: None, boundaries: Path, maker: Actor, noon: datetime) -> dict[str, int]:
    """The town's areas, by the end of their code."""
    import_areas(actor=maker, path=boundaries, starts_on=date(2020, 1, 1), now=noon)
    return {area.code: area.pk for area in current_areas()}


SignIn = Callable[..., tuple[Client, Actor]]


@pytest.fixture
def sign_in(areas: dict[str, int], maker: Actor, noon: datetime) -> SignIn:
    """Sign somebody in with one role, over one area or the whole district."""

    def sign_in(role: str, area_code: str | None = None) -> tuple[Client, Actor]:
        username = f"{role}-{area_code or 'all'}"
        staff = register_staff(
            actor=maker, username=username, name="测试", password="only in this test", now=noon
        )
        held = [area for area in current_areas() if area.code == area_code]
        assign_role(
            actor=maker, staff=staff, role=role, area=held[0] if area_code else None, now=noon
        )
        client = Client()
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        return client, actor_for(staff, now=noon)

    return sign_in
