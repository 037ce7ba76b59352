"""Seal anew what an older key sealed of what sources sent."""

from collections.abc import Callable
from datetime import datetime

from fangge.access.actions.second_factor import reseal_code_makers
from fangge.audit.actions import record_act
from fangge.fusion.actions.requests.records import SEALED_REQUEST
from fangge.fusion.adapters.staging import SEALED_ROW
from fangge.fusion.queries.records import SEALED_RECORD
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.registers.actions.reseal import SealedColumn, reseal_column, reseal_registers

PLACE = "batch_id || ':' || row_no"
RECORDS = (
    SealedColumn("fusion_sourcerecord", "sealed", SEALED_RECORD, row=PLACE),
    SealedColumn("fusion_quarantinedrow", "row_sealed", SEALED_ROW, row=PLACE),
    SealedColumn("fusion_changerequest", "row_sealed", SEALED_REQUEST, row="token::text"),
)


def reseal_everything(
    *, actor: Actor, tell: Callable[[str, int], None], now: datetime
) -> dict[str, int]:
    """Seal everything anew that an older key sealed, while others work; give how many values.

    May be stopped and run again. When it is done, no value needs an older key.
    """
    actor.require("keys.rotate")
    n_sealed = reseal_registers(actor=actor, tell=tell)
    n_sealed += sum(reseal_column(held, tell=tell) for held in RECORDS)
    n_sealed += reseal_code_makers()
    number = open_vault().key_number
    record_act(
        actor=actor,
        verb="keys.rotate",
        subject_kind="key",
        subject_id=f"sealing_key.{number}",
        now=now,
    )
    return {"key_number": number, "n_sealed": n_sealed}
