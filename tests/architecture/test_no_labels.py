"""There is no place to score, rank, watch or label a person: adding one must change this file."""

import importlib
import json
import pkgutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.db import models

import fangge

ROOT = Path(__file__).resolve().parents[2]

# What no table, form, source or interface may hold about anything: words of persons' control.
NEVER = (
    "watch", "blacklist", "whitelist", "suspect", "suspicio", "wanted", "risk", "danger", "threat",
    "biometric", "fingerprint", "iris", "voiceprint", "faceprint", "face_", "gait", "dna",
    "trajectory", "movement", "whereabouts", "criminal", "convict", "petition", "drug", "mental",
    "political", "religio", "key_person", "person_level", "control_measure",
    "重点", "布控", "管控", "黑名单", "嫌疑", "前科", "上访", "吸毒", "轨迹", "指纹", "人脸",
    "高危", "风险等级", "积分", "评分",
)  # fmt: skip
# What may be said of an address, a pair of records or a source, but not of a person.
NEVER_OF_PERSONS = (
    "score", "rank", "rating", "grade", "label", "tag", "class", "category", "level", "flag",
    "priority", "probability", "prediction", "trust", "credit", "remark", "comment", "note",
)  # fmt: skip
ABOUT_PERSONS = frozenset({"resident", "occupancy", "household", "person", "holder", "tenant"})
# Exceptions, as `Owner.name`, each with a comment that says why it says nothing of a person.
ALLOWED: frozenset[str] = frozenset(
    {
        # "Departmental" has "mental" in it: a return is what a department asks of the registers.
        "model.DepartmentalReturn",
        "Area.departmentalreturn",
        "ReturnMade.departmental_return",
    }
)

Place = tuple[str, str]
"""Where a name stands, and the name."""


def is_about_persons(owner: str) -> bool:
    return any(word in owner.lower() for word in ABOUT_PERSONS)


def find_forbidden(places: Iterator[Place]) -> list[str]:
    found = []
    for owner, name in places:
        words = (*NEVER, *(NEVER_OF_PERSONS if is_about_persons(owner) else ()))
        hit = next((word for word in words if word in name.lower()), None)
        if hit is not None and f"{owner}.{name}" not in ALLOWED:
            found.append(f"{owner}.{name} ({hit})")
    return found


def name_columns() -> Iterator[Place]:
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("fangge."):
            yield "model", model.__name__
            for field in model._meta.get_fields():  # noqa: SLF001 - Django's documented interface
                yield model.__name__, field.name
                if isinstance(field, models.Field) and field.choices:
                    for value, label in field.flatchoices:
                        yield model.__name__, f"{value} {label}"


def name_form_fields() -> Iterator[Place]:
    for module in pkgutil.walk_packages(fangge.__path__, "fangge."):
        if module.name.endswith(".forms") or ".forms." in module.name:
            held = importlib.import_module(module.name)
            for form in vars(held).values():
                if isinstance(form, type) and issubclass(form, forms.BaseForm):
                    for name in getattr(form, "base_fields", {}):
                        yield form.__name__, name


def name_source_fields() -> Iterator[Place]:
    for path in (ROOT / "src" / "fangge").glob("*/contracts/*.toml"):
        contract = tomllib.loads(path.read_text(encoding="utf-8"))
        owner = "person" if contract["subject"] == "resident" else contract["subject"]
        for name, field in contract["fields"].items():
            yield owner, name
            yield owner, field["column"]
            for choice in field.get("choices", ()):
                yield owner, choice


def name_interface_properties() -> Iterator[Place]:
    page = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
    for name, schema in page.get("components", {}).get("schemas", {}).items():
        for held in schema.get("properties", {}):
            yield name, held
    for path in page["paths"]:
        yield "path", path


@pytest.mark.parametrize(
    "list_places", [name_columns, name_form_fields, name_source_fields, name_interface_properties]
)
def test_there_is_no_place_to_score_rank_watch_or_label_persons(list_places: object) -> None:
    assert callable(list_places)
    assert find_forbidden(list_places()) == []


@pytest.mark.parametrize(
    "place",
    [
        ("Resident", "risk_level"),
        ("Resident", "score"),
        ("ResidentTag", "tag"),
        ("Address", "is_watched"),
        ("person", "重点人员类别"),
        ("CaseForm", "suspect_name"),
    ],
)
def test_such_a_place_would_be_found(place: Place) -> None:
    assert find_forbidden(iter([place]))


def test_every_exception_is_still_needed() -> None:
    every = {
        f"{owner}.{name}"
        for names in (name_columns, name_form_fields, name_source_fields, name_interface_properties)
        for owner, name in names()
    }
    assert every >= ALLOWED
