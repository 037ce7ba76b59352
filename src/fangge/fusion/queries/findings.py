"""Findings as items: by filter, within the actor's area, with what each is about."""

from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, Value, When

from fangge.fusion.models.finding import Finding, FindingState
from fangge.fusion.models.source import Source
from fangge.fusion.rules.contracts import read_contract
from fangge.fusion.rules.quality.library import RULES
from fangge.fusion.rules.quality.shape import Rule
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.web import read_number
from fangge.registers.queries.entries import labels_of

PAGE_ROWS = 50
STATES = tuple(FindingState.values)
RANK = Case(
    When(severity="high", then=Value(0)), When(severity="medium", then=Value(1)), default=Value(2)
)


@dataclass(frozen=True, slots=True)
class Item:
    """A finding with its rule and what it is about; persons by a masked name."""

    finding: Finding
    rule: Rule
    label: str
    link: tuple[str, int | str] | None


def findings_visible_to(actor: Actor) -> QuerySet[Finding]:
    actor.require("findings.see")
    findings = Finding.objects.all()
    return findings if actor.grid_ids is None else findings.filter(grid_id__in=actor.grid_ids)


def list_findings(
    *, actor: Actor, state: str = "open", after: str = "", **chosen: str
) -> tuple[list[Item], str, int]:
    """List findings, the gravest and newest first, with the next page's key and how many fit.

    `chosen` may name rule, dimension, severity, remedy, source, subject and assigned_to.
    """
    found = findings_visible_to(actor)
    if state in STATES:
        found = found.filter(state=state)
    codes = [
        rule.code
        for rule in RULES.values()
        if chosen.get("rule") in {"", None, rule.code}
        and chosen.get("dimension") in {"", None, rule.dimension}
        and chosen.get("owner") in {"", None, rule.owner}
    ]
    found = found.filter(rule__in=codes)
    for name in ("severity", "remedy", "subject", "assigned_to"):
        if chosen.get(name):
            found = found.filter(**{name: chosen[name]})
    n_all = found.count()
    ranked = found.annotate(rank=RANK)
    rank, key = (read_number(part) for part in after.partition("-")[::2])
    if rank is not None and key is not None:
        ranked = ranked.filter(Q(rank__gt=rank) | Q(rank=rank, pk__lt=key))
    rows = list(ranked.order_by("rank", "-id")[: PAGE_ROWS + 1])
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    next_key = f"{last.rank}-{last.pk}" if last else ""
    return as_items(actor, list(rows[:PAGE_ROWS])), next_key, n_all


def get_finding(*, actor: Actor, finding_id: int) -> Item:
    finding = findings_visible_to(actor).filter(pk=finding_id, rule__in=list(RULES)).first()
    if finding is None:
        raise Missing(f"There is no finding {finding_id}.")
    return as_items(actor, [finding])[0]


def as_items(actor: Actor, findings: list[Finding]) -> list[Item]:
    """Say what each finding is about, as this actor may see it, by one query a register."""
    wanted: dict[str, set[int]] = {}
    for finding in findings:
        wanted.setdefault(finding.subject, set()).add(finding.subject_id)
    labels: dict[tuple[str, int], tuple[str, tuple[str, int | str] | None]] = {}
    for subject, ids in wanted.items():
        if subject == "source":
            labels |= _label_sources(ids)
        else:
            labels |= {
                (subject, key): (label, (page, target))
                for key, (label, page, target) in labels_of(
                    actor=actor, kind=subject, ids=ids
                ).items()
            }
    return [
        Item(one, RULES[one.rule], *labels.get((one.subject, one.subject_id), ("—", None)))
        for one in findings
        if one.rule in RULES
    ]


def _label_sources(
    ids: set[int],
) -> dict[tuple[str, int], tuple[str, tuple[str, int | str] | None]]:
    return {
        ("source", source.pk): (
            read_contract(source.contract).title,
            ("fusion:source", source.code),
        )
        for source in Source.objects.filter(pk__in=ids)
    }
