"""Carry out the acts: what each kind checks on its day, and what it then changes."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from fangge.kernel.errors import Conflict, Invalid
from fangge.registers.actions.acts.writing import ActWriter, carried
from fangge.registers.models.act import ActKind, AddressAct, AddressSuccession
from fangge.registers.models.address import Address, AddressAlias
from fangge.registers.rules.acts import (
    DIVIDED_INTO,
    FEWEST_PARTS,
    MOST_PARTS,
    NAMED,
    earliest_on,
    fault_of_name,
    may_stand_below,
)

FAULTS = {
    "empty": "Say the new name.",
    "unfit": "A name has at most 60 characters, without spaces, commas or semicolons.",
    "ending": "The number ends otherwise on this level, such as 12号, 3幢, 2单元 or 501室.",
}


class ActRefused(Invalid):
    """The act does not fit this address; the message says why."""


class NameClash(Conflict):
    """Another address beside it has this name already."""


def carry_out(act: AddressAct, now: datetime) -> None:
    """Do what an act says, now that its day has come."""
    writer = ActWriter(act, now)
    CARRIERS[ActKind(act.kind)](writer, act)
    writer.finish()


def check_act(act: AddressAct) -> None:
    """Raise `ActRefused` or `NameClash` when an act cannot be carried out as things stand."""
    address = act.address
    if address.ends_on is not None:
        raise ActRefused(_("This address has ended. What became of it stands on its page."))
    last_on = last_acted_on(address)
    if act.effective_on < earliest_on(address.starts_on, last_on):
        raise ActRefused(
            _("It cannot take effect before %(day)s, when the address began or last changed.")
            % {"day": earliest_on(address.starts_on, last_on).isoformat()}
        )
    CHECKS[ActKind(act.kind)](act, address)


def last_acted_on(address: Address) -> date | None:
    """Give the day of the last act on an address that was carried out and holds."""
    held = AddressAct.objects.filter(address=address, is_current=True, applied_at__isnull=False)
    return held.order_by("-effective_on").values_list("effective_on", flat=True).first()


def _check_name(act: AddressAct, address: Address) -> None:
    if (address.level in NAMED) != (act.kind == ActKind.RENAME):
        raise ActRefused(_("Roads and estates are renamed, what has a number is renumbered."))
    name = act.details["name"]
    _check_fit(address.level, name)
    if name == address.name:
        raise ActRefused(_("It has this name already."))
    prefix = address.full_name.removesuffix(address.name)
    _check_free(address.level, prefix + name)


def _check_fit(level: str, name: str) -> None:
    if fault := fault_of_name(level, name):
        raise ActRefused(_(FAULTS[fault]))


def _check_free(level: str, full_name: str) -> None:
    held = Address.objects.filter(full_name=full_name, level=level, ends_on=None).first()
    if held is not None:
        raise NameClash(
            _("%(name)s stands there already, with the code %(code)s.")
            % {"name": full_name, "code": held.code}
        )


def _check_move(act: AddressAct, address: Address) -> None:
    parent = Address.objects.get(pk=act.details["parent"])
    if parent.ends_on is not None or not may_stand_below(address.level, parent.level):
        raise ActRefused(_("It cannot stand below %(name)s.") % {"name": parent.full_name})
    if parent.pk == address.parent_id:
        raise ActRefused(_("It stands there already."))
    above: Address | None = parent
    while above is not None:
        if above.pk == address.pk:
            raise ActRefused(_("It cannot stand below itself."))
        above = above.parent
    _check_free(address.level, carried(parent) + address.name)


def _check_split(act: AddressAct, address: Address) -> None:
    parts, is_below = act.details["parts"], act.details["below"]
    level = DIVIDED_INTO.get(address.level) if is_below else address.level
    if level is None:
        raise ActRefused(_("Only a building or a single house is divided into units."))
    if address.level in NAMED:
        raise ActRefused(_("A road or an estate is not split. Move what stands below it."))
    if not FEWEST_PARTS <= len(parts) <= MOST_PARTS or len(set(parts)) < len(parts):
        raise ActRefused(_("Name two to twenty parts, each once."))
    prefix = carried(address) if is_below else address.full_name.removesuffix(address.name)
    for part in parts:
        _check_fit(level, part)
        _check_free(level, prefix + part)


def _check_merge(act: AddressAct, address: Address) -> None:
    into = Address.objects.get(pk=act.details["into"])
    if into.pk == address.pk or into.level != address.level or into.ends_on is not None:
        raise ActRefused(_("Choose a standing address of the same level to merge it into."))
    held = set(into.children.filter(ends_on=None).values_list("name", flat=True))
    both = held & set(address.children.filter(ends_on=None).values_list("name", flat=True))
    if both:
        raise NameClash(
            _("Both have %(names)s. Renumber these first.") % {"names": "、".join(sorted(both)[:5])}
        )


def _check_nothing(_act: AddressAct, _address: Address) -> None:
    """Any standing address may be retired."""


def _rename(writer: ActWriter, act: AddressAct) -> None:
    writer.rename(act.address, act.details["name"])


def _move(writer: ActWriter, act: AddressAct) -> None:
    writer.move(act.address, Address.objects.get(pk=act.details["parent"]))


def _retire(writer: ActWriter, act: AddressAct) -> None:
    writer.retire(act.address)


def _split(writer: ActWriter, act: AddressAct) -> None:
    address, is_below = act.address, act.details["below"]
    children = list(address.children.filter(ends_on=None).order_by("id"))
    level = DIVIDED_INTO.get(address.level, "")
    parts = [
        writer.create_below(address, level, name)
        if is_below
        else writer.create_beside(address, name)
        for name in act.details["parts"]
    ]
    placing = act.details["placing"]
    for child in children:
        part = parts[int(placing.get(str(child.pk), 0))]
        if may_stand_below(child.level, part.level):
            writer.move(child, part)
    if not is_below:
        for part in parts:
            writer.lead(address, part)
        writer.retire(address)


def _merge(writer: ActWriter, act: AddressAct) -> None:
    address, into = act.address, Address.objects.get(pk=act.details["into"])
    for child in address.children.filter(ends_on=None).order_by("id"):
        writer.move(child, into)
    writer.lead(address, into)
    writer.retire(address)


def _undo(writer: ActWriter, act: AddressAct) -> None:
    """Put back every value that an act changed, and end what it made."""
    undone = act.undoes
    if undone is None or undone.applied_at is None:
        return
    former = undone.former
    for pk, values in former["changed"].items():
        writer.put_back(Address.objects.select_related("parent").get(pk=pk), values)
    for address in Address.objects.filter(pk__in=former["ended"]):
        writer.reopen(address)
    for made in Address.objects.filter(pk__in=former["created"]):
        writer.retire(made)
    Address.objects.filter(pk__in=former["unheld"]).update(is_held=False)
    AddressAlias.objects.filter(pk__in=former["aliases"]).update(is_current=False)
    AddressSuccession.objects.filter(act=undone).update(is_current=False)


CARRIERS: Mapping[ActKind, Callable[[ActWriter, AddressAct], None]] = {
    ActKind.RENAME: _rename,
    ActKind.RENUMBER: _rename,
    ActKind.MOVE: _move,
    ActKind.RETIRE: _retire,
    ActKind.SPLIT: _split,
    ActKind.MERGE: _merge,
    ActKind.UNDO: _undo,
}
CHECKS: Mapping[ActKind, Callable[[AddressAct, Address], None]] = {
    ActKind.RENAME: _check_name,
    ActKind.RENUMBER: _check_name,
    ActKind.MOVE: _check_move,
    ActKind.RETIRE: _check_nothing,
    ActKind.SPLIT: _check_split,
    ActKind.MERGE: _check_merge,
    ActKind.UNDO: _check_nothing,
}
