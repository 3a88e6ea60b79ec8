"""What a training has reached, in one file, from which a later attempt goes on."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import math
import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.artifact.package import MAX_BYTES
from tuner.artifact.writing import library_versions
from tuner.models import ModelFamily
from tuner.training.fold import Fold
from tuner.training.job import CHECKPOINT_FILE, TrainingJob

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# What a killed training may lose, where its steps take less. Trainings that are over by then pay nothing.
_PAUSE_SECONDS = 2.0
# Writing may take a tenth of the time, so that large networks on slow disks are trained nonetheless.
_PAUSES_PER_WRITE = 10.0

_IDENTITY_FILE = "identity.txt"
_PROGRESS_FILE = "progress.json"
_KEPT_FILE = "kept.npz"
_ESTIMATOR_FOLDER = "estimator"
_FOLDS_FOLDER = "folds"
_FIT_FOLDER = "fit"
_NAME = re.compile(r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+)*", re.ASCII)
_CHUNK_BYTES = 1024**2
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
)


@dataclass(frozen=True)
class Progress:
    """How far a fit has come, as its curve knows it.

    Args:
        fold: Position of the fold that is fitted.
        last_step: The step that was reported last.
        best_step: The best step so far.
        best_loss: What it was chosen by.
        seconds: Time that the fit has taken, in all attempts.
        reported: Steps and the values that were told of them.
        kept: Predictions of the best step and the last, by step.
    """

    fold: int
    last_step: int
    best_step: int
    best_loss: float
    seconds: float
    reported: tuple[tuple[int, float], ...]
    kept: Mapping[int, NDArray[np.float64]]

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        import numpy as np

        facts = asdict(self)
        del facts["kept"]
        (folder / _PROGRESS_FILE).write_text(json.dumps(facts))
        kept: dict[str, Any] = {str(step): prediction for step, prediction in self.kept.items()}
        np.savez(folder / _KEPT_FILE, **kept)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The progress that ``save`` wrote."""
        import numpy as np

        facts = json.loads((folder / _PROGRESS_FILE).read_text())
        reported = tuple((int(step), float(value)) for step, value in facts.pop("reported"))
        with np.load(folder / _KEPT_FILE, allow_pickle=False) as file:
            kept = {int(name): file[name] for name in file.files}
        return cls(**facts, reported=reported, kept=kept)


class Checkpoints:
    """The checkpoint of a training: ``checkpoint.zip`` in its folder, replaced as a whole as the training goes on.

    It holds the folds that are done and how far the present one has come. It is written at most every two seconds, and
    no more often than that writing takes a tenth of the time.

    Args:
        job: What is trained; its ``checkpoint`` is where an earlier attempt of the same training had come to. One that
            another version of the libraries has written, or that is damaged, is passed over.
        family: Its model family.
    """

    def __init__(self, job: TrainingJob, family: ModelFamily) -> None:
        self._path = job.folder / CHECKPOINT_FILE
        self._draft = job.folder / "checkpoint"
        self._earlier = job.folder / "resumed"
        self._identity = _identity(job, family)
        self._folds: list[Fold] = []
        self._num_written = 0
        self._progress: Progress | None = None
        self._due_at = time.monotonic() + _PAUSE_SECONDS
        if job.checkpoint is not None:
            self._read(job.checkpoint, family)

    @property
    def folds(self) -> list[Fold]:
        """Folds that are done; at first those of the earlier attempt."""
        return list(self._folds)

    def progress(self, fold: int) -> Progress | None:
        """How far the earlier attempt had come with this fold; None if it had not."""
        return self._progress if self._progress is not None and self._progress.fold == fold else None

    @property
    def estimator_folder(self) -> Path:
        """What the earlier attempt's estimator had written of the fold that it was at."""
        return self._earlier / _FIT_FOLDER / _ESTIMATOR_FOLDER

    def keep(self, fold: Fold) -> None:
        """Take a fold that is done into this checkpoint and those to come."""
        self._folds.append(fold)
        if time.monotonic() >= self._due_at:
            self._write(lambda folder: None)

    def offer(self, progress: Callable[[], Progress], write: Callable[[Path], None]) -> bool:
        """Write a checkpoint of a fit under way if one is due; whether it was written.

        Args:
            progress: How far the fit has come.
            write: Writes the estimator's part into an empty folder.
        """
        if time.monotonic() < self._due_at:
            return False

        def write_fit(folder: Path) -> None:
            (folder / _ESTIMATOR_FOLDER).mkdir(parents=True)
            write(folder / _ESTIMATOR_FOLDER)
            progress().save(folder)

        return self._write(write_fit)

    def _write(self, write_fit: Callable[[Path], None]) -> bool:
        started = time.monotonic()
        try:
            for position in range(self._num_written, len(self._folds)):
                folder = self._draft / _FOLDS_FOLDER / str(position)
                folder.mkdir(parents=True)
                self._folds[position].save(folder)
                self._num_written = position + 1
            (self._draft / _FOLDS_FOLDER).mkdir(parents=True, exist_ok=True)
            (self._draft / _IDENTITY_FILE).write_text(self._identity)
            write_fit(self._draft / _FIT_FOLDER)
            part = self._path.with_suffix(".part")
            _pack(self._draft, part)
            part.replace(self._path)
        except OSError as error:
            # A full disk, most often. The training itself may need none of it.
            logger.warning("checkpoint not written, and none will be: %s", error)
            self._due_at = math.inf
            return False
        finally:
            shutil.rmtree(self._draft / _FIT_FOLDER, ignore_errors=True)
        ended = time.monotonic()
        self._due_at = ended + max(_PAUSE_SECONDS, _PAUSES_PER_WRITE * (ended - started))
        return True

    def _read(self, path: Path, family: ModelFamily) -> None:
        try:
            self._earlier.mkdir(parents=True)
            _unpack(path, self._earlier)
            if (self._earlier / _IDENTITY_FILE).read_text() != self._identity:
                logger.warning("the earlier attempt's checkpoint is of other versions; training begins anew")
                return
            folders = (self._earlier / _FOLDS_FOLDER / str(position) for position in itertools.count())
            folds = [Fold.load(folder, family) for folder in itertools.takewhile(Path.exists, folders)]
            fit = self._earlier / _FIT_FOLDER
            self._progress = Progress.load(fit) if fit.exists() else None
            self._folds = folds
        except (*_DAMAGES, OSError) as error:
            logger.warning("the earlier attempt's checkpoint is damaged; training begins anew: %s", error)


def _identity(job: TrainingJob, family: ModelFamily) -> str:
    """What must be equal for a checkpoint to be of the same training. On another backend it is."""
    versions = library_versions([family.name])
    facts = {
        "family": job.family,
        "params": job.params,
        "metric": job.metric,
        "target": job.target.to_json(),
        "kind": job.kind,
        "folds": [job.folds, job.scored_folds, job.bagged_folds],
        "seeds": [job.split_seed, job.seed],
        "architecture": job.architecture,
        "versions": {name: versions.get(name) for name in ("tuner", *family.modules)},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _pack(folder: Path, path: Path) -> None:
    # Not compressed: weights are nearly random numbers.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(folder).as_posix())


def _unpack(path: Path, folder: Path) -> None:
    left = MAX_BYTES
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not _NAME.fullmatch(entry.filename) or entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{entry.filename!r} is not a file that tuner writes")
            (folder / entry.filename).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, (folder / entry.filename).open("xb") as sink:
                while chunk := source.read(_CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        raise ValueError("it is too large")
                    sink.write(chunk)
