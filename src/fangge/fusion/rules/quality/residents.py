"""Rules about residents' records: what is missing, doubled, impossible or old."""

from fangge.fusion.rules.quality.shape import (
    LIVE_RESIDENTS,
    Dimension,
    Remedy,
    Rule,
    Severity,
)

STALE_MONTHS = 24
OLDEST_YEARS = 120

RULES = (
    Rule(
        code="resident_without_identifier",
        name="Resident without identity number",
        sentence="Every resident has an identity number that passes its check.",
        dimension=Dimension.COMPLETENESS,
        severity=Severity.MEDIUM,
        subject="resident",
        owner="police_population",
        remedy=Remedy.LOOK,
        found=(
            "SELECT entry.id, NULL::bigint, '{}'::jsonb FROM registers_resident entry "
            "WHERE entry.ends_on IS NULL AND entry.identifier_hash IS NULL"
        ),
        checked=LIVE_RESIDENTS,
    ),
    Rule(
        code="resident_without_birth",
        name="Resident without date of birth",
        sentence="Every resident has a date of birth.",
        dimension=Dimension.COMPLETENESS,
        severity=Severity.LOW,
        subject="resident",
        owner="police_population",
        remedy=Remedy.MEND,
        found=(
            "SELECT entry.id, NULL::bigint, '{}'::jsonb FROM registers_resident entry "
            "WHERE entry.ends_on IS NULL AND entry.birth_on IS NULL"
        ),
        checked=LIVE_RESIDENTS,
    ),
    Rule(
        code="birth_impossible",
        name="Impossible date of birth",
        sentence="Nobody was born in the future, or more than 120 years ago.",
        dimension=Dimension.PLAUSIBILITY,
        severity=Severity.HIGH,
        subject="resident",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT entry.id, NULL::bigint, '{}'::jsonb FROM registers_resident entry "
            "WHERE entry.ends_on IS NULL AND (entry.birth_on > %(today)s::date "
            "OR entry.birth_on < %(today)s::date - make_interval(years => %(oldest)s))"
        ),
        limits={"oldest": OLDEST_YEARS},
        checked=LIVE_RESIDENTS,
    ),
    Rule(
        code="identifier_twice",
        name="One identity number, two entries",
        sentence="An identity number stands in one entry only.",
        dimension=Dimension.UNIQUENESS,
        severity=Severity.HIGH,
        subject="resident",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT entry.id, NULL::bigint, jsonb_build_object('with', (SELECT min(other.id) "
            "FROM registers_resident other WHERE other.identifier_hash = entry.identifier_hash "
            "AND other.id <> entry.id AND other.ends_on IS NULL)) "
            "FROM registers_resident entry WHERE entry.ends_on IS NULL "
            "AND entry.identifier_hash IN (SELECT identifier_hash FROM registers_resident "
            "WHERE ends_on IS NULL AND identifier_hash IS NOT NULL "
            "GROUP BY identifier_hash HAVING count(*) > 1)"
        ),
        checked=LIVE_RESIDENTS,
    ),
    Rule(
        code="two_residences",
        name="Lives in two places",
        sentence="A resident lives in one place at a time.",
        dimension=Dimension.CONSISTENCY,
        severity=Severity.MEDIUM,
        subject="resident",
        owner="steward",
        remedy=Remedy.LOOK,
        found=(
            "SELECT held.resident_id, max(held.grid_id), "
            "jsonb_build_object('n', count(*)) FROM registers_occupancy held "
            "WHERE held.kind = 'resident' AND held.ends_on IS NULL "
            "GROUP BY held.resident_id HAVING count(*) > 1"
        ),
        checked=LIVE_RESIDENTS,
    ),
    Rule(
        code="ended_but_there",
        name="Ended, but still registered somewhere",
        sentence="An entry that has ended lives and rents nowhere.",
        dimension=Dimension.CONSISTENCY,
        severity=Severity.HIGH,
        subject="resident",
        owner="steward",
        remedy=Remedy.MEND,
        found=(
            "SELECT entry.id, min(held.grid_id), jsonb_build_object('n', count(*)) "
            "FROM registers_resident entry JOIN registers_occupancy held "
            "ON held.resident_id = entry.id AND held.ends_on IS NULL "
            "AND held.kind IN ('resident', 'tenant') "
            "WHERE entry.ends_on IS NOT NULL GROUP BY entry.id"
        ),
        checked="SELECT count(*) FROM registers_resident WHERE ends_on IS NOT NULL",
    ),
    Rule(
        code="tenant_not_living_there",
        name="Rents, but is not registered as living there",
        sentence="Who rents a dwelling is registered as living in it.",
        dimension=Dimension.CONSISTENCY,
        severity=Severity.LOW,
        subject="resident",
        owner="police_population",
        remedy=Remedy.LOOK,
        found=(
            "SELECT DISTINCT ON (let.resident_id) let.resident_id, let.grid_id, "
            "jsonb_build_object('address', let.address_id) FROM registers_occupancy let "
            "WHERE let.kind = 'tenant' AND (let.ends_on IS NULL OR let.ends_on > %(today)s::date) "
            "AND NOT EXISTS (SELECT FROM registers_occupancy held "
            "WHERE held.resident_id = let.resident_id AND held.kind = 'resident' "
            "AND held.ends_on IS NULL AND held.address_id = let.address_id) "
            "ORDER BY let.resident_id, let.address_id"
        ),
        checked=(
            "SELECT count(DISTINCT resident_id) FROM registers_occupancy WHERE kind = 'tenant' "
            "AND (ends_on IS NULL OR ends_on > %(today)s::date)"
        ),
    ),
    Rule(
        code="residence_not_confirmed",
        name="Residence long unconfirmed",
        sentence="Some source has confirmed every residence within 24 months.",
        dimension=Dimension.TIMELINESS,
        severity=Severity.LOW,
        subject="resident",
        owner="police_population",
        remedy=Remedy.LOOK,
        found=(
            "SELECT held.resident_id, held.grid_id, jsonb_build_object('since', spoken.last_on) "
            "FROM registers_occupancy held JOIN (SELECT whom.entry_id, max(said.day) AS last_on "
            "FROM fusion_linkdecision whom JOIN fusion_sourcerecord record "
            "ON record.id = whom.record_id AND record.replaced_by_batch_id IS NULL, "
            "LATERAL (SELECT translate(COALESCE(record.payload->>'updated_on', "
            "record.payload->>'effective_on'), '/.', '--') AS day) said "
            "WHERE whom.kind = 'resident' AND whom.is_current "
            "AND said.day ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$' GROUP BY whom.entry_id) spoken "
            "ON spoken.entry_id = held.resident_id "
            "WHERE held.kind = 'resident' AND held.ends_on IS NULL AND spoken.last_on < "
            "to_char(%(today)s::date - make_interval(months => %(stale)s), 'YYYY-MM-DD')"
        ),
        limits={"stale": STALE_MONTHS},
        checked=(
            "SELECT count(*) FROM registers_occupancy WHERE kind = 'resident' AND ends_on IS NULL"
        ),
    ),
)
