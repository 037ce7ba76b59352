"""The rule library: every rule by its code."""

from collections.abc import Mapping

from fangge.fusion.rules.quality import firms, places, residents
from fangge.fusion.rules.quality.shape import Rule

RULES: Mapping[str, Rule] = {
    rule.code: rule for rule in (*residents.RULES, *firms.RULES, *places.RULES)
}
