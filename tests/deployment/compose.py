"""The Compose file, read as Compose does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.deployment.image import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?(?::\?([^}]*))?\}")
_SECONDS = {"s": 1, "m": 60}


def read_compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file, with its variables filled in.

    Args:
        variables: What Compose would find in the environment or in ``.env``.
    """
    given = variables or {}

    def fill(found: re.Match[str]) -> str:
        name, default, complaint = found.groups()
        assert given.get(name) or default is not None, complaint
        return given.get(name) or default

    document = yaml.safe_load(COMPOSE_FILE.read_text())

    def filled(value: Any) -> Any:
        match value:
            case str():
                return VARIABLE.sub(fill, value)
            case dict():
                return {key: filled(entry) for key, entry in value.items()}
            case list():
                return [filled(entry) for entry in value]
        return value

    return dict(filled(document))


def environment_of(service: Mapping[str, Any]) -> dict[str, str]:
    """A service's variables, as its processes see them."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def seconds_of(duration: str) -> int:
    """A duration such as ``45s``."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]
