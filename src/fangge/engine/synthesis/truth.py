"""The answers to the generated district: who and where each row of an extract is about."""

import numpy as np
import polars as pl


def answer_rows(
    spoken_of: tuple[str, str],
    subject: pl.Series,
    *,
    broken: pl.Series,
    noise: dict[str, pl.Series],
    address: tuple[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Write the answers for one role of a source's rows.

    Parameters
    ----------
    spoken_of : (str, str)
        The extract, and the role in which its rows speak of their subjects.
    subject : integer or string series, one for each row
        Stable number of the true person or organisation, or address code of the true dwelling.
    broken : boolean series
        Rows that no reader may accept.
    noise : dict of str to boolean series
        The rows that each kind of noise touched.
    address : (str, polars.DataFrame), optional
        The column that holds an address; its text and the deepest address code it means.

    Returns
    -------
    polars.DataFrame
        source, row_no (from 1), role, subject, address_column, address_text, address_code, noise
        (list of kinds), broken.
    """
    source, role = spoken_of
    n_rows = subject.len()
    nothing = pl.repeat(None, n_rows, dtype=pl.String, eager=True)
    column, written = address or (None, None)
    return pl.DataFrame(
        {
            "source": pl.repeat(source, n_rows, eager=True),
            "row_no": pl.int_range(1, n_rows + 1, eager=True),
            "role": pl.repeat(role, n_rows, eager=True),
            "subject": subject.cast(pl.String),
            "address_column": pl.repeat(column, n_rows, dtype=pl.String, eager=True),
            "address_text": nothing if written is None else written["text"],
            "address_code": nothing if written is None else written["code"],
            "noise": _list_kinds(noise, n_rows),
            "broken": broken,
        }
    )


def _list_kinds(noise: dict[str, pl.Series], n_rows: int) -> pl.Series:
    """List the kinds that touched each row; the few combinations there are, are made once."""
    bits = np.zeros(n_rows, dtype=np.int64)
    for place, flags in enumerate(noise.values()):
        bits |= flags.to_numpy().astype(np.int64) << place
    combinations, which = np.unique(bits, return_inverse=True)
    kinds = list(noise)
    lists = [
        [kind for place, kind in enumerate(kinds) if bits_set >> place & 1]
        for bits_set in combinations.tolist()
    ]
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(which)
