"""How many questions wait for the reader, in the rail of every page."""

from django import template

from fangge.portal.queries.questions import count_unseen

register = template.Library()


@register.simple_tag(takes_context=True)
def count_notices(context: template.Context) -> int:
    return count_unseen(context["request"].actor)
