"""`fangge audit`: check the ledger of who saw what, and take it along to be checked elsewhere."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from fangge.command.output import print_json

IN_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
OUT_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("audit")
def command() -> None:
    """Check who saw what, without trusting whoever keeps it."""


@command.command("verify")
@click.argument("file", required=False, type=IN_FILE)
@click.option("--key", help="The keeper's public key in hex; else the one in the file.")
@click.option(
    "--heads", type=IN_FILE, help="Heads that were kept elsewhere, as `fangge audit head` prints."
)
def verify(*, file: Path | None, key: str | None, heads: Path | None) -> None:
    """Check the ledger of this installation, or an exported FILE or proof; exit 1 at a fault.

    The first entry that was changed, removed or inserted is named. A file is checked without a
    database, and with nothing of the server that wrote it but its public key.

    \b
    Example:
      fangge audit export --out ledger.jsonl
      fangge audit verify ledger.jsonl --heads heads.jsonl
    """  # noqa: D301 - click's mark for text that keeps its lines
    try:
        told = _verify_database() if file is None else _verify_file(file, key, heads)
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{file} is no exported ledger or proof ({error}).") from error
    print_json(told)
    if told["fault"]:
        raise SystemExit(1)


def _verify_database() -> dict[str, object]:
    from fangge.command.setup import open_database

    open_database()
    from fangge.audit.actions import check_ledger, seal_ledger
    from fangge.kernel import clock

    seal_ledger(now=clock.now())
    size, fault = check_ledger()
    return {"n_entries": size, "fault": fault or None}


def _verify_file(file: Path, key: str | None, heads: Path | None) -> dict[str, object]:
    lines = _read_lines(file)
    first = next(lines)
    public = bytes.fromhex(key or first["key"])
    if first["format"] == "fangge-proof-1":
        return _verify_proof(first, public)
    if first["format"] != "fangge-ledger-1":
        raise ValueError(first["format"])
    return _verify_ledger(file, public, heads)


def _verify_proof(proof: dict[str, Any], public: bytes) -> dict[str, object]:
    from fangge.engine.ledger.chain import is_signed, write_content
    from fangge.engine.ledger.merkle import hash_leaf, is_included

    head, signature = _as_head(proof["head"])
    place = proof["entry"]["place"]
    path = [bytes.fromhex(step) for step in proof["path"]]
    fault = None
    if not is_signed(head, signature, public):
        fault = "unsigned: the head does not bear the keeper's signature."
    elif not is_included(
        hash_leaf(write_content(proof["entry"])), place, head.size, path, head.root
    ):
        fault = f"changed at entry {place}: the head does not hold what the proof says."
    return {"place": place, "n_entries": head.size, "fault": fault}


def _verify_ledger(file: Path, public: bytes, heads: Path | None) -> dict[str, object]:
    from fangge.engine.ledger.chain import Entry, find_fault

    known = [_as_head(line["head"]) for line in _read_lines(file) if "head" in line]
    n_here = len(known)
    if heads is not None:
        known += [_as_head(line["head"]) for line in _read_lines(heads) if line.get("head")]
    n_entries = 0

    def walk() -> Iterator[Entry]:
        nonlocal n_entries
        for line in _read_lines(file):
            if "entry" in line:
                n_entries += 1
                content = line["entry"]
                leaf, link = bytes.fromhex(line["leaf"]), bytes.fromhex(line["link"])
                yield Entry(content["place"], content, leaf, link)

    fault = find_fault(walk(), known, public)
    return {
        "n_entries": n_entries,
        "n_heads": n_here,
        "n_heads_kept_elsewhere": len(known) - n_here,
        "fault": None if fault is None else f"{fault.kind} at entry {fault.place}: {fault.told}",
        "place": None if fault is None else fault.place,
    }


def _read_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                held: dict[str, Any] = json.loads(line)
                yield held


def _as_head(told: dict[str, Any]) -> tuple[Any, bytes]:
    from fangge.engine.ledger.chain import Head

    head = Head(
        int(told["size"]), bytes.fromhex(told["root"]), bytes.fromhex(told["link"]), told["at"]
    )
    return head, bytes.fromhex(told["signature"])


@command.command("export")
@click.option("--out", "target", required=True, type=OUT_FILE, help="The file to write.")
@click.option("--entry", "place", type=int, help="Only this entry, with the proof that it stands.")
def export(*, target: Path, place: int | None) -> None:
    """Write the ledger, or one entry with its proof, to a file that anyone can check."""
    from fangge.command.setup import open_database

    open_database()
    from fangge.audit.actions import EntryUnknown, export_ledger, prove_entry, seal_ledger
    from fangge.kernel import clock

    seal_ledger(now=clock.now())
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        lines = export_ledger() if place is None else iter([prove_entry(place=place)])
        with fresh.open("w", encoding="utf-8") as out:
            n_lines = sum(
                bool(out.write(json.dumps(line, ensure_ascii=False) + "\n")) for line in lines
            )
        fresh.replace(target)
    except EntryUnknown as error:
        raise click.ClickException(str(error)) from error
    finally:
        fresh.unlink(missing_ok=True)
    print_json({"out": str(target), "n_lines": n_lines})


@command.command("find")
@click.argument("code")
def find(*, code: str) -> None:
    """Say who took the file that bears this CODE, when and for what; exit 1 where nobody did."""
    from fangge.command.setup import open_database

    open_database()
    from fangge.disclosure.queries.exports import list_exports
    from fangge.kernel.actor import system_actor

    found = list_exports(actor=system_actor("command", verbs=("audit.see",)), code=code)
    if not found:
        raise click.ClickException(f"No file bears the code {code}.")
    one = found[0]
    print_json(
        {
            "code": one.code,
            "made_at": one.made_at.isoformat(),
            "made_by": one.made_by,
            "what": one.what,
            "reason": one.reason,
            "object": one.object_reference,
            "n_rows": one.n_rows,
            "sha256": bytes(one.file_hash).hex(),
        }
    )


@command.command("head")
@click.option("--since", default=0, help="Prove that the head goes on the one of so many entries.")
def head(*, since: int) -> None:
    """Seal what is new and print the signed head: keep it elsewhere, for `verify --heads`."""
    from fangge.command.setup import open_database

    open_database()
    from fangge.audit.actions import publish_head, seal_ledger
    from fangge.kernel import clock

    seal_ledger(now=clock.now())
    click.echo(json.dumps(publish_head(since=since)))
