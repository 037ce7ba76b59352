"""How often each value occurs, kept from run to run at the cost of what changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.lookup import distinct
from fangge.engine.linkage.parameters import Parameters
from fangge.engine.linkage.schema import VALUE_COUNTS
from fangge.engine.linkage.scoring import count_steps, count_values


class Counted(NamedTuple):
    """Values in order, and how many records have each."""

    values: Ints
    n: Ints

    def look_up(self, values: Ints) -> tuple[Ints, np.ndarray]:
        """Give how many records have each value, and whether it is listed here."""
        if not self.values.size:
            return np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        there = self.values[at] == values
        return np.where(there, self.n[at], 0), there


NONE = Counted(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by field: of a former run, and of the values that are counted otherwise since."""

    former: Mapping[str, Counted]
    since: Mapping[str, Counted]

    @classmethod
    def of_table(cls, counts: pl.DataFrame) -> "Tally":
        """Take VALUE_COUNTS."""
        former = {
            str(name): Counted(part["value"].to_numpy(), part["n"].to_numpy())
            for (name,), part in counts.partition_by("field", as_dict=True).items()
        }
        return cls(former, {})

    def table(self) -> pl.DataFrame:
        """Give VALUE_COUNTS."""
        parts = [pl.DataFrame(schema=dict(VALUE_COUNTS))]
        for field in sorted({*self.former, *self.since}):
            values = distinct(
                np.concatenate([each.get(field, NONE).values for each in (self.former, self.since)])
            )
            n = self.count(field, values)
            parts.append(_as_table(field, values[n > 0], n[n > 0]))
        return pl.concat(parts)

    def count(self, field: str, values: Ints) -> Ints:
        """Give how many records have each of some values."""
        n, there = self.since.get(field, NONE).look_up(values)
        return np.where(there, n, self.former.get(field, NONE).look_up(values)[0])

    def of(self, prepared: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
        """Give VALUE_COUNTS of the values that some records have."""
        parts = [pl.DataFrame(schema=dict(VALUE_COUNTS))]
        for field in parameters.fields:
            if field.counts_rarity:
                values = distinct(prepared[field.name].to_numpy())
                parts.append(_as_table(field.name, values, self.count(field.name, values)))
        return pl.concat(parts)

    def exchange(
        self, lost: pl.DataFrame, won: pl.DataFrame, parameters: Parameters
    ) -> tuple["Tally", dict[str, Ints]]:
        """Count some prepared records no more, and others anew.

        Gives by field the values that weigh otherwise now and that two records or more have.
        """
        since, rarer = dict(self.since), {}
        less, more = (count_values(each, parameters) for each in (lost, won))
        for field in (field.name for field in parameters.fields if field.counts_rarity):
            parts = [each.filter(field=field) for each in (less, more)]
            changed = distinct(np.concatenate([part["value"].to_numpy() for part in parts]))
            was = now = self.count(field, changed)
            for part, sign in zip(parts, (-1, 1), strict=True):
                n = Counted(part["value"].to_numpy(), part["n"].to_numpy()).look_up(changed)[0]
                now = now + sign * n
            rarer[field] = changed[(count_steps(was) != count_steps(now)) & (now > 1)]
            since[field] = _put_over(self.since.get(field, NONE), Counted(changed, now))
        return replace(self, since=since), rarer


def _put_over(held: Counted, new: Counted) -> Counted:
    values = distinct(np.concatenate([held.values, new.values]))
    n, there = new.look_up(values)
    return Counted(values, np.where(there, n, held.look_up(values)[0]))


def _as_table(field: str, values: Ints, n: Ints) -> pl.DataFrame:
    name = pl.repeat(field, len(values), dtype=pl.String, eager=True)
    return pl.DataFrame({"field": name, "value": values, "n": n}, schema=dict(VALUE_COUNTS))
