"""Builds things by calling actions, so that impossible states cannot be built."""

from datetime import UTC, datetime
from pathlib import Path

from fangge.access.actions.staff import assign_role, register_staff
from fangge.access.queries import actor_for
from fangge.access.rules import VERBS, Role
from fangge.areas.models import Area
from fangge.fusion.actions.ingest import stage_file
from fangge.kernel import clock
from fangge.kernel.actor import Actor, system_actor

PASSWORD = "bridge-over-water-7"  # noqa: S105 - of test accounts only
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_staff(role: Role, *, area: Area | None = None, username: str = "") -> Actor:
    """Register a person in a role, and give the actor they are."""
    actor = system_actor("test", verbs=("staff.assign",))
    staff = register_staff(
        actor=actor,
        username=username or f"test-{role}",
        name="测试",
        password=PASSWORD,
        is_temporary=False,
        now=clock.now(),
    )
    assign_role(actor=actor, staff=staff, role=role, area=area, now=LONG_AGO)
    return actor_for(staff, now=datetime(2026, 11, 23, tzinfo=UTC))


def steward() -> Actor:
    return Actor(
        reference="staff:steward", name="steward", roles=("steward",), verbs=VERBS[Role.STEWARD]
    )


def send_addresses(
    texts: list[str], *, folder: Path, now: datetime, name: str = "more"
) -> list[int]:
    """Let the population register send a resident for each address text; give their records."""
    columns = (
        "人员编号 姓名 性别 民族 出生日期 公民身份号码 "
        "联系电话 户籍地址 现住址 户号 与户主关系 登记日期"
    )
    rows = [
        [f"{name}{i}", "陆试", "女", "汉族", "1990-01-01", "", "", "", text, "", "", "2026-11-01"]
        for i, text in enumerate(texts)
    ]
    path = folder / f"{name}.csv"
    lines = [",".join(row) for row in [columns.split(), *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    batch = stage_file(
        actor=steward(), source_code="police_population", path=path, tell=lambda _: None, now=now
    )
    assert batch.n_accepted == len(texts)
    return list(batch.records.order_by("row_no").values_list("pk", flat=True))
