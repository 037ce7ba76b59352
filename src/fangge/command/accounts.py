"""The demo's accounts: one for each role, with passwords made on this machine."""

import json
import secrets
from dataclasses import dataclass

from fangge.access.actions.staff import assign_role, register_staff
from fangge.areas.queries import first_area
from fangge.command.setup import data_folder
from fangge.kernel import clock
from fangge.kernel.actor import system_actor

ACCOUNTS = {
    "steward": ("陈数据", "steward"),
    "dispatcher": ("周调度", "dispatcher"),
    "grid": ("吴网格", "grid_worker"),
    "officer": ("沈警务", "community_officer"),
    "handler": ("钱处置", "handler"),
    "analyst": ("顾分析", "analyst"),
    "auditor": ("陆审计", "auditor"),
    "security": ("许安全", "security_administrator"),
    "system": ("朱系统", "system_administrator"),
}
IN_ONE_GRID = {"grid"}
IN_ONE_COMMUNITY = {"officer"}


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    password: str
    role: str


def make_demo_accounts() -> list[Account]:
    """Make one account for each role; their passwords stay in a private file and are shown."""
    actor = system_actor("demo", verbs=("staff.assign",))
    path = data_folder() / "demo-accounts.json"
    passwords = json.loads(path.read_text()) if path.exists() else {}
    made = []
    for username, (name, role) in ACCOUNTS.items():
        password = passwords.setdefault(username, secrets.token_urlsafe(12))
        staff = register_staff(
            actor=actor,
            username=username,
            name=name,
            password=password,
            is_temporary=False,
            now=clock.now(),
        )
        kind = "grid" if username in IN_ONE_GRID else "community"
        is_local = username in IN_ONE_GRID | IN_ONE_COMMUNITY
        area = first_area(kind=kind) if is_local else None
        assign_role(actor=actor, staff=staff, role=role, area=area, now=clock.now())
        made.append(Account(username, password, role))
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords))
    return made
