"""Keep the contracts of sources, each edit as a version."""

from datetime import datetime
from importlib.resources import files

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.fusion.models.source import ContractVersion, Source
from fangge.fusion.rules.contracts import Contract, ContractUnreadable, read_contract
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid


class ContractRefused(Invalid):
    """The contract cannot be taken; the message names the key and what it should hold."""


class ContractChanged(Conflict):
    """Somebody else kept another version in the meantime."""


@transaction.atomic
def install_contracts(*, actor: Actor, now: datetime) -> list[str]:
    """Install the contracts that ship with Fangge, leaving those that are there."""
    installed = []
    for path in sorted(
        files("fangge.fusion").joinpath("contracts").iterdir(), key=lambda p: p.name
    ):
        if not path.name.endswith(".toml"):
            continue
        text = path.read_text(encoding="utf-8")
        code = read_contract(text).code
        if not Source.objects.filter(code=code).exists():
            keep_contract(actor=actor, code=code, text=text, version=0, now=now)
            installed.append(code)
    return installed


@transaction.atomic
def keep_contract(*, actor: Actor, code: str, text: str, version: int, now: datetime) -> Source:
    """Keep an edited contract, or a new one, as the version after the one that was edited.

    Raises `ContractRefused` with the key that is wrong, and `ContractChanged` when `version` is
    no longer the newest.
    """
    source = Source.objects.select_for_update().filter(code=code).first()
    actor.require("sources.edit")
    try:
        contract = read_contract(text)
    except ContractUnreadable as error:
        raise ContractRefused(str(error)) from error
    if contract.code != code:
        raise ContractRefused(f"contract: `code` is {contract.code}, but this source is {code}")
    if (source.version if source else 0) != version:
        raise ContractChanged(
            "Somebody else changed this contract. Load the page again and compare."
        )
    if source is None:
        source = Source(code=code, version=0)
    source.contract, source.version = text, version + 1
    source.changed_at, source.changed_by = now, actor.reference
    source.save()
    ContractVersion.objects.create(
        source=source,
        version=source.version,
        contract=text,
        changed_at=now,
        changed_by=actor.reference,
    )
    record_act(actor=actor, verb="sources.edit", subject_kind="source", subject_id=code, now=now)
    return source


def contract_of(source: Source) -> Contract:
    return read_contract(source.contract)
