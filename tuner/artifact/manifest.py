"""What a saved model says about itself: ``manifest.json``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from tuner.data.profile import ColumnProfile, TargetProfile, ValueForm
from tuner.errors import TunerError
from tuner.space import Params

FILE_NAME = "manifest.json"
FORMAT_VERSION = 2

# A manifest must not be able to point outside its folder: a part has one of these folders, and flat files in it.
_PART_FOLDER = re.compile(r"(parts/[0-9]{1,5})?")
_FILE_NAME = re.compile(r"(parts/[0-9]{1,5}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Member:
    """A trial whose model is in an ensemble.

    Args:
        number: The trial's number in its study.
        family: Name of its family.
        weight: Its share of the prediction; the shares of all members sum to 1.
    """

    number: int
    family: str
    weight: float


@dataclass(frozen=True)
class Part:
    """One estimator of a saved model.

    Args:
        family: Name of its family.
        params: What it was built with, under the family's own names.
        weight: Its share of the prediction; the shares of all parts sum to 1.
        folder: Where its files are, relative to the model's folder; empty for a model of one part.
    """

    family: str
    params: Params
    weight: float
    folder: str


@dataclass(frozen=True)
class ModelFacts:
    """What a trained model is.

    Args:
        family: Name of its family, or ``ensemble``.
        params: What it was built with, under the family's own names; empty for an ensemble.
        target: What it predicts.
        target_form: How the target's cells were written, so that labels that were numbers come back as numbers.
        columns: The features it was trained on.
        metric: Name of the metric it was chosen by.
        value: That metric on the validation rows.
        standard_error: How far chance may have moved ``value``, if known.
        folds: Folds of the table that were predicted, each by a model that had not learned from it.
        members: The trials in an ensemble, heaviest first; empty for one trial's own model.
        temperature: What the averaged probabilities are made surer by; see ``with_temperature``. 1 changes nothing.
        left_out: The table's other columns, which the model does not see.
        warnings: What people should know about the data, as sentences.
    """

    family: str
    params: Params
    target: TargetProfile
    target_form: ValueForm
    columns: tuple[ColumnProfile, ...]
    metric: str
    value: float
    standard_error: float | None = None
    folds: int = 1
    members: tuple[Member, ...] = ()
    temperature: float = 1.0
    left_out: tuple[ColumnProfile, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A saved model's facts, and what is needed to check and read its files.

    Args:
        facts: What the model is. Its columns are without their values, which belong to the dataset.
        parts: The estimators whose weighted average it predicts.
        versions: Versions of Python and of the libraries it was trained with.
        files: SHA-256 of each other file in the folder, in hex.
    """

    facts: ModelFacts
    parts: tuple[Part, ...]
    versions: Mapping[str, str]
    files: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into the model's folder."""
        text = json.dumps(self.to_json(), indent=2, allow_nan=False, ensure_ascii=False)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``manifest.json`` from a model's folder.

        Raises:
            TunerError: There is none, it is damaged, or a later version wrote it.
        """
        try:
            text = (folder / FILE_NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise damaged(f"there is no {FILE_NAME}") from None
        except ValueError as error:
            raise damaged(f"{FILE_NAME} cannot be read ({error})") from None
        return cls.from_text(text)

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """The manifest in the content of ``manifest.json``.

        Raises:
            TunerError: It is damaged, or a later version wrote it.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise damaged(f"{FILE_NAME} cannot be read ({error})") from None
        return cls.from_json(document)

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain JSON types."""
        facts = self.facts
        return {
            "format_version": FORMAT_VERSION,
            "family": facts.family,
            "params": facts.params,
            "target": facts.target.to_json(),
            "target_form": facts.target_form.value,
            "columns": _columns_to_json(facts.columns),
            "metric": facts.metric,
            "value": facts.value,
            "standard_error": facts.standard_error,
            "folds": facts.folds,
            "members": [asdict(member) for member in facts.members],
            "temperature": facts.temperature,
            "left_out": _columns_to_json(facts.left_out),
            "warnings": list(facts.warnings),
            "parts": [asdict(part) for part in self.parts],
            "versions": dict(self.versions),
            "files": dict(self.files),
        }

    @classmethod
    def from_json(cls, document: Any) -> Self:  # Any: whatever the file held
        """The manifest that ``to_json`` wrote."""
        version = document.get("format_version") if isinstance(document, dict) else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise TunerError(
                f"The model was saved in format {version}; this version of tuner reads up to {FORMAT_VERSION}.",
                hint="Install a newer tuner: pip install --upgrade tuner",
            )
        try:
            manifest = cls(
                facts=ModelFacts(
                    family=document["family"],
                    params=dict(document["params"]),
                    target=TargetProfile.from_json(document["target"]),
                    target_form=ValueForm(document["target_form"]),
                    columns=tuple(ColumnProfile.from_json(column) for column in document["columns"]),
                    metric=document["metric"],
                    value=document["value"],
                    standard_error=document["standard_error"],
                    folds=document["folds"],
                    members=tuple(
                        Member(member["number"], member["family"], member["weight"]) for member in document["members"]
                    ),
                    temperature=float(document["temperature"]),
                    left_out=tuple(ColumnProfile.from_json(column) for column in document["left_out"]),
                    warnings=tuple(map(str, document["warnings"])),
                ),
                parts=tuple(
                    Part(part["family"], dict(part["params"]), float(part["weight"]), str(part["folder"]))
                    for part in document["parts"]
                ),
                versions=dict(document["versions"]),
                files=dict(document["files"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise damaged(f"{FILE_NAME} lacks what it should hold ({error!r})") from None
        for name, digest in manifest.files.items():
            if not _FILE_NAME.fullmatch(name) or name == FILE_NAME or not _SHA256.fullmatch(str(digest)):
                raise damaged(f"{FILE_NAME} lists {name!r:.100}, which is no file of a model")
        _check_parts(manifest.parts)
        if not 0 < manifest.facts.temperature < math.inf:
            raise damaged(f"its temperature is {manifest.facts.temperature}")
        return manifest


def _columns_to_json(columns: Iterable[ColumnProfile]) -> list[dict[str, Any]]:
    return [replace(column, value_counts=()).to_json() for column in columns]


def _check_parts(parts: tuple[Part, ...]) -> None:
    for part in parts:
        if not _PART_FOLDER.fullmatch(part.folder):
            raise damaged(f"{FILE_NAME} lists {part.folder!r:.100}, which is no folder of a part")
    weights = [part.weight for part in parts]
    if not all(weight > 0 for weight in weights) or not math.isclose(sum(weights), 1.0, rel_tol=1e-6):
        raise damaged(f"the weights of its {len(parts)} parts are not shares of 1")


def damaged(why: str) -> TunerError:
    """The error for a model that is not as it was saved."""
    return TunerError(
        f"The saved model is damaged: {why}.",
        hint="Download the model again, or train it again if the original is damaged.",
    )


def original_labels(labels: Sequence[str], form: ValueForm) -> list[str] | list[int] | list[float] | list[bool]:
    """Labels as they were in the table, from their text form."""
    if form is ValueForm.WHOLE:
        return [int(label) for label in labels]
    if form is ValueForm.FRACTION:
        return [float(label) for label in labels]
    # pandas reads a column of these as truth values, so that is what users compare with.
    if set(labels) == {"False", "True"}:
        return [label == "True" for label in labels]
    return list(labels)
