"""Optuna's storages, opened the way its documentation recommends."""

from __future__ import annotations

import warnings

import optuna
from optuna.storages import BaseStorage, GrpcStorageProxy, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend

SQLITE_PATIENCE_SECONDS = 60


def open_storage(address: str) -> BaseStorage:
    """The storage behind an address: a database's URL, ``grpc://host:port`` or ``journal:path``."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    scheme, _, rest = address.partition(":")
    if scheme == "grpc":
        host, _, port = rest.removeprefix("//").partition(":")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says that it is experimental
            return GrpcStorageProxy(host=host, port=int(port))
    if scheme == "journal":
        return JournalStorage(JournalFileBackend(rest))
    # Without patience many clients end with "database is locked".
    patience = {"connect_args": {"timeout": SQLITE_PATIENCE_SECONDS}} if scheme == "sqlite" else {}
    # get_storage puts Optuna's cache in front, as it does for a URL.
    return get_storage(RDBStorage(address, engine_kwargs=patience))
