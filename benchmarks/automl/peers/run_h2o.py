"""H2O AutoML with its defaults, in a JVM of its own that is started before the clock."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import h2o
import numpy as np
import pandas as pd
from adapter import Job, System, answer, categories_of, read_job
from h2o.automl import H2OAutoML
from h2o.backend import H2OLocalServer


class H2O(System):
    """Cross-validated families, and stacked ensembles of them."""

    def fit(self, job: Job, train: pd.DataFrame) -> None:
        texts = categories_of(train)
        self._types = {name: "enum" if name in texts else "numeric" for name in train.columns}
        frame = h2o.upload_file(job.train, col_types=self._types)
        self._automl = H2OAutoML(max_runtime_secs=int(job.seconds), seed=job.seed, verbosity=None)
        self._automl.train(y=job.target, training_frame=frame)
        self._labels = texts.get(job.target, [])

    def ready(self) -> None:
        if self._automl.leader is None:
            sys.exit("H2O AutoML made no model within its time.")
        self.classes = self._labels

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        types = {name: kind for name, kind in self._types.items() if name in rows}
        found = self._automl.leader.predict(h2o.H2OFrame(rows, column_types=types)).as_data_frame()
        return found[list(self.classes) or "predict"].to_numpy()

    def save(self, folder: Path) -> None:
        h2o.download_model(self._automl.leader, str(folder))

    def describe(self) -> str:
        return str(self._automl.leader.model_id)


if __name__ == "__main__":
    if shutil.which("java") is None:
        sys.exit("H2O needs Java, and there is no `java` on the PATH: install a JRE, such as default-jre-headless.")
    job = read_job()
    # A server of its own on the first free port; `h2o.init` would join one that somebody else has started.
    server = H2OLocalServer.start(port="54321+", ice_root=job.folder, log_dir=job.folder, verbose=False)
    h2o.connect(server=server, verbose=False)
    h2o.no_progress()
    try:
        answer(job, H2O(), ["h2o", "pandas"])
    finally:
        server.shutdown()
