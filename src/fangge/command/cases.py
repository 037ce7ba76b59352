"""`fangge cases`: learn the classifier of reports, and try it."""

from pathlib import Path

import click

from fangge.command.output import print_json
from fangge.command.setup import setup_django

SEED = 20261125


@click.group("cases")
def command() -> None:
    """Learn the classifier of reports, and try it on what it never saw."""


@command.command("train")
@click.option("--output", required=True, help="File of the model (.npz).",
              type=click.Path(path_type=Path, dir_okay=False))  # fmt: skip
@click.option("--name", default="corpus-1", show_default=True, help="What proposals call it.")
@click.option("--seed", default=SEED, show_default=True, help="Seed of the corpus.")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def train_model(*, output: Path, name: str, seed: int, as_json: bool) -> None:
    """Learn from the synthetic corpus; the same seed gives the same model. Needs scikit-learn."""
    setup_django()
    from fangge.cases.actions.learning import learn_classifier

    try:
        figures = learn_classifier(output=output, name=name, seed=seed)
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    _tell(figures, as_json=as_json)


@command.command("try")
@click.option("--seed", default=SEED, show_default=True, help="Seed of the corpus.")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def try_model(*, seed: int, as_json: bool) -> None:
    """Try the model in force on the templates that it never learnt from."""
    setup_django()
    from fangge.cases.actions.learning import try_classifier

    _tell(try_classifier(seed=seed), as_json=as_json)


@command.command("propose")
@click.argument("text")
def propose_for(text: str) -> None:
    """Propose a category for a text, with how sure, and the words that spoke for it."""
    setup_django()
    from fangge.cases.actions.learning import propose_category

    for one in propose_category(text=text):
        click.echo(f"{one.confidence:6.1%}  {one.category:<20}{' '.join(one.words)}")


def _tell(figures: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    for name, value in figures.items():
        click.echo(
            f"{name:<24}{value:>10,}" if isinstance(value, int) else f"{name:<24}{value:>10.3f}"
        )
