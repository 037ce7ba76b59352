"""Filters that say the engine's codes in words."""

from django import template

from fangge.registers.queries.wording import say_kind, say_reason, say_why

register = template.Library()
register.filter("reason_in_words", say_reason)
register.filter("kind_in_words", say_kind)
register.filter("why_in_words", say_why)
