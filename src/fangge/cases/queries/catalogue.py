"""What cases are about, for the faces of other apps."""

from dataclasses import dataclass

from django.utils.translation import get_language

from fangge.cases.rules.catalogue import Category, shipped_catalogue
from fangge.cases.rules.publicity import Attribute, Shown, shipped_publicity


@dataclass(frozen=True, slots=True)
class Service:
    """A category that everybody may report and follow."""

    category: Category
    attributes: tuple[Attribute, ...]


def public_services() -> list[Service]:
    """Give the categories that are public in some way, those of disputes never."""
    publicity = shipped_publicity()
    return [
        Service(category, tuple(publicity.attributes.get(code, ())))
        for code, category in shipped_catalogue().categories.items()
        if publicity.shown_of(category.kind, code) is not Shown.NONE
    ]


def find_service(code: str) -> Service | None:
    """Give the public category of this code."""
    return next((one for one in public_services() if one.category.code == code), None)


def say_category(code: str) -> str:
    """Name a category in the reader's language."""
    category = shipped_catalogue().categories.get(code)
    if category is None:
        return code
    return category.name if (get_language() or "").startswith("zh") else category.english
