"""What the rental office files: agreements about dwellings that are let, some of them renewed."""

from datetime import timedelta

import numpy as np
import polars as pl

from fangge.engine.synthesis.breakage import Extract, break_rows
from fangge.engine.synthesis.clerks import spoil_people
from fangge.engine.synthesis.mistakes import blank_values
from fangge.engine.synthesis.noise import Rates
from fangge.engine.synthesis.people import People
from fangge.engine.synthesis.streets import Streets
from fangge.engine.synthesis.truth import answer_rows
from fangge.engine.synthesis.writing import write_addresses

AGREEMENT_COVERAGE, RENEWED = 0.85, 0.15
NUMBER_UNSAID, AREA_UNSAID = 0.25, 0.1
YEAR = timedelta(days=365)


def name_tenancies(codes: pl.Series, persons: pl.Series, starts: pl.Series) -> pl.Series:
    """Name each true tenancy: one tenant in one dwelling from one day."""
    return pl.select(pl.format("{}/{}/{}", codes, persons.cast(pl.String), starts)).to_series()


def send_agreements(
    people: People,
    streets: Streets,
    let: pl.DataFrame,
    rates: Rates,
    rng: np.random.Generator,
) -> tuple[Extract, pl.DataFrame]:
    """Send the agreements that were filed about dwellings let, with the one before if renewed.

    `let` has home, person, number, area, use, starts and ends, as the housing office knows them.
    A renewed agreement took the place of one that ran for the year before it.
    """
    known = let.filter(pl.Series(rng.random(let.height) < AGREEMENT_COVERAGE))
    began = pl.col("starts").str.to_date("%Y-%m-%d")
    before = known.filter(pl.Series(rng.random(known.height) < RENEWED)).with_columns(
        starts=(began - YEAR).dt.strftime("%Y-%m-%d"), ends="starts"
    )
    rows = pl.concat([known, before])
    rows = rows[rng.permutation(rows.height)]
    n_rows = rows.height
    texts, noise = write_addresses(streets.rooms[rows["home"]], rates, rng)
    tenants, spoilt = spoil_people(people.residents[rows["person"]], rates, rng)
    numbers = pl.int_range(1, n_rows + 1, eager=True).cast(pl.String).str.zfill(9)
    sent = pl.DataFrame(
        {
            "合同编号": "T" + numbers,
            "房屋编号": blank_values(rows["number"], NUMBER_UNSAID, rng),
            "房屋地址": texts["text"],
            "建筑面积": blank_values(rows["area"], AREA_UNSAID, rng),
            "房屋用途": rows["use"],
            "承租人姓名": tenants["name"],
            "承租人证件号码": tenants["identifier"],
            "承租人电话": tenants["phone"],
            "起租日期": rows["starts"],
            "止租日期": rows["ends"],
            "备案日期": rows["starts"],
        }
    )
    extract, breaks = break_rows(
        Extract("tenancy_agreements", sent, required="房屋地址", dated="起租日期"),
        rates.broken,
        rng,
    )
    broken = pl.DataFrame(breaks).select(pl.any_horizontal(pl.all())).to_series()
    codes = streets.rooms["address_code"].gather(rows["home"])
    source, address = extract.source, ("房屋地址", texts)
    tenancies = name_tenancies(codes, tenants["person"], rows["starts"])
    answers = [
        answer_rows(
            (source, "dwelling"), codes, broken=broken, noise={**noise, **breaks}, address=address
        ),
        answer_rows(
            (source, "tenant"), tenants["person"], broken=broken, noise={**spoilt, **breaks}
        ),
        answer_rows((source, "tenancy"), tenancies, broken=broken, noise=breaks),
    ]
    return extract, pl.concat(answers)
