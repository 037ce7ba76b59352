"""What a department's clerk gets wrong about people."""

import numpy as np
import polars as pl

from fangge.engine.synthesis.identifiers import PHONE_BASE
from fangge.engine.synthesis.mistakes import (
    blank_values,
    misspell_names,
    mistype_digits,
    restyle_names,
    turn_dates,
)
from fangge.engine.synthesis.noise import Rates


def sample_known(
    subjects: pl.DataFrame, coverage: float, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Take those whom a source knows, some of them twice, in the source's own order."""
    known = np.flatnonzero(rng.random(subjects.height) < coverage)
    twice = known[rng.random(known.size) < rates.duplicated]
    order = rng.permutation(known.size + twice.size)
    rows = subjects[np.concatenate([known, twice])[order]]
    return rows, {"duplicated": pl.Series(order >= known.size)}


def spoil_people(
    people: pl.DataFrame, rates: Rates, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Write people down as their department does, with its mistakes.

    Returns
    -------
    polars.DataFrame
        The people, with their birth date as text in `birth_text`.
    dict of str to boolean series
        The rows that each kind of noise touched.
    """
    n_rows = people.height
    born = people["birth_on"].dt.strftime("%Y-%m-%d")
    births = turn_dates(born, rates.birth_mistyped, rng)
    others = pl.Series(PHONE_BASE + rng.integers(0, 10**9, n_rows)).cast(pl.String)
    changed = pl.Series(rng.random(n_rows) < rates.phone_changed) & people["phone"].is_not_null()
    phones = blank_values(people["phone"].zip_with(~changed, others), rates.phone_missing, rng)
    typed = mistype_digits(people["identifier"], rates.identifier_mistyped, rng)
    misspelt = misspell_names(people["name"], rates.name_misspelt, rng)
    names = restyle_names(misspelt, rates.name_restyled, rng)
    spoilt = people.with_columns(
        name=names,
        identifier=blank_values(typed, rates.identifier_missing, rng),
        phone=phones,
        birth_text=births,
    )
    missing = spoilt["identifier"].is_null()
    return spoilt, {
        "identifier_missing": missing,
        "identifier_mistyped": (typed != people["identifier"]) & ~missing,
        "name_misspelt": misspelt != people["name"],
        "name_restyled": names != misspelt,
        "phone_missing": phones.is_null() & people["phone"].is_not_null(),
        "phone_changed": changed & phones.is_not_null(),
        "birth_mistyped": births != born,
    }
