"""Optuna's gRPC proxy over a database: ``python -m benchmarks.own_training.optuna_proxy URL PORT``."""

from __future__ import annotations

import sys
import warnings

from optuna.storages import run_grpc_proxy_server

from benchmarks.own_training.optuna_storage import open_storage


def main() -> None:
    """Serve until killed, with the default of ten threads."""
    url, port = sys.argv[1:]
    warnings.simplefilter("ignore")  # says that it is experimental
    run_grpc_proxy_server(open_storage(url), host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
