"""What may be attached to a case: by its first bytes, never its name; how large, how many."""

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 2**20
MOST_IN_AN_ACT = 9
MOST_IN_A_CASE = 90
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 3200
SMALL_SIDE = 320
HEAD_BYTES = 64


class Medium(StrEnum):
    """What a file is to whoever looks at it."""

    PHOTO = "photo"
    DOCUMENT = "document"
    AUDIO = "audio"


class Moment(StrEnum):
    """When a photo shows its place: as it was reported, or as it is once the work is done."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of file that is taken."""

    name: str
    medium: Medium
    suffix: str
    most_bytes: int


PHOTOS = 20 * MEGABYTE
DOCUMENTS = 20 * MEGABYTE
AUDIO = 30 * MEGABYTE
MOST_BYTES = max(PHOTOS, DOCUMENTS, AUDIO)

JPEG = MediaType("image/jpeg", Medium.PHOTO, "jpg", PHOTOS)
PNG = MediaType("image/png", Medium.PHOTO, "png", PHOTOS)
WEBP = MediaType("image/webp", Medium.PHOTO, "webp", PHOTOS)
PDF = MediaType("application/pdf", Medium.DOCUMENT, "pdf", DOCUMENTS)
MP3 = MediaType("audio/mpeg", Medium.AUDIO, "mp3", AUDIO)
WAV = MediaType("audio/wav", Medium.AUDIO, "wav", AUDIO)
OGG = MediaType("audio/ogg", Medium.AUDIO, "ogg", AUDIO)
M4A = MediaType("audio/mp4", Medium.AUDIO, "m4a", AUDIO)
WEBM = MediaType("audio/webm", Medium.AUDIO, "weba", AUDIO)
TYPES = {one.name: one for one in (JPEG, PNG, WEBP, PDF, MP3, WAV, OGG, M4A, WEBM)}

_BEGINNINGS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"%PDF-", PDF),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
    (b"\xff\xf3", MP3),
    (b"\xff\xf2", MP3),
    (b"OggS", OGG),
    (b"\x1a\x45\xdf\xa3", WEBM),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
_M4A_BRANDS = (b"M4A ", b"M4B ", b"mp42", b"isom", b"mp41", b"iso5", b"dash")


def tell_type(head: bytes) -> MediaType | None:
    """Tell what a file is by its first bytes, or None where it is nothing that is taken."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return M4A if head[8:12] in _M4A_BRANDS else None
    return next((one for begins, one in _BEGINNINGS if head.startswith(begins)), None)


_MOMENTS = {
    "report": Moment.BEFORE,
    "report_result": Moment.AFTER,
    "verify": Moment.AFTER,
    "refuse_result": Moment.AFTER,
}


def moment_of(verb: str) -> Moment:
    """Give when a photo that came with an act shows its place."""
    return _MOMENTS.get(verb, Moment.BETWEEN)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file that is asked for, both ends included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class SpanBeyond(ValueError):
    """The part asked for lies outside of the file."""


def read_span(header: str, size: int) -> Span | None:
    """Read a `Range` header; None where the whole file is meant. Raises `SpanBeyond`.

    Several parts at once are answered by the whole file. Source: RFC 9110, section 14.
    """
    unit, found, spec = header.partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit.strip() != "bytes" or not found or not dash or not _are_digits(first + last):
        return None
    if not first:
        n_last = min(int(last), size)
        if not n_last:
            raise SpanBeyond(header)
        return Span(size - n_last, size - 1)
    span = Span(int(first), min(int(last), size - 1) if last else size - 1)
    if span.first >= size:
        raise SpanBeyond(header)
    return span if span.length > 0 else None


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2 * len(str(MOST_BYTES))
