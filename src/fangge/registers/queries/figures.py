"""How much the registers hold."""

from django.db import connection


def register_counts() -> dict[str, int]:
    """Count the entries that hold, by register, and the occupancies that run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM registers_address WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_dwelling WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_resident WHERE ends_on IS NULL), "
            "(SELECT count(*) FROM registers_organisation), "
            "(SELECT count(*) FROM registers_occupancy WHERE ends_on IS NULL)"
        )
        row = cursor.fetchone()
    names = ("addresses", "dwellings", "residents", "organisations", "occupancies")
    return dict(zip(names, row, strict=True))
