"""The process that predicts rows: ``python -P -m tuner.execution.prediction_child SOCKET``.

It reads one JSON request after another from its socket, answers each, and keeps the models that it has used loaded. Its
parent holds all that is secret, restarts it when it is stuck or has grown too large, and ends it by hanging up.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import TunerError

if TYPE_CHECKING:
    from tuner.artifact import SavedModel

MAX_MODEL_BYTES = 512 * 1024**2


class LoadedModels:
    """The models that were used last, within a limit on the size of their files.

    Args:
        max_bytes: Size of all files together, unpacked. One model is kept, whatever its size.
    """

    def __init__(self, max_bytes: int = MAX_MODEL_BYTES) -> None:
        self._max_bytes = max_bytes
        self._models: OrderedDict[Path, tuple[SavedModel, int]] = OrderedDict()

    def get(self, path: Path) -> SavedModel:
        """The model in a file, loaded now or before."""
        if path not in self._models:
            from tuner.artifact import load_model

            with zipfile.ZipFile(path) as archive:
                num_bytes = sum(entry.file_size for entry in archive.infolist())
            self._models[path] = (load_model(path), num_bytes)
        self._models.move_to_end(path)
        while len(self._models) > 1 and sum(size for _, size in self._models.values()) > self._max_bytes:
            self._models.popitem(last=False)
        return self._models[path][0]


def answer(models: LoadedModels, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request: a prediction, or what is wrong. Any: JSON."""
    try:
        model = models.get(Path(request["path"]))
        if request["csv"] is None and request["rows"] is None:
            prediction = model.forecast_plain(request["horizon"])
        elif request["csv"] is None:
            prediction = model.predict_plain(request["rows"])
        else:
            with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
                file.write(request["csv"])
                file.flush()
                prediction = model.predict_plain(file.name)
    except TunerError as error:
        places = [[place.pointer, place.detail] for place in error.places]
        return {"error": {"code": error.code, "message": error.message, "hint": error.hint, "places": places}}
    classes = list(model.classes)
    return {
        "predictions": prediction.predictions,
        "classes": classes,
        "probabilities": prediction.probabilities,
        "rows": prediction.rows,
    }


def main() -> None:
    """Answer requests until the parent hangs up."""
    # A Ctrl-C in the terminal is for the parent to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    models = LoadedModels()
    with socket.socket(fileno=int(sys.argv[1])) as connection, connection.makefile("rb") as lines:
        for line in lines:
            reply = json.dumps(answer(models, json.loads(line)), allow_nan=False, separators=(",", ":"))
            connection.sendall(reply.encode() + b"\n")


if __name__ == "__main__":
    main()
