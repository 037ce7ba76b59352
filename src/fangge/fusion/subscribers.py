"""Reactions to what fusion announces: jobs, started when the transaction commits."""

from fangge.fusion.events import FileOffered
from fangge.fusion.jobs import stage_upload
from fangge.kernel import bus


def read_offered_file(event: FileOffered) -> None:
    stage_upload.defer(
        source_code=event.source_code,
        path=event.path,
        file_name=event.file_name,
        staff=event.offered_by,
    )


def connect() -> None:
    bus.subscribe(FileOffered, read_offered_file)
