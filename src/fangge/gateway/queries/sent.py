"""What a partner sent, and what became of it."""

from fangge.gateway.models import PartnerKey, SentReport
from fangge.kernel.wall import beyond_scope


def own_states(key: PartnerKey, numbers: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Give number and openness of a partner's own reports, also of what the public may not see."""
    # A partner is told of its own reports alone, and of these only whether they have ended.
    with beyond_scope():
        sent = SentReport.objects.filter(key=key, case__number__in=numbers)
        return list(sent.order_by("case_id").values_list("case__number", "case__is_open"))
