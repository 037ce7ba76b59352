"""What cases do when something of them happens, and how the words in them are erased."""

from fangge.cases.actions.erasing import CASE_FILES, CASE_WORDS
from fangge.cases.actions.sorting import keep_decision, propose_for
from fangge.cases.events import CaseMoved, CaseReported
from fangge.kernel.bus import subscribe
from fangge.retention.queries.erasers import erase_by


def connect() -> None:
    subscribe(CaseReported, propose_what_came_in)
    subscribe(CaseMoved, keep_what_was_decided)
    erase_by(CASE_WORDS)
    erase_by(CASE_FILES)


def propose_what_came_in(event: CaseReported) -> None:
    propose_for(event.case_id, now=event.reported_at)


def keep_what_was_decided(event: CaseMoved) -> None:
    if event.verb == "accept":
        keep_decision(event.case_id, now=event.moved_at)
