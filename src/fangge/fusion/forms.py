"""The form of a life event: its fields in order, what was typed, and what is wrong at each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fangge.fusion.rules.life import SHAPES

TAIL = ("reason", "evidence", "legal_basis")
DATES = ("effective_on", "until_on", "birth_on")


@dataclass(frozen=True, slots=True)
class FormField:
    name: str
    value: str = ""
    rules: Sequence[str] = ()
    is_required: bool = False

    @property
    def kind(self) -> str:
        return "date" if self.name in DATES else self.name


@dataclass(frozen=True, slots=True)
class EventForm:
    event: str
    fields: list[FormField]
    whole: list[str] = field(default_factory=list)

    @property
    def is_faulty(self) -> bool:
        return bool(self.whole) or any(one.rules for one in self.fields)


def make_event_form(
    event: str, values: Mapping[str, str], faults: Sequence[tuple[str, str]] = ()
) -> EventForm:
    """Put an event's fields in the order a person is asked for them."""
    shape = SHAPES[event]
    asks = [name for name in shape.asks if name not in {"until_on", "from_address"}]
    late = [name for name in shape.asks if name == "until_on"]
    when = [] if event == "correction" else ["effective_on", *late]
    names = [*asks, *when, *TAIL]
    required = {*shape.required, "effective_on", "reason"}
    return EventForm(
        event=event,
        fields=[
            FormField(
                name=name,
                value=values.get(name, ""),
                rules=list(dict.fromkeys(rule for where, rule in faults if where == name)),
                is_required=name in required,
            )
            for name in names
        ],
        whole=[rule for where, rule in faults if where not in names],
    )
