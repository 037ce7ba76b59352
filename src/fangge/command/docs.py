"""`fangge docs`: write the reference pages that follow from the code."""

import json
from pathlib import Path

import click

from fangge.command.setup import setup_django

HEAD = "<!-- Written by `make docs`: change the code, not this page. -->\n"


@click.command("docs")
@click.option("--out", default="docs/reference", show_default=True, help="Folder of the pages.",
              type=click.Path(path_type=Path, file_okay=False, exists=True))  # fmt: skip
def command(*, out: Path) -> None:
    """Write the reference pages that follow from the code."""
    setup_django()
    for name, text in write_pages().items():
        (out / name).write_text(text, encoding="utf-8")
        click.echo(f"Wrote {out / name}.")


def write_pages() -> dict[str, str]:
    """Give the text of each generated page by its name."""
    return {
        "roles.md": write_roles(),
        "purposes.md": write_purposes(),
        "command-help.md": write_help(),
        "reasons.md": write_reasons(),
        "openapi.json": write_openapi(),
        "retention.md": write_retention(),
    }


def write_openapi() -> str:
    """Describe the JSON face as it is served at /api/openapi.json."""
    from django.test import Client

    schema = json.loads(Client().get("/api/openapi.json", headers={"Host": "localhost"}).content)
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def write_roles() -> str:
    """Show who may do what: verbs as rows, roles as columns."""
    from fangge.access.queries import permitted_verbs

    table = permitted_verbs()
    roles = list(table)
    verbs = sorted(set().union(*table.values()))
    lines = [
        HEAD,
        "# Roles and verbs",
        "",
        "From `access/rules.py`; what is not marked is refused.",
        "",
    ]
    lines += [
        "| verb | " + " | ".join(role.replace("_", " ") for role in roles) + " |",
        "|---|" + ":-:|" * len(roles),
    ]
    for verb in verbs:
        marks = ["●" if verb in table[role] else "" for role in roles]
        lines.append(f"| `{verb}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def write_purposes() -> str:
    """Show what a personal record may be opened for, and what each purpose opens."""
    from fangge.registers.queries.matters import purposes_told

    lines = [
        HEAD,
        "# Purposes",
        "",
        "From `registers/rules/purposes.py`. A resident's record opens for one of these; what is",
        "beyond its purpose stays masked. Where a matter of the named kinds about that resident is",
        "on file and the reader sees it, the look is tied to it; the ledger keeps both.",
        "",
        "| purpose | is for | opens | matters |",
        "|---|---|---|---|",
    ]
    for code, told in purposes_told().items():
        names = [
            ", ".join(f"`{one}`" for one in sorted(held)) for held in (told.fields, told.kinds)
        ]
        lines.append(f"| `{code}` | {told.label} | {names[0]} | {names[1] or 'none'} |")
    return "\n".join(lines) + "\n"


def write_retention() -> str:
    """Show how long each kind of record is kept, and on which basis."""
    from fangge.retention.queries.showing import clock_table

    lines = [
        HEAD,
        "# How long what is kept",
        "",
        "From `retention/rules.py`. What is due goes every night, and by `fangge retention run`.",
        "",
        "| kind | what | clock | days | then | basis |",
        "|---|---|---|--:|---|---|",
    ]
    lines += [
        f"| `{code}` | {kind.title} | {kind.clock or '—'} | {kind.days or '—'} | {kind.fate} "
        f"| {kind.basis} |"
        for code, kind in clock_table().items()
    ]
    return "\n".join(lines) + "\n"


def write_reasons() -> str:
    """Say what the address engine's codes mean, in both languages."""
    from django.utils import translation

    from fangge.registers.queries.wording import REASONS, WHY, say_reason, say_why

    lines = [HEAD, "# What the address engine's codes mean", ""]
    lines += [
        "`fangge address match`, `POST /api/addresses/match` and the screen *Read an address*"
    ]
    lines += ["give `reasons`; behind a colon stands what of the text a reason is about.", ""]
    for title, codes, say in (("reason", REASONS, say_reason), ("why", WHY, say_why)):
        lines += [f"| `{title}` | English | 中文 |", "|---|---|---|"]
        for code in codes:
            told = []
            for language in ("en", "zh-hans"):
                with translation.override(language):
                    told.append(say(code))
            lines.append(f"| `{code}` | {told[0]} | {told[1]} |")
        lines.append("")
    return "\n".join(lines)


def write_help() -> str:
    """Show the help of every command."""
    from fangge.command.main import COMMANDS, main

    lines = [HEAD, "# What `--help` says", ""]
    context = click.Context(main, info_name="fangge", max_content_width=96)
    for name in COMMANDS:
        found = main.get_command(context, name)
        if found is not None:
            inner = click.Context(found, parent=context, info_name=name, max_content_width=96)
            lines += [f"## fangge {name}", "", "```", found.get_help(inner), "```", ""]
    return "\n".join(lines)
