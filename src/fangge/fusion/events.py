"""Facts that fusion announces."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FileOffered:
    """A file was uploaded and waits to be read."""

    source_code: str
    path: str
    file_name: str
    offered_by: str


@dataclass(frozen=True, slots=True)
class BatchStaged:
    """A file was read whole; its records wait for the next link run."""

    batch_id: int
    staged_at: datetime


@dataclass(frozen=True, slots=True)
class RowMended:
    """A quarantined row became a record; the next link run uses it."""

    row_id: int
    mended_at: datetime


@dataclass(frozen=True, slots=True)
class BatchRolledBack:
    """A batch was taken back; the next link run ends what only it said."""

    batch_id: int
    rolled_back_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """A life event or a correction was asked for and waits for somebody else."""

    request_id: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeDecided:
    """A request came into the registers, was refused, withdrawn or taken back."""

    request_id: int
    state: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class RecordsMissing:
    """A full extract lacks rows that its source sent before; they ended, or somebody is asked."""

    batch_id: int
    n_missing: int
    is_asked: bool
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class MissingAnswered:
    """A steward said what it means that rows are missing; the next link run follows."""

    batch_id: int
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class PairsJudged:
    """A person decided on pairs, confirmed it or took it back; the registers follow already."""

    judgement_id: int
    state: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class RegistersLinked:
    """A link run brought the registers to what the sources say."""

    run_id: int
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class FindingsChanged:
    """The registers were put through the quality rules."""

    check_id: int
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class FindingAssigned:
    """Somebody should go and look at a place, or mend data, because of a finding."""

    finding_id: int
    remedy: str
    subject: str
    subject_id: int
    grid_id: int | None
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class RunAsked:
    """Somebody wants the registers brought up to date now."""

    is_full: bool
    asked_by: str
