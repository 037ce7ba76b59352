"""What fieldwork tells the registers: errands that a look at a resident is tied to."""

from fangge.fieldwork.queries import is_task_about, offer_tasks
from fangge.registers.queries.matters import MatterKind, name_matters_by


def connect() -> None:
    name_matters_by("fieldtask", MatterKind(offer_tasks, is_task_about))
