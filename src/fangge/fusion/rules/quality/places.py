"""Rules about dwellings and addresses: places as the registers hold them."""

from fangge.fusion.rules.quality.shape import LIVE_DWELLINGS, Dimension, Remedy, Rule, Severity

LEAST_M2_EACH = 4
MANY_PEOPLE = 6
SMALLEST_M2, LARGEST_M2 = 5, 2000
MANY_FIRMS = 10

RULES = (
    Rule(
        code="dwelling_without_area",
        name="Dwelling without floor area",
        sentence="Every dwelling has a floor area.",
        dimension=Dimension.COMPLETENESS,
        severity=Severity.LOW,
        subject="dwelling",
        owner="housing_dwellings",
        remedy=Remedy.MEND,
        found=(
            "SELECT id, grid_id, '{}'::jsonb FROM registers_dwelling "
            "WHERE ends_on IS NULL AND floor_area_m2 IS NULL"
        ),
        checked=LIVE_DWELLINGS,
    ),
    Rule(
        code="dwelling_area_odd",
        name="Unlikely floor area",
        sentence="A dwelling has between 5 and 2000 square metres.",
        dimension=Dimension.VALIDITY,
        severity=Severity.MEDIUM,
        subject="dwelling",
        owner="housing_dwellings",
        remedy=Remedy.MEND,
        found=(
            "SELECT id, grid_id, jsonb_build_object('m2', floor_area_m2) FROM registers_dwelling "
            "WHERE ends_on IS NULL "
            "AND (floor_area_m2 < %(least)s OR floor_area_m2 > %(most)s)"
        ),
        limits={"least": SMALLEST_M2, "most": LARGEST_M2},
        checked=LIVE_DWELLINGS,
    ),
    Rule(
        code="dwelling_crowded",
        name="Many people registered in few square metres",
        sentence="Where 6 or more people are registered, each has 4 square metres or more.",
        dimension=Dimension.PLAUSIBILITY,
        severity=Severity.MEDIUM,
        subject="dwelling",
        owner="steward",
        remedy=Remedy.LOOK,
        found=(
            "SELECT dwelling.id, dwelling.grid_id, jsonb_build_object("
            "'n', count(DISTINCT held.resident_id), 'm2', dwelling.floor_area_m2) "
            "FROM registers_dwelling dwelling JOIN registers_occupancy held "
            "ON held.address_id = dwelling.address_id AND held.ends_on IS NULL "
            "AND held.kind IN ('resident', 'tenant') "
            "WHERE dwelling.ends_on IS NULL AND dwelling.holds_address "
            "GROUP BY dwelling.id, dwelling.grid_id, dwelling.floor_area_m2 "
            "HAVING count(DISTINCT held.resident_id) >= %(many)s "
            "AND dwelling.floor_area_m2 < %(each)s * count(DISTINCT held.resident_id)"
        ),
        limits={"many": MANY_PEOPLE, "each": LEAST_M2_EACH},
        checked=LIVE_DWELLINGS,
    ),
    Rule(
        code="address_gone_but_used",
        name="Address out of use, but somebody there",
        sentence="At an address that is out of use nobody lives or trades.",
        dimension=Dimension.CONSISTENCY,
        severity=Severity.HIGH,
        subject="address",
        owner="steward",
        remedy=Remedy.LOOK,
        found=(
            "SELECT address.id, address.grid_id, jsonb_build_object('n', count(*)) "
            "FROM registers_address address JOIN registers_occupancy held "
            "ON held.address_id = address.id AND held.ends_on IS NULL AND held.kind <> 'owner' "
            "WHERE address.ends_on <= %(today)s::date GROUP BY address.id, address.grid_id"
        ),
        checked="SELECT count(*) FROM registers_address",
    ),
    Rule(
        code="room_with_many_firms",
        name="Many firms in one room",
        sentence="In one room no more than 10 firms trade.",
        dimension=Dimension.PLAUSIBILITY,
        severity=Severity.LOW,
        subject="address",
        owner="market_organisations",
        remedy=Remedy.LOOK,
        found=(
            "SELECT address.id, address.grid_id, jsonb_build_object('n', count(*)) "
            "FROM registers_organisation firm JOIN registers_address address "
            "ON address.id = firm.address_id AND address.level = 'room' "
            "WHERE firm.ends_on IS NULL GROUP BY address.id, address.grid_id "
            "HAVING count(*) > %(many)s"
        ),
        limits={"many": MANY_FIRMS},
        checked="SELECT count(*) FROM registers_address WHERE level = 'room' AND ends_on IS NULL",
    ),
    Rule(
        code="period_turned_round",
        name="Period that ends before it begins",
        sentence="A period ends after it begins.",
        dimension=Dimension.VALIDITY,
        severity=Severity.MEDIUM,
        subject="address",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT held.address_id, max(held.grid_id), jsonb_build_object('n', count(*)) "
            "FROM registers_occupancy held WHERE held.ends_on < held.starts_on "
            "GROUP BY held.address_id"
        ),
        checked="SELECT count(*) FROM registers_occupancy",
    ),
)
