"""Texts that are no addresses, or hardly: what people paste, and what breaks programs."""

MEGABYTE = "临顿路88号" + "观" * 350_000
PHONE_BOOK = " ".join(
    f"王小{name} 138{number:08d}" for number, name in enumerate("明芳华军丽强" * 8)
)
AWKWARD = {
    "empty": "",
    "blanks": " \u3000\t",
    "emoji": "🏠👨\u200d👩\u200d👧观前花园3幢🏠501室",
    "control": "观前\x00花园\x073幢\x1b[31m501室",
    "right to left": "\u202e室105幢3园花前观\u202c مرحبا",
    "markup": "<script>alert(1)</script><b>观前花园3幢</b>&amp;",
    "query": "'; DROP TABLE registers_address; -- 观前花园3幢",
    "phone book": PHONE_BOOK,
    "brackets": "(" * 400,
    "numbers": "0-" * 400,
    "combining": "观\u0301前\u0308花园3幢",
    "lines": "观前花园\u20283幢\x85501室",
}
