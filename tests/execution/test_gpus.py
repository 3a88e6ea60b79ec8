from pathlib import Path

import pytest

from tuner.execution.gpus import visible_gpus


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """As in a container that got the third and the fourth GPU of its machine."""
    for name in ("nvidia2", "nvidia3", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    return tmp_path


def test_gpus_are_counted_as_cuda_does(devices: Path) -> None:
    assert visible_gpus({}, devices) == ("0", "1")


def test_those_that_are_named_count(devices: Path) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "1, GPU-8f2a"}, devices) == ("1", "GPU-8f2a")


def test_none_may_be_named(devices: Path) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": ""}, devices) == ()


def test_a_machine_may_have_none(tmp_path: Path) -> None:
    assert visible_gpus({}, tmp_path / "dev") == ()
