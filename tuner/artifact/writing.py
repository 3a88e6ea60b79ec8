"""How a model's folder comes to be: from fitted estimators, or from the folders of other models."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import platform
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tuner.artifact.evaluation import FILE_NAME as EVALUATION_FILE
from tuner.artifact.evaluation import Evaluation
from tuner.artifact.manifest import Manifest, ModelFacts, Part, damaged
from tuner.errors import InvalidInput
from tuner.models import Estimator, family

# Where the distribution has another name than its module; the first that is installed.
_DISTRIBUTIONS = {"sklearn": ("scikit-learn",), "xgboost": ("xgboost-cpu", "xgboost")}
_CHUNK_BYTES = 1024**2


def save_model(
    folder: Path, estimators: Sequence[Estimator], facts: ModelFacts, evaluation: Evaluation | None = None
) -> Manifest:
    """Write a trained model into a folder, with a manifest that lists every file and its checksum.

    Args:
        folder: Created if it does not exist; must be empty.
        estimators: The models of one family, fitted. Several predict their average.
        facts: What they are.
        evaluation: How they do on rows that they have not learned from; see ``evaluate``.
    """
    folders = [""] if len(estimators) == 1 else [_part_folder(index) for index in range(len(estimators))]
    files: dict[str, str] = {}
    for estimator, name in zip(estimators, folders, strict=True):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        estimator.save(place)
        for path in sorted(place.iterdir()):
            files[path.relative_to(folder).as_posix()] = sha256_of(path)
    parts = tuple(Part(facts.family, facts.params, 1 / len(estimators), name) for name in folders)
    return _finish(folder, Manifest(facts, parts, library_versions([facts.family]), files), evaluation)


def combine_models(
    folder: Path, members: Sequence[tuple[Path, float]], facts: ModelFacts, evaluation: Evaluation | None = None
) -> Manifest:
    """Write an ensemble: the parts of several saved models, in one folder.

    Args:
        folder: Created if it does not exist; must be empty.
        members: The members' folders, each with its weight. Weights need not sum to 1; members without weight are
            left out.
        facts: What the ensemble is.
        evaluation: How it does on rows that its members have not learned from; see ``evaluate``.

    Raises:
        InvalidInput: No member has a weight, or one has less than none.
        TunerError: A member's folder is damaged.
    """
    total = sum(weight for _, weight in members)
    if not total > 0 or any(weight < 0 for _, weight in members):
        raise InvalidInput(
            f"The weights of an ensemble's members are {[weight for _, weight in members]}; none may be negative.",
            hint="Give at least one member a weight above 0.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Part] = []
    files: dict[str, str] = {}
    versions: dict[str, str] = {}
    for member, weight in members:
        if weight == 0:
            continue
        manifest = Manifest.read(member)
        versions |= manifest.versions
        for part in manifest.parts:
            name = _part_folder(len(parts))
            files |= _copy_part(member, manifest, part, folder, name)
            parts.append(replace(part, weight=part.weight * weight / total, folder=name))
    return _finish(folder, Manifest(facts, tuple(parts), versions, files), evaluation)


def library_versions(families: Iterable[str]) -> dict[str, str]:
    """The versions that are installed here of Python and of what models of these families need."""
    modules = ["tuner", "numpy", "pandas", *(module for name in families for module in family(name).modules)]
    return {"python": platform.python_version(), **dict(map(_distribution, dict.fromkeys(modules)))}


@functools.cache
def _distribution(module: str) -> tuple[str, str]:
    """The name and the version of what brings the module."""
    *others, last = _DISTRIBUTIONS.get(module, (module,))
    for name in others:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return name, importlib.metadata.version(name)
    return last, importlib.metadata.version(last)


def sha256_of(path: Path) -> str:
    """A file's checksum, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_part(member: Path, manifest: Manifest, part: Part, folder: Path, name: str) -> Mapping[str, str]:
    """Copy a part's files; returns their new names with their checksums."""
    (folder / name).mkdir(parents=True)
    start = f"{part.folder}/" if part.folder else ""
    copied = {}
    for file, digest in manifest.files.items():
        if not file.startswith(start) or "/" in file.removeprefix(start) or file == EVALUATION_FILE:
            continue
        if not (member / file).is_file():
            raise damaged(f"the file {file!r} is missing")
        place = f"{name}/{file.removeprefix(start)}"
        shutil.copyfile(member / file, folder / place)
        if sha256_of(folder / place) != digest:
            raise damaged(f"the file {file!r} does not match its checksum")
        copied[place] = digest
    return copied


def _part_folder(index: int) -> str:
    return f"parts/{index}"


def _finish(folder: Path, manifest: Manifest, evaluation: Evaluation | None) -> Manifest:
    if evaluation is not None:
        evaluation.write(folder)
        digest = sha256_of(folder / EVALUATION_FILE)
        manifest = replace(manifest, files={**manifest.files, EVALUATION_FILE: digest})
    # Last: a folder with a manifest is complete.
    manifest.write(folder)
    return manifest
