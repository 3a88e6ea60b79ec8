"""Networks keep their promises on every backend, and move between them.

Each backend has a process of its own: TensorFlow in another environment, which ``make check`` installs.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.errors import MissingExtra, UnknownName
from tuner.models.networks import Backend, backends
from tuner.models.networks.backends import chosen_backend, installed_backends

_ROOT = Path(__file__).parents[2]
_PYTHON_WITH_TENSORFLOW = _ROOT / ".venv-tensorflow" / "bin" / "python"


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("backend", [Backend.TORCH, Backend.TENSORFLOW])
def test_networks_keep_their_promises_on(backend):
    done = _run(backend, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "every_backend", "tests/models")
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-3_000:]
    assert " passed" in done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_network_saved_on_a_backend_predicts_and_goes_on_on_every_other(tmp_path):
    for step in ("train", "predict"):
        for backend in Backend:
            done = _run(backend, "-m", "tests.models.saved_networks", step, str(tmp_path))
            assert done.returncode == 0, done.stdout + done.stderr[-5_000:]
            lines = {tuple(line.split()[:2]) for line in done.stdout.splitlines()}
            assert step == "train" or lines == {(trained_on, backend) for trained_on in Backend}


def test_backends_are_found_without_importing_them():
    program = (
        "import sys; from tuner.models.networks import chosen_backend, installed_backends\n"
        "assert installed_backends()[0] == chosen_backend() == 'jax'\n"
        "assert not {'keras', 'jax', 'torch', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=60, env=_environment(None))


def test_backend_that_does_not_exist_is_refused_with_the_known_ones(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv(backends.VARIABLE, "theano")
    with pytest.raises(UnknownName, match=r"(?s)theano.*jax, tensorflow, torch"):
        chosen_backend()


def test_backend_that_is_not_installed_is_refused_with_its_extra(monkeypatch):
    missing = [backend for backend in Backend if backend not in installed_backends()]
    assert missing, "no environment of ours has all of them"
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv(backends.VARIABLE, missing[0])
    with pytest.raises(MissingExtra) as caught:
        chosen_backend()
    assert f"tuner[{missing[0].extra}]" in (caught.value.hint or "")


def _run(backend: Backend, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a backend."""
    python = _PYTHON_WITH_TENSORFLOW if backend is Backend.TENSORFLOW else Path(sys.executable)
    is_there = python.exists() if backend is Backend.TENSORFLOW else importlib.util.find_spec(backend) is not None
    assert is_there, f"{backend} is not installed here: run `make check` once, which installs it"
    command = [str(python), *arguments]
    return subprocess.run(
        command, cwd=_ROOT, env=_environment(backend), capture_output=True, text=True, timeout=1400, check=False
    )


def _environment(backend: Backend | None) -> dict[str, str]:
    # One thread, on which sums are always made in the same order.
    own = {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", backends.VARIABLE))
    }
    return inherited | own | ({} if backend is None else {backends.VARIABLE: backend.value})


@pytest.mark.parametrize(("named", "platforms"), [(None, "cpu"), ("cuda", "cuda")])
def test_jax_stays_on_the_processor_unless_its_user_named_a_platform(named, platforms):
    program = (
        "import keras, jax; from tuner.models.networks.backends import stay_on_processor\n"
        f"stay_on_processor(); assert jax.config.jax_platforms == {platforms!r}"
    )
    environment = _environment(Backend.JAX) | ({} if named is None else {"JAX_PLATFORMS": named})
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=120, env=environment)
