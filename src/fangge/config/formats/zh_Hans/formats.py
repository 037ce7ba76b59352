"""Numbers in Chinese text, grouped by thousands as offices write them."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
