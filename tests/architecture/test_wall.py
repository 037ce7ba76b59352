"""Every table is behind the second wall, or stands here with the reason why it need not be."""

import pytest
from django.db import connection

OPEN = {
    # Places, and how many stand there: no persons.
    "areas_area": "places",
    "registers_address": "places",
    "registers_addressalias": "names of places",
    "registers_addressact": "what became of places",
    "registers_addresssuccession": "what became of places",
    "registers_addressdecision": "what a text of a place means",
    "registers_waitingtext": "texts of places",
    "registers_dwelling": "places",
    "registers_buildingcount": "counts",
    "registers_mapcell": "counts",
    "registers_organisation": "legal bodies and traders; their phones are sealed",
    "registers_entrylead": "two numbers",
    "registers_departmentalreturn": "what is asked, not the rows",
    "registers_returnmade": "how many rows, and a hash",
    "fusion_source": "contracts",
    "fusion_contractversion": "contracts",
    "fusion_batch": "files, by name and hash",
    "fusion_run": "counts and seconds",
    "fusion_qualitycheck": "counts",
    "fusion_sourceconflict": "counts, and numbers of entries and records",
    "cases_lifecycleversion": "the table of states",
    "cases_lifecycledraft": "the table of states, worked on",
    "cases_routingversion": "the table of desks",
    "cases_answertemplate": "texts of the office",
    "cases_desk": "desks of departments",
    "cases_deskmember": "staff, by number",
    "cases_holiday": "days",
    "cases_asking": "what is asked of which desk by when, of a case by number",
    "cases_storedfile": "hashes, kinds and sizes of files",
    # Staff and the ledger: guarded by verbs; the site's role cannot change what was written.
    "access_staffmember": "staff, as signing in needs them",
    "access_assignment": "staff, as signing in needs them",
    "access_emergencyaccess": "staff: areas, hours and reasons",
    "access_pastpassword": "staff: hashes",
    "access_staffsession": "staff: devices and networks, asked before anybody is known",
    "access_signintry": "staff: devices and networks, kept before anybody is known",
    "access_codemaker": "staff: sealed secrets, asked before anybody is known",
    "access_passkey": "staff: public halves of keys, asked before anybody is known",
    "access_recoverycode": "staff: keyed hashes",
    "audit_entry": "register codes; the site's role appends and reads",
    "access_callwindow": "keyed hashes of callers, for two hours; counted before anybody is known",
    "gateway_partnerkey": "keyed hashes of partners' keys, asked before anybody is known",
    "gateway_call": "partners' programs: when and what",
    "gateway_sentreport": "numbers of cases, and keyed hashes",
    # Residents are let in by these before anybody knows who they are.
    "portal_accesscode": "keyed hashes of codes",
    "portal_visit": "keyed hashes of tokens",
    "portal_staffnotice": "which question somebody was told of, by number",
    "retention_erasure": "keyed hashes",
    "retention_retentionrun": "counts",
    "disclosure_countrelease": "counts as they were shown, and keyed sketches",
    "disclosure_exportmade": "staff: what was taken along, for what",
    "audit_tile": "hashes",
    "audit_treehead": "hashes",
}
LIBRARIES = ("auth_", "axes_", "django_", "procrastinate_")
"""What Django, axes and procrastinate keep: sessions, sign-ins, jobs by number."""


@pytest.mark.django_db
def test_every_table_is_walled_or_says_why_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        tables = dict(cursor.fetchall())
    own = {name: walled for name, walled in tables.items() if not name.startswith(LIBRARIES)}
    unknown = [name for name, is_walled in own.items() if not is_walled and name not in OPEN]
    assert unknown == [], "wall it in its migration: docs/explanation/second-wall.md"
    assert [name for name in OPEN if own.get(name)] == [], "is walled now: take it off this list"


@pytest.mark.django_db
def test_every_wall_asks_for_the_pass_once_a_query() -> None:
    """A function that stands in the policy itself is run for every row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, qual FROM pg_policies WHERE schemaname = 'public'")
        policies = cursor.fetchall()
    bare = [
        table
        for table, qual in policies
        if qual.count("fangge_wall.") != qual.count("SELECT fangge_wall.")
    ]
    assert policies
    assert bare == []
