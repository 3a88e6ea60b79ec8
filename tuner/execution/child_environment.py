"""The environment of a training process: what libraries need, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# An allow-list, because secrets go by any name. Nothing a training needs from outside travels in the environment but
# where things are installed, how text is encoded, and how libraries and devices are set up.
_NAMES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOGNAME", "PATH", "TZ", "USER", "VIRTUAL_ENV"}
)
_PREFIXES = (
    *("CUBLAS_", "CUDA", "GOMP_", "HIP_", "HSA_", "JAX_", "KERAS_BACKEND", "KMP_", "LC_", "LIGHTGBM_", "MKL_"),
    *("NCCL_", "NVIDIA_", "OMP_", "OPENBLAS_", "PYTHON", "ROCM_", "ROCR_", "TF_", "TORCH_", "XLA_"),
)
# A network takes about a quarter of a megabyte.
_MAX_COMPILED_BYTES = 256 * 1024**2
_THREAD_COUNTS = (
    *("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"),
)
# Trainings and the process that predicts share a GPU, of which JAX would take three quarters of the memory for the
# first of them, and TensorFlow all.
_SHARED_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def child_environment(folder: Path, threads: int, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for a child that trains in ``folder``.

    Args:
        folder: Its working directory, which also takes temporary files.
        threads: Processor threads it may use.
        environ: The environment to pick from.
    """
    inherited = {name: value for name, value in environ.items() if name in _NAMES or name.startswith(_PREFIXES)}
    xla_flags = inherited.get("XLA_FLAGS", "").split()
    if threads == 1:
        xla_flags.append("--xla_cpu_multi_thread_eigen=false")
    return (
        # Threads that spin while they wait cost tens of times the training on a machine with more to do than cores.
        {"OMP_WAIT_POLICY": "PASSIVE"}
        | _SHARED_GPU
        | inherited
        | thread_counts(threads)
        | folder_environment(folder)
        | {
            # The size of XLA's thread pool.
            "NPROC": str(threads),
            "XLA_FLAGS": " ".join(xla_flags),
            # Equal seeds give equal models only if sets of strings are walked in the same order.
            "PYTHONHASHSEED": "0",
            # The log must be complete up to the moment of a crash, and say where it was.
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
        }
    )


def server_environment(folder: Path, threads: int) -> dict[str, str]:
    """The environment for a fork server whose children use ``threads``.

    The linear algebra starts its threads when it is loaded, as does the allocator in Arrow, which pandas loads; a fork
    server must have none. OpenMP starts them when they are needed.

    JAX compiles a network anew in each process, for seconds. What one child has compiled, the next one finds beside the
    server: the folds of a candidate, and candidates of one shape, compile once.
    """
    compiled = {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_COMPILATION_CACHE_MAX_SIZE": str(_MAX_COMPILED_BYTES),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }
    no_threads = {
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
    }
    return child_environment(folder, threads) | no_threads | compiled


def backend_environment(backend: str | None) -> dict[str, str]:
    """What chooses the backend of Keras, before its first import."""
    if backend is None:
        return {}
    # Keras on PyTorch looks for a GPU when it is imported. Asked this way the driver answers without being started,
    # which no process could use any more that is forked afterwards.
    return {"KERAS_BACKEND": backend, "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}


def thread_counts(threads: int) -> dict[str, str]:
    """How many threads libraries use, for those that read it from the environment."""
    return dict.fromkeys(_THREAD_COUNTS, str(threads))


def folder_environment(folder: Path) -> dict[str, str]:
    """What differs from child to child: where temporary files go, and where Keras has its settings."""
    # Keras reads and writes its settings there; a user's own would change what is trained.
    return {"KERAS_HOME": str(folder / ".keras"), "TMPDIR": str(folder)}
