import subprocess
import sys
from pathlib import Path

import pytest

from tuner.execution.child_environment import backend_environment, child_environment, server_environment

FOLDER = Path("/trial")


def test_only_what_libraries_need_is_passed_on() -> None:
    given = {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0", "SECRET": "x", "TUNER_API_KEY": "x", "HTTPS_PROXY": "x"}
    environment = child_environment(FOLDER, 1, given)
    assert environment["PATH"] == "/bin"
    assert environment["CUDA_VISIBLE_DEVICES"] == "0"
    assert "x" not in environment.values()


def test_single_thread_holds_for_xla_too() -> None:
    flags = child_environment(FOLDER, 1, {"XLA_FLAGS": "--xla_dump_to=/dumps"})["XLA_FLAGS"]
    assert flags.split() == ["--xla_dump_to=/dumps", "--xla_cpu_multi_thread_eigen=false"]


def test_several_threads_leave_the_flags_of_xla_alone() -> None:
    assert child_environment(FOLDER, 2, {})["XLA_FLAGS"] == ""


def test_thread_counts_from_outside_are_overruled() -> None:
    assert child_environment(FOLDER, 2, {"OMP_NUM_THREADS": "64"})["OMP_NUM_THREADS"] == "2"


def test_a_gpu_is_shared_unless_the_user_wants_it_otherwise() -> None:
    assert child_environment(FOLDER, 2, {})["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    given = {"XLA_PYTHON_CLIENT_PREALLOCATE": "true"}
    assert child_environment(FOLDER, 2, given)["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"


def test_temporary_files_go_to_the_trials_folder() -> None:
    environment = child_environment(FOLDER, 1, {"TMPDIR": "/tmp"})
    assert environment["TMPDIR"] == "/trial"
    assert environment["KERAS_HOME"] == "/trial/.keras"


@pytest.mark.slow
def test_what_one_training_has_compiled_is_there_for_the_next(tmp_path: Path) -> None:
    script = """
import jax
jax.jit(lambda x: sum(jax.numpy.tanh(x * number) @ x.T for number in range(100)))(jax.numpy.ones((3, 3)))
"""
    environment = server_environment(tmp_path, 1) | backend_environment("jax")
    kept = []
    for _ in range(2):
        subprocess.run([sys.executable, "-P", "-c", script], env=environment, cwd=tmp_path, check=True, timeout=120)
        kept.append({path.name: path.stat().st_mtime_ns for path in (tmp_path / "compiled").glob("*-cache")})
    assert any(name.startswith("jit__lambda") for name in kept[0])
    assert kept[0] == kept[1]
