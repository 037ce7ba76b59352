"""Whether what was typed about an act is well-formed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from fangge.kernel.errors import Invalid
from fangge.kernel.web import read_number

PLACED = "place-"


class FormUnfit(Invalid):
    """A field cannot be read."""


@dataclass(frozen=True, slots=True)
class ActForm:
    """An act as it was typed."""

    act: str
    name: str
    parts: list[str]
    placing: dict[int, int]
    target: str
    typed: str
    effective_on: str
    reason: str

    def day(self) -> date:
        """Give the effective date; raise `FormUnfit` when there is none."""
        try:
            return date.fromisoformat(self.effective_on)
        except ValueError as error:
            raise FormUnfit(_("Choose the day from which it holds.")) from error


def read_act(typed: Mapping[str, str], *, acts: tuple[str, ...], today: date) -> ActForm:
    """Read an act from the fields of its form; an unknown one is the first that is offered."""
    act = typed.get("act", "")
    return ActForm(
        act=act if act in acts else acts[0],
        name=typed.get("name", "").strip(),
        parts=[line.strip() for line in typed.get("parts", "").splitlines() if line.strip()],
        placing={
            row: place
            for field, part in typed.items()
            if (row := read_number(field.removeprefix(PLACED))) is not None
            and (place := read_number(part)) is not None
        },
        target=typed.get("target", ""),
        typed=typed.get("find", "").strip()[:200],
        effective_on=typed.get("effective_on", today.isoformat()),
        reason=typed.get("reason", "").strip(),
    )
