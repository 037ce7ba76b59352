"""Life events over what the sources say of their holders, within a link run."""

import polars as pl

from fangge.registers.rules.occupancy import Act, Period, settle_periods


def settle_occupancies(occupancies: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Let life events act on what the sources say of their holders.

    `occupancies` is what `write_occupancies` takes; `acts` has event, subject, entry_id,
    record_id, effective_on, until_on, address_id, grid_id and from_address_id. Only the
    holders that had an event are looked at one by one.
    """
    if acts.is_empty():
        return occupancies
    settled = [occupancies]
    for subject in ("resident", "organisation"):
        column = f"{subject}_id"
        here = acts.filter(pl.col("subject") == subject)
        ids = here["entry_id"].unique()
        chosen = pl.col(column).is_in(ids.implode())
        told = settled[0].filter(chosen.fill_null(value=False))
        settled[0] = settled[0].filter(~chosen.fill_null(value=False))
        settled.append(_settle_holders(told, here, column))
    return pl.concat([part.select(occupancies.columns) for part in settled])


def _settle_holders(told: pl.DataFrame, acts: pl.DataFrame, column: str) -> pl.DataFrame:
    names = ("kind", "address_id", "grid_id", "starts_on", "ends_on", "record_id", "turn")
    periods: dict[int, list[Period]] = {}
    for holder, *values in told.select(column, *names).iter_rows():
        periods.setdefault(holder, []).append(Period(*values))
    by_holder: dict[int, list[Act]] = {}
    fields = ("event", "record_id", "effective_on", "until_on", "address_id", "grid_id",
              "from_address_id")  # fmt: skip
    for holder, *values in acts.select("entry_id", *fields).iter_rows():
        by_holder.setdefault(holder, []).append(Act(*values))
    rows = [
        {column: holder, **{name: getattr(period, name) for name in names}}
        for holder, happened in by_holder.items()
        for period in settle_periods(periods.get(holder, []), happened)
    ]
    other = "organisation_id" if column == "resident_id" else "resident_id"
    schema = {name: told.schema[name] for name in (column, *names)}
    return pl.DataFrame(rows, schema=schema).with_columns(
        pl.lit(None, told.schema[other]).alias(other)
    )
