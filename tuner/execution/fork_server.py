"""A process that has everything loaded and splits off training processes: ``python -P -m tuner.execution.fork_server``.

Loading what a training needs takes a second or more; a copy of a process that has it is there in some milliseconds.
The standard library's fork server imports the user's program again, and so cannot be used.

Arguments: ``SOCKET TRAIN MEMORY_BYTES THREADS MODULE...``. Over the socket (whose messages keep their bounds) come
requests, each the name of a folder with three file descriptors: the socket of the new process, its log, and a socket on
which this process writes first the new process's number, and then its exit status. Nothing is kept of the first two.

This process starts no thread and no computation: whatever lock a thread holds at the moment of a fork stays locked in
the copy for ever. It refuses to serve if a module has started threads all the same. When its worker is gone, so is it.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tuner.execution.child import Train, find_train, run_child
from tuner.execution.child_environment import folder_environment, thread_counts

_REQUEST_BYTES = 16_384
_NUM_DESCRIPTORS = 3
_BROKEN = 70


class ForkServer:
    """Serves requests until the worker hangs up.

    Args:
        control: Where requests come from.
        train: What the children run.
        memory_bytes: Memory each may allocate; 0 for no limit.
        threads: Processor threads each may use.
    """

    def __init__(self, control: socket.socket, train: Train, memory_bytes: int, threads: int) -> None:
        self._control = control
        self._train = train
        self._memory_bytes = memory_bytes
        self._threads = threads
        self._statuses: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Fork on request and tell how the children end."""
        # Written to by the signal, so that the end of a child ends the wait below.
        wake_reader, self._wake_writer = socket.socketpair()
        wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._wake_reader = wake_reader
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        while True:
            readable, _, _ = select.select([self._control, wake_reader], [], [])
            if wake_reader in readable:
                with suppress(BlockingIOError):
                    wake_reader.recv(4096)
                self._reap()
            if self._control in readable:
                request, descriptors, _, _ = socket.recv_fds(self._control, _REQUEST_BYTES, _NUM_DESCRIPTORS)
                if not request:
                    return
                self._fork(Path(request.decode()), descriptors)

    def _fork(self, folder: Path, descriptors: Sequence[int]) -> None:
        connection, log, status = descriptors
        pid = os.fork()
        if pid == 0:
            try:
                os.close(status)
                self._become_child(folder, connection, log)
            except BaseException:
                traceback.print_exc()
            finally:
                # Whatever went wrong: a copy of the server must never go on as a server.
                os._exit(_BROKEN)
        os.close(connection)
        os.close(log)
        self._statuses[pid] = socket.socket(fileno=status)
        self._tell(pid, f"pid {pid}")

    def _become_child(self, folder: Path, connection: int, log: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        # Others' sockets must be closed by none but their owners, or nobody hears of their death.
        for other in (self._control, self._wake_reader, self._wake_writer, *self._statuses.values()):
            other.close()
        os.dup2(log, sys.stdout.fileno())
        os.dup2(log, sys.stderr.fileno())
        os.close(log)
        os.chdir(folder)
        os.environ.update(folder_environment(folder) | thread_counts(self._threads))
        tempfile.tempdir = None
        if self._threads > 1:
            _use_threads(self._threads)
        run_child(self._train, socket.socket(fileno=connection), self._memory_bytes)

    def _reap(self) -> None:
        while self._statuses:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell(pid, f"exit {os.waitstatus_to_exitcode(status)}")
            self._statuses.pop(pid).close()

    def _tell(self, pid: int, message: str) -> None:
        # Whoever wanted to know may have gone.
        with suppress(OSError):
            self._statuses[pid].sendall(f"{message}\n".encode())


def _use_threads(threads: int) -> None:
    """Let the linear algebra, which was loaded with one thread so that it started none, use more."""
    import threadpoolctl  # type: ignore[import-untyped]  # ships without types

    threadpoolctl.threadpool_limits(threads, user_api="blas")


def _check_one_thread() -> None:
    names = os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else ["self"]
    if len(names) > 1:
        sys.exit(f"A module has started {len(names) - 1} threads, so that this process must not fork.")


def main() -> None:
    """Load everything, then serve."""
    number, train_name, memory_bytes, threads, *modules = sys.argv[1:]
    control = socket.socket(fileno=int(number))
    control.set_inheritable(False)
    # JAX warns of each fork, in case it has started threads; here it has not.
    warnings.filterwarnings("ignore", message="os.fork", category=RuntimeWarning)
    train = find_train(train_name)
    for module in modules:
        importlib.import_module(module)
    _check_one_thread()
    # What is loaded now stays: the collector must not touch, and so copy, its pages in every child.
    gc.collect()
    gc.freeze()
    ForkServer(control, train, int(memory_bytes), int(threads)).serve()
    # Its children end by themselves: their own sockets close with the worker.
    os._exit(0)


if __name__ == "__main__":
    main()
