from pathlib import Path

from tuner.execution.child_environment import child_environment

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


def test_temporary_files_go_to_the_trials_folder() -> None:
    environment = child_environment(FOLDER, 1, {"TMPDIR": "/tmp"})
    assert environment["TMPDIR"] == "/trial"
    assert environment["KERAS_HOME"] == "/trial/.keras"
