"""Link again at the cost of what changed: what the engine keeps, as frames of a run, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from fangge.engine.linkage.incremental import TABLES, link_all, link_changes
from fangge.engine.linkage.incremental import Kept as Engine
from fangge.engine.linkage.parameters import (
    Parameters,
    dwelling_parameters,
    organisation_parameters,
    read_parameters,
    resident_parameters,
    tenancy_parameters,
)
from fangge.engine.linkage.pipeline import Linked
from fangge.fusion.adapters.kept import Kept
from fangge.fusion.rules.linking import PARTS

PARAMETERS: Mapping[str, Callable[[], Parameters]] = {
    "resident": resident_parameters,
    "organisation": organisation_parameters,
    "dwelling": dwelling_parameters,
    "tenancy": tenancy_parameters,
}
MOST_CHANGED_SHARE = 0.25
"""Beyond it a whole run is no slower."""


@dataclass(frozen=True, slots=True)
class Relinking:
    """What a run before left of one kind of subject, and where this run leaves its own.

    `changed` are the numbers of the record parts that were read anew.
    """

    kind: str
    before: Kept | None
    after: Kept
    changed: pl.Series

    def link(self, parts: pl.DataFrame, decided: pl.DataFrame | None) -> Linked:
        """Link all parts, comparing anew only what the changed ones can touch."""
        base = PARAMETERS[self.kind]()
        # Records are numbered by part: with another list of them nothing kept fits.
        self.after.marks[self._name("base")] = ",".join(PARTS) + base.as_json()
        held = self._load() if self.after.is_as(self.before, self._name("base")) else None
        if held is None or self.changed.len() > MOST_CHANGED_SHARE * parts.height:
            found = link_all(parts, base, decided)
        else:
            fresh = parts.filter(pl.col("record_id").is_in(self.changed.implode()))
            known = held.prepared["record_id"]
            gone = known.filter(~known.is_in(parts["record_id"].implode()))
            found = link_changes(held, fresh, gone, decided)
        self._keep(found)
        return found.linked

    def touched(self, clusters: pl.DataFrame) -> pl.Series | None:
        """Give the clusters whose values must be chosen anew; nothing where all must be."""
        name = self._name("members")
        members = clusters.select("record_id", "cluster")
        self.after.frames[name] = members
        before = self.before.frames.get(name) if self.before else None
        if before is None:
            return None
        moved = members.join(before, on=["record_id", "cluster"], how="anti")
        left = before.join(members, on=["record_id", "cluster"], how="anti")
        again = members.filter(pl.col("record_id").is_in(self.changed.implode()))
        return pl.concat([moved["cluster"], left["cluster"], again["cluster"]]).unique()

    def subjects_before(self) -> pl.DataFrame | None:
        return self.before.frames.get(self._name("subjects")) if self.before else None

    def keep_subjects(self, subjects: pl.DataFrame) -> None:
        self.after.frames[self._name("subjects")] = subjects

    def _name(self, what: str) -> str:
        return f"engine.{self.kind}.{what}"

    def _load(self) -> Engine | None:
        if self.before is None or self._name("fitted") not in self.before.marks:
            return None
        fitted = read_parameters(self.before.marks[self._name("fitted")])
        tables = {what: self.before.frames[self._name(what)] for what in TABLES}
        return Engine.of_tables(fitted, tables)

    def _keep(self, found: Engine) -> None:
        self.after.marks[self._name("fitted")] = found.parameters.as_json()
        for what, table in found.tables().items():
            self.after.frames[self._name(what)] = table
