"""The one way an act changes addresses: every value is kept, every name is still found."""

from datetime import datetime
from typing import Any

from django.db import connection

from fangge.registers.models.act import AddressAct, AddressSuccession
from fangge.registers.models.address import Address, AddressAlias, AliasKind
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.queries.corrections import path_of
from fangge.registers.rules.acts import NAMED, fresh_code
from fangge.registers.rules.corrections import standard_wording

# The address itself and all below it.
BELOW = """
    WITH RECURSIVE below AS (
        SELECT id FROM registers_address WHERE id = %(top)s
        UNION ALL
        SELECT address.id FROM registers_address address JOIN below ON address.parent_id = below.id
    )
"""


class ActWriter:
    """Carries out one act, and keeps in it what undoes it."""

    def __init__(self, act: AddressAct, now: datetime) -> None:
        self.act, self.now = act, now
        self.former: dict[str, Any] = {
            "changed": {}, "ended": [], "unheld": [], "created": [], "aliases": [],
        }  # fmt: skip

    def finish(self) -> None:
        self.act.former, self.act.applied_at = self.former, self.now
        self.act.save(update_fields=["former", "applied_at"])

    def rename(self, address: Address, name: str) -> None:
        """Give an address a new name; the old one leads to it still."""
        self.keep_name(address, address)
        prefix = address.full_name.removesuffix(address.name)
        self._change(address, name=name, full_name=prefix + name)

    def move(self, address: Address, parent: Address) -> None:
        """Put an address with all below it under another; its old place leads to it still."""
        self.keep_name(address, address)
        values: dict[str, Any] = {
            "parent_id": parent.pk,
            "full_name": carried(parent) + address.name,
        }
        building_id = parent.building_id
        if address.level in {"unit", "floor", "room"} and building_id != address.building_id:
            self._set_below(address, building_id)
            values["building_id"] = building_id
        self._change(address, **values)

    def retire(self, address: Address) -> None:
        """End an address and all that stands below it."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"{BELOW}, ended AS (UPDATE registers_address held SET ends_on = %(on)s, "  # noqa: S608 - a constant
                "is_held = true, changed_at = %(now)s FROM below "
                "WHERE held.id = below.id AND held.ends_on IS NULL RETURNING held.id), "
                "told AS (INSERT INTO registers_entrychange "
                "(kind, entry_id, changed_at, actor, former, since) SELECT 'address', id, "
                "%(now)s, %(actor)s, '{\"ends_on\": null}', jsonb_build_object('ends_on', "
                "%(on)s::date) FROM ended) SELECT id FROM ended",
                self._values(address),
            )
            self.former["ended"] += [row[0] for row in cursor.fetchall()]
        address.refresh_from_db()

    def put_back(self, address: Address, values: dict[str, Any]) -> None:
        """Give an address the values it had, and what stands below it with it."""
        if "building_id" in values:
            self._set_below(address, values["building_id"])
        self._change(address, **values)

    def reopen(self, address: Address) -> None:
        """Let an address that ended by mistake run on."""
        self._keep_history(address, {"ends_on": str(address.ends_on)})
        address.ends_on, address.changed_at = None, self.now
        address.save(update_fields=["ends_on", "changed_at"])

    def create_beside(self, address: Address, name: str) -> Address:
        """Make an address of the same level beside another."""
        prefix = address.full_name.removesuffix(address.name)
        return self._create(address, address.level, address.parent_id, prefix + name, name)

    def create_below(self, address: Address, level: str, name: str) -> Address:
        """Make an address below another."""
        return self._create(address, level, address.pk, carried(address) + name, name)

    def lead(self, address: Address, successor: Address) -> None:
        """Let an address that ends lead to another, by its code and by its name."""
        AddressSuccession.objects.create(address=address, successor=successor, act=self.act)
        self.keep_name(address, successor)

    def keep_name(self, named: Address, address: Address) -> None:
        """Keep today's name of one address as a former name of the one it leads to."""
        name = standard_wording(path_of(named))
        if named.level in NAMED:
            name = named.name
        last = AddressAct.objects.filter(
            address=named, is_current=True, applied_at__isnull=False
        ).exclude(pk=self.act.pk)
        since = last.order_by("-effective_on").values_list("effective_on", flat=True).first()
        alias, is_new = AddressAlias.objects.get_or_create(
            address=address,
            name=name,
            kind=AliasKind.FORMER,
            is_current=True,
            defaults={"starts_on": since or named.starts_on, "ends_on": self.act.effective_on},
        )
        if is_new:
            self.former["aliases"].append(alias.pk)

    def _create(
        self, model: Address, level: str, parent_id: int | None, full_name: str, name: str
    ) -> Address:
        held = Address.objects.filter(code__startswith=f"{model.code[:34]}-N")
        made = Address.objects.create(
            code=fresh_code(model.code, frozenset(held.values_list("code", flat=True))),
            level=level,
            name=name,
            full_name=full_name,
            parent_id=parent_id,
            building_id=model.building_id if level not in {"building", "number"} else None,
            grid_id=model.grid_id,
            position=model.position,
            morton=model.morton,
            starts_on=self.act.effective_on,
            is_held=True,
            changed_at=self.now,
            recorded_at=self.now,
        )
        if level in {"building", "number"}:
            made.building = made
            made.save(update_fields=["building"])
        self.former["created"].append(made.pk)
        return made

    def _change(self, address: Address, **values: Any) -> None:
        """Change an address's own values and the names of all below it; keep what was."""
        old = carried(address)
        former = {name: getattr(address, name) for name in values}
        kept = self.former["changed"].setdefault(str(address.pk), {})
        for name, value in former.items():
            kept.setdefault(name, value)
        if not address.is_held:
            self.former["unheld"].append(address.pk)
        for name, value in values.items():
            setattr(address, name, value)
        address.is_held, address.changed_at = True, self.now
        address.save(update_fields=[*values, "is_held", "changed_at"])
        address = Address.objects.select_related("parent").get(pk=address.pk)
        self._keep_history(address, former)
        self._rewrite_below(address, old, carried(address))

    def _keep_history(self, address: Address, former: dict[str, Any]) -> None:
        EntryChange.objects.create(
            kind=EntryKind.ADDRESS,
            entry_id=address.pk,
            changed_at=self.now,
            actor=self.act.decided_by,
            former=former,
            since=dict.fromkeys(former, self.act.effective_on.isoformat()),
        )

    def _rewrite_below(self, address: Address, old: str, new: str) -> None:
        """Write the new beginning of every full name below an address."""
        if old == new:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"{BELOW}, named AS (SELECT held.id, held.full_name FROM registers_address held "  # noqa: S608 - a constant
                "JOIN below USING (id) WHERE held.id <> %(top)s AND starts_with(held.full_name, "
                "%(old)s)), told AS (INSERT INTO registers_entrychange "
                "(kind, entry_id, changed_at, actor, former, since) SELECT 'address', id, "
                "%(now)s, %(actor)s, jsonb_build_object('full_name', full_name), "
                "jsonb_build_object('full_name', %(on)s::date) FROM named ORDER BY id) "
                "UPDATE registers_address held SET changed_at = %(now)s, "
                "full_name = %(new)s || substr(named.full_name, length(%(old)s) + 1) "
                "FROM named WHERE held.id = named.id",
                self._values(address) | {"old": old, "new": new},
            )

    def _set_below(self, address: Address, value: int | None) -> None:
        """Tell all below an address in which building they stand."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"{BELOW} UPDATE registers_address held SET building_id = %(value)s FROM below "  # noqa: S608 - a constant
                "WHERE held.id = below.id AND held.id <> %(top)s",
                {"top": address.pk, "value": value},
            )

    def _values(self, address: Address) -> dict[str, Any]:
        return {
            "top": address.pk,
            "on": self.act.effective_on,
            "now": self.now,
            "actor": self.act.decided_by,
        }


def carried(address: Address) -> str:
    """Give what the full names below an address begin with; a floor is left out of them."""
    if address.level == "floor" and address.parent is not None:
        return carried(address.parent)
    return address.full_name
