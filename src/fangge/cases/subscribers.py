"""What cases tell others: how the words in them are erased."""

from fangge.cases.actions.erasing import CASE_FILES, CASE_WORDS
from fangge.retention.queries.erasers import erase_by


def connect() -> None:
    erase_by(CASE_WORDS)
    erase_by(CASE_FILES)
