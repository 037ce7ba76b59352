"""What fieldwork tells others: errands that a look is tied to, and how they are erased."""

from fangge.fieldwork.actions.erasing import ERASERS
from fangge.fieldwork.queries import is_task_about, offer_tasks
from fangge.registers.queries.matters import MatterKind, name_matters_by
from fangge.retention.queries.erasers import erase_by


def connect() -> None:
    name_matters_by("fieldtask", MatterKind(offer_tasks, is_task_about))
    for eraser in ERASERS:
        erase_by(eraser)
