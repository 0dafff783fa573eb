"""The Dockerfile and the compose file as tests read them."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, JsonValue
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = ROOT / "docker" / "Dockerfile"
COMPOSE = ROOT / "docker" / "compose.yaml"
Stage = list[tuple[str, str]]
"""Instructions in order: the word, and what follows."""


class Health(BaseModel):
    """How a container is asked whether it is well."""

    test: tuple[str, ...] = ()
    disable: bool = False


class Service(BaseModel):
    """What the tests look at; whatever else a service says is kept in `model_extra`."""

    model_config = {"extra": "allow"}

    image: str
    entrypoint: tuple[str, ...] = ("fireline",)
    command: tuple[str, ...]
    environment: dict[str, str] = {}
    healthcheck: Health = Health()
    volumes: tuple[Annotated[JsonValue, BeforeValidator(lambda value: value)], ...] = ()
    networks: tuple[str, ...] = ()


def stages() -> list[Stage]:
    """Every stage of the Dockerfile."""
    text = re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()).replace("\\\n", " ")
    found = [line.partition(" ") for line in text.splitlines() if line.strip()]
    told = [(word, rest.strip()) for word, _, rest in found]
    begins = [index for index, (word, _) in enumerate(told) if word == "FROM"]
    return [told[begin:end] for begin, end in zip(begins, [*begins[1:], len(told)], strict=True)]


def said(stage: Stage, word: str) -> list[str]:
    """What follows one word in a stage."""
    return [rest for found, rest in stage if found == word]


def pairs(text: str) -> dict[str, str]:
    """What ENV and LABEL set."""
    return dict(re.findall(r'([\w.]+)="?([^"\s]+(?:[^"]*(?="))?)"?', text))


def services() -> dict[str, Service]:
    """Every service of the compose file by its name."""
    document = YAML(typ="safe").load(COMPOSE)
    return {name: Service.model_validate(given) for name, given in document["services"].items()}
