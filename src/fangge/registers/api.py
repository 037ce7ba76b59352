"""Addresses as JSON: read texts, match them, and follow a code through its life."""

from datetime import date, datetime
from typing import Annotated

from ninja import Router, Schema
from pydantic import Field, StrictStr

from fangge.access.queries import StaffRequest
from fangge.kernel import clock
from fangge.registers.actions.reading import (
    LONGEST_TEXT,
    MOST_TEXTS,
    Found,
    match_free_texts,
    read_free_texts,
)
from fangge.registers.queries.life import AddressLife, get_life, name_on
from fangge.registers.queries.wording import say_reason

router = Router(tags=["addresses"])
Text = Annotated[StrictStr, Field(max_length=LONGEST_TEXT, examples=["观前花园3-2-501"])]


class Refusal(Schema):
    """What went wrong: a name for programs, a sentence for people."""

    error: str
    detail: str


class RowRefusal(Schema):
    row: int | None = Field(None, description="Which text, counted from 0.")
    field: str | None = None
    reason: str


class RowsRefusal(Refusal):
    rows: list[RowRefusal] | None = None


class Texts(Schema):
    texts: list[Text] = Field(max_length=MOST_TEXTS)


class TextsToMatch(Texts):
    n_most: int = Field(5, ge=1, le=20, description="How many candidates a text gets at most.")


class ElementOut(Schema):
    start: int
    end: int
    kind: str
    normal: str
    confidence: float


class FilledOut(Schema):
    kind: str
    normal: str
    code: str


class ReadTextOut(Schema):
    text: str
    elements: list[ElementOut]
    reader: str = Field(description="`rules` for register text, `tagger` for the rest.")
    why: str = Field(description="Why that reader, such as `register_order` or `left_over`.")
    filled: list[FilledOut] = Field(description="Divisions left out that leave no choice.")


class ReadTextsOut(Schema):
    texts: list[ReadTextOut]


class CandidateOut(Schema):
    code: str
    name: str
    level: str
    score: float
    reasons: list[str] = Field(description="The engine's codes, such as `room_unknown:501`.")
    in_words: list[str] = Field(description="The same reasons in the reader's language.")


class MatchOut(Schema):
    text: str
    candidates: list[CandidateOut] = Field(description="Best first, what the reader may see.")
    asserted: bool = Field(description="Whether the first may be taken without a person.")


class MatchesOut(Schema):
    texts: list[MatchOut]


class AddressOut(Schema):
    code: str
    name: str
    full_name: str
    level: str


class AliasOut(Schema):
    name: str
    kind: str
    starts_on: date | None
    ends_on: date | None


class ActOut(Schema):
    kind: str
    effective_on: date
    applied_at: datetime | None
    reason: str
    is_current: bool = Field(description="False once the act was undone.")


class LifeOut(AddressOut):
    parent_code: str | None
    starts_on: date
    ends_on: date | None
    successors: list[AddressOut] = Field(description="Where it leads today, if it ended.")
    predecessors: list[AddressOut] = Field(description="Ended addresses that lead here.")
    aliases: list[AliasOut]
    acts: list[ActOut]
    name_then: str | None = Field(None, description="The full name on the day asked for.")


BAD = {400: Refusal, 401: Refusal, 403: Refusal, 422: RowsRefusal}


@router.post("/parse", response={200: ReadTextsOut, **BAD}, summary="Read texts into elements")
def parse(request: StaffRequest, body: Texts) -> dict[str, object]:
    return {"texts": read_free_texts(actor=request.actor, texts=body.texts)}


@router.post(
    "/match",
    response={200: MatchesOut, 404: Refusal, **BAD},
    summary="Find the standard addresses that texts mean",
)
def match(request: StaffRequest, body: TextsToMatch) -> dict[str, object]:
    matched = match_free_texts(actor=request.actor, texts=body.texts, n_most=body.n_most)
    return {
        "texts": [
            {
                "text": one.text,
                "candidates": [_candidate(found) for found in one.candidates],
                "asserted": one.asserted,
            }
            for one in matched
        ]
    }


@router.get(
    "/{code}",
    response={200: LifeOut, 404: Refusal, **BAD},
    summary="An address by its code, with its names, its acts and where it leads today",
)
def get_address(request: StaffRequest, code: str, on: date | None = None) -> dict[str, object]:
    life = get_life(actor=request.actor, code=code)
    then = name_on(actor=request.actor, code=code, day=on, now=clock.now()) if on else None
    return _life(life) | {"name_then": then}


def _candidate(found: Found) -> dict[str, object]:
    return {
        "code": found.address.code,
        "name": found.address.full_name,
        "level": found.address.level,
        "score": found.score,
        "reasons": list(found.reasons),
        "in_words": [say_reason(reason) for reason in found.reasons],
    }


def _life(life: AddressLife) -> dict[str, object]:
    held = life.address
    return {
        "code": held.code,
        "name": held.name,
        "full_name": held.full_name,
        "level": held.level,
        "parent_code": held.parent.code if held.parent else None,
        "starts_on": held.starts_on,
        "ends_on": held.ends_on,
        "successors": life.successors,
        "predecessors": life.predecessors,
        "aliases": life.aliases,
        "acts": life.acts,
    }
