"""`fangge keys`: change the key that seals identifiers and phones, while the system runs."""

import click

from fangge.command.output import print_json
from fangge.command.setup import open_database


@click.group("keys")
def command() -> None:
    """Change the keys that seal what is personal."""


@command.command("rotate")
@click.option("--resume", is_flag=True, help="Go on with the newest key; make none.")
@click.option(
    "--cipher",
    type=click.Choice(["aes", "sm4"]),
    help="What the new key is for: AES-256 or SM4; as FANGGE_CIPHER says where it is left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary for machines.")
def rotate(*, resume: bool, cipher: str | None, as_json: bool) -> None:
    """Make a new sealing key and seal every value anew with it.

    The site and its worker find the new key by themselves and go on working. When it is stopped,
    `--resume` goes on. Keep the older key as long as backups are kept that were sealed with it.
    """
    open_database()
    from django.conf import settings

    from fangge.cases.actions.reseal import reseal_cases
    from fangge.config.keys import KeyUnavailable
    from fangge.fusion.actions.reseal import reseal_everything
    from fangge.kernel import clock
    from fangge.kernel.actor import system_actor
    from fangge.portal.actions.reseal import reseal_words

    try:
        if not resume:
            settings.SEALING_KEYS.add(cipher=cipher)
    except KeyUnavailable as error:
        raise click.ClickException(str(error)) from error
    actor = system_actor("keys", verbs=("keys.rotate",))

    def tell(column: str, n_sealed: int) -> None:
        click.echo(f"  {column:<40}{n_sealed:>12,}", err=True)

    n_words = reseal_words(actor=actor, tell=tell) + reseal_cases(actor=actor, tell=tell)
    told = reseal_everything(actor=actor, tell=tell, now=clock.now())
    told["n_sealed"] += n_words
    if as_json:
        print_json(told)
    else:
        click.echo(f"Sealed {told['n_sealed']:,} values with key {told['key_number']}.", err=True)
