"""Rules about organisations: their codes, their addresses, and whether they can trade there."""

from fangge.fusion.rules.quality.shape import LIVE_FIRMS, Dimension, Remedy, Rule, Severity

RULES = (
    Rule(
        code="firm_without_code",
        name="Organisation without credit code",
        sentence="Every organisation has a credit code.",
        dimension=Dimension.COMPLETENESS,
        severity=Severity.MEDIUM,
        subject="organisation",
        owner="market_organisations",
        remedy=Remedy.MEND,
        found=(
            "SELECT id, grid_id, '{}'::jsonb FROM registers_organisation "
            "WHERE ends_on IS NULL AND credit_code = ''"
        ),
        checked=LIVE_FIRMS,
    ),
    Rule(
        code="firm_without_address",
        name="Organisation without a certain address",
        sentence="Every organisation stands at a standard address.",
        dimension=Dimension.COMPLETENESS,
        severity=Severity.MEDIUM,
        subject="organisation",
        owner="market_organisations",
        remedy=Remedy.LOOK,
        found=(
            "SELECT id, grid_id, '{}'::jsonb FROM registers_organisation "
            "WHERE ends_on IS NULL AND address_id IS NULL"
        ),
        checked=LIVE_FIRMS,
    ),
    Rule(
        code="firm_code_odd",
        name="Credit code of the wrong form",
        sentence="A credit code has 18 digits and letters.",
        dimension=Dimension.VALIDITY,
        severity=Severity.MEDIUM,
        subject="organisation",
        owner="market_organisations",
        remedy=Remedy.MEND,
        found=(
            "SELECT id, grid_id, jsonb_build_object('code', credit_code) "
            "FROM registers_organisation WHERE ends_on IS NULL AND credit_code <> '' "
            "AND credit_code !~ '^[0-9A-HJ-NP-RTUWXY]{18}$'"
        ),
        checked=LIVE_FIRMS,
    ),
    Rule(
        code="firm_code_twice",
        name="One credit code, two organisations",
        sentence="A credit code stands in one entry only.",
        dimension=Dimension.UNIQUENESS,
        severity=Severity.HIGH,
        subject="organisation",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT firm.id, firm.grid_id, jsonb_build_object('code', firm.credit_code) "
            "FROM registers_organisation firm WHERE firm.ends_on IS NULL AND firm.credit_code IN ("
            "SELECT credit_code FROM registers_organisation WHERE ends_on IS NULL "
            "AND credit_code <> '' GROUP BY credit_code HAVING count(*) > 1)"
        ),
        checked=LIVE_FIRMS,
    ),
    Rule(
        code="firm_in_place_gone",
        name="Organisation trading where nothing stands",
        sentence="No organisation trades in a dwelling or at an address that is out of use.",
        dimension=Dimension.CONSISTENCY,
        severity=Severity.HIGH,
        subject="organisation",
        owner="steward",
        remedy=Remedy.LOOK,
        found=(
            "SELECT firm.id, firm.grid_id, jsonb_build_object('address', firm.address_id) "
            "FROM registers_organisation firm JOIN registers_address address "
            "ON address.id = firm.address_id "
            "LEFT JOIN registers_dwelling dwelling ON dwelling.address_id = address.id "
            "AND dwelling.holds_address "
            "WHERE firm.ends_on IS NULL AND (address.ends_on <= %(today)s::date "
            "OR dwelling.ends_on <= %(today)s::date)"
        ),
        checked=LIVE_FIRMS,
    ),
    Rule(
        code="source_late",
        name="Source later than it promised",
        sentence="Every source sends as often as its contract says.",
        dimension=Dimension.TIMELINESS,
        severity=Severity.HIGH,
        subject="source",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT source.id, NULL::int, jsonb_build_object('last', last.day, 'days', late.days) "
            "FROM fusion_source source "
            "JOIN (VALUES ('daily', 2), ('weekly', 10), ('monthly', 40), ('quarterly', 110), "
            "('yearly', 400)) late (refresh, days) "
            "ON source.contract ~ ('(^|\\n)refresh *= *\"' || late.refresh || '\"') "
            "JOIN LATERAL (SELECT max(batch.ended_at)::date AS day FROM fusion_batch batch "
            "WHERE batch.source_id = source.id AND batch.state IN ('staged', 'linked')) last "
            "ON true WHERE last.day < %(today)s::date - late.days"
        ),
        checked="SELECT count(*) FROM fusion_source",
    ),
)
