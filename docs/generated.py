"""Pages that are made from the code itself when the documentation is built, so that they cannot differ from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer.main
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic_settings import BaseSettings
from typer.cli import get_docs_for_click

from api.settings import ApiSettings
from tuner.cli.application import application
from worker.settings import WorkerSettings

OPENAPI = Path(__file__).parent.parent / "api" / "openapi.json"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, as MkDocs asks its hooks to."""
    pages = {
        "reference/command-line.md": command_line(),
        "reference/http.md": http(json.loads(OPENAPI.read_text())),
        "reference/settings.md": settings(),
        "reference/openapi.json": OPENAPI.read_text(),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def command_line() -> str:
    """All commands with their options."""
    command = typer.main.get_command(application)
    with typer.Context(command) as context:
        text = get_docs_for_click(obj=command, ctx=context, name="tuner", title="Command line")
    return text


def http(description: dict[str, object]) -> str:
    """All routes, by what they are about."""
    lines = [
        "# HTTP",
        "",
        "The full description, with all bodies, is the [OpenAPI document](openapi.json). A running server has it at "
        "`/openapi.json`.",
    ]
    paths: dict[str, dict[str, dict[str, object]]] = description["paths"]  # type: ignore[assignment]
    tags: list[dict[str, str]] = description["tags"]  # type: ignore[assignment]
    for tag in tags:
        lines += ["", f"## {tag['name'].capitalize()}", "", tag["description"], "", "| route | |", "|---|---|"]
        lines += [
            f"| `{method.upper()} {path}` | {operation['summary']}. {operation.get('description', '')} |"
            for path, operations in paths.items()
            for method, operation in operations.items()
            if tag["name"] in operation["tags"]  # type: ignore[operator]
        ]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """The environment variables of both processes."""
    lines = ["# Settings", "", "Environment variables, read once when a process starts.", ""]
    for title, kind in {"The server": ApiSettings, "A worker": WorkerSettings}.items():
        lines += [f"## {title}", "", "| variable | default | |", "|---|---|---|", *_settings_rows(kind), ""]
    return "\n".join(lines)


def _settings_rows(kind: type[BaseSettings]) -> Iterator[str]:
    prefix = kind.model_config["env_prefix"]
    for name, field in kind.model_fields.items():
        variable = field.validation_alias or f"{prefix}{name.upper()}"
        default = "" if field.default in (None, ()) else f"`{field.default}`"
        yield f"| `{variable}` | {default} | {field.description} |"
