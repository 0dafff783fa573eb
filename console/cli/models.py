"""`fireline models`: train a detector's model on captures of this place, and see how one does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.options import Json
from console.cli.output import Output
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from detectors.dns.evaluation import Evaluation

app = typer.Typer(no_args_is_help=True, help="Train and evaluate detectors' models.", rich_markup_mode=None)

TRAINABLE = ("dns.header_autoencoder",)

Detector = Annotated[str, typer.Argument(help=f"Which detector: {', '.join(TRAINABLE)}.", show_default=False)]
Captures = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Captures, pcap or pcapng.", show_default=False)]
Into = Annotated[Path, typer.Option("--out", help="Folder to write the model and its card into.", show_default=False)]
Owner = Annotated[str, typer.Option(help="Who answers for this model.", show_default=False)]
Rate = Annotated[float, typer.Option(min=0.00001, max=0.1, help="Share of clean messages that may be flagged.")]
Seed = Annotated[int, typer.Option(min=0, help="Same captures and seed, same model.")]
ModelFolder = Annotated[Path | None, typer.Option("--model", help="A model's folder [the one that ships].")]


@app.command("train")
def train(
    detector: Detector,
    files: Captures,
    out: Into,
    owner: Owner,
    rate: Rate = 0.001,
    seed: Seed = 53,
    json: Json = False,
) -> None:
    """Train on clean captures of this place, together with made-up clean DNS.

    Of each capture the last fifth by time is held back for the threshold. Captures that are visibly not clean are
    refused. The new model is written, not used: name its folder with `detect dns --model`.
    """
    _require_trainable(detector)
    # Imported here: the model's library takes seconds to load.
    from detectors.dns.autoencoder import save_model
    from detectors.dns.evaluation import read_patterns
    from detectors.dns.training import Captured, Recipe
    from detectors.dns.training import train as train_model

    captures = [Captured(file.name, read_patterns(file)) for file in files]
    trained = train_model(captures, Recipe(owner, seed, rate))
    save_model(out, trained.content, trained.model.card)
    card = trained.model.card
    lines = [
        f"wrote {out}: {card.detector} {card.version}, threshold {card.threshold:.5f}",
        *(
            f"{one.label:8}{one.category:24}{one.flagged:7} of {one.messages} flagged, plain rule {one.flagged_by_rule}"
            for one in card.results
        ),
    ]
    Output(json).show(card, lines)


@app.command("evaluate")
def evaluate(detector: Detector, files: Captures, model: ModelFolder = None, json: Json = False) -> None:
    """Show what a model flags in captures, beside a plain rule on the same bytes."""
    _require_trainable(detector)
    # Imported here: the model's library takes seconds to load.
    from detectors.dns.autoencoder import SHIPPED, load_model
    from detectors.dns.evaluation import evaluate as evaluate_model

    found = evaluate_model(load_model(model or SHIPPED), files)
    Output(json).show(found, _lines(found))


def _require_trainable(detector: str) -> None:
    if detector not in TRAINABLE:
        raise InvalidInput(f"no model of `{detector}` can be trained: there is {', '.join(TRAINABLE)}")


def _lines(found: "Evaluation") -> list[str]:
    total = f"{found.detector} {found.version}: {found.flagged} of {found.messages} messages flagged"
    return [
        *(
            f"{one.capture}: {one.flagged} of {one.messages} flagged, plain rule {one.flagged_by_rule}, "
            f"both {one.flagged_by_both}"
            for one in found.captures
        ),
        f"{total}, plain rule {found.flagged_by_rule}",
        f"captures with more than 5 % flagged: {found.captures_over_5_percent} of {len(found.captures)}, "
        f"plain rule {found.captures_over_5_percent_by_rule}",
    ]
