"""The image: what is in it, what is not, and how it starts. Its commands are carried out by hand."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import stat
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deployment.image import Image, environment_of, is_in_context, read_dockerfile


def of_final_stage(name: str) -> list[str]:
    return next(instruction.words for instruction in reversed(read_dockerfile()[-1]) if instruction.name == name)


def test_the_command_is_installed_with_the_services(image: Image, tmp_path: Path) -> None:
    for words in (["tuner"], ["python", "-P", "-m", "api"], ["python", "-P", "-m", "worker"]):
        command = [*image.command(words), "--version"]
        done = subprocess.run(command, cwd=tmp_path, env=image.environment(), capture_output=True, text=True)
        assert done.stdout.startswith("tuner "), done.stderr


def test_the_services_are_those_of_the_image(image: Image, tmp_path: Path) -> None:
    script = "import api, migrations, tuner, worker; print(*(m.__file__ for m in (api, migrations, tuner, worker)))"
    command = image.command(["python", "-P", "-c", script])
    done = subprocess.run(command, cwd=tmp_path, env=image.environment(), capture_output=True, text=True)
    paths = done.stdout.split()
    assert len(paths) == 4, done.stderr
    assert all(Path(path).is_relative_to(image.path("/opt/tuner")) for path in paths)


def test_what_is_copied_to_the_final_stage_stays_in_its_place() -> None:
    # Scripts of a virtual environment name the folder it was made in.
    build_stage, final_stage = read_dockerfile()
    (copy,) = [instruction for instruction in final_stage if instruction.name == "COPY"]
    source, target = copy.words
    assert source == target
    assert build_stage[0].words[-1] == copy.flags["from"]
    assert build_stage[0].words[0] == final_stage[0].words[0]
    assert final_stage[0].words[0].endswith("-slim")


def test_every_module_of_ours_is_compiled(image: Image) -> None:
    (packages,) = image.path("/opt/tuner").glob("lib/python*/site-packages")
    modules = [
        path for folder in ("api", "migrations", "tuner", "worker") for path in (packages / folder).rglob("*.py")
    ]
    assert len(modules) > 100
    for module in modules:
        compiled = Path(importlib.util.cache_from_source(str(module)))
        # The flags of a file that is never compared with its source: PEP 552.
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0", module


def test_there_is_no_installer(image: Image) -> None:
    assert list(image.path("/opt/tuner").glob("bin/pip*")) == []
    assert list(image.path("/opt/tuner").glob("lib/python*/site-packages/pip*")) == []


def test_the_home_folder_belongs_to_the_user_alone(image: Image) -> None:
    facts = image.path("/data").stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (os.getuid(), 0o700)


def test_the_user_is_a_fixed_number_and_not_root() -> None:
    (user,) = of_final_stage("USER")
    assert all(int(part) >= 10_000 for part in user.split(":"))
    install = next(each.text for each in read_dockerfile()[-1] if each.text.startswith("install "))
    assert f"--owner={user.partition(':')[0]} " in install


def test_signals_reach_the_server_and_not_a_shell() -> None:
    assert of_final_stage("CMD") == ["python", "-P", "-m", "api"]
    assert of_final_stage("HEALTHCHECK") == ["tuner", "health"]
    assert not [each for each in read_dockerfile()[-1] if each.name == "ENTRYPOINT"]


@pytest.mark.parametrize("name", ["secrets", ".env", ".git", ".venv", "data", "tests", "docker-compose.yml"])
def test_it_cannot_leak_into_the_build(name: str) -> None:
    assert not is_in_context(name)


def test_nothing_brings_cuda_along() -> None:
    names = dependencies_of("tuner", {"all"})
    assert {"jax", "lightgbm", "psycopg-binary", "uvicorn"} <= names
    assert not [name for name in names if name.startswith(("nvidia", "jax-cuda", "cuda", "torch", "triton"))]


def test_the_library_of_the_system_that_lightgbm_needs_is_installed() -> None:
    library = next(Path(str(importlib.metadata.distribution("lightgbm").locate_file("lightgbm"))).rglob("*.so"))
    assert b"libgomp.so.1" in library.read_bytes()
    (apt,) = [each.text for each in read_dockerfile()[-1] if "apt-get" in each.text]
    assert "--no-install-recommends libgomp1 " in apt
    assert apt.endswith("rm -rf /var/lib/apt/lists/*")


def test_the_image_listens_on_the_port_that_it_names() -> None:
    assert of_final_stage("EXPOSE") == ["8000"]
    assert environment_of(read_dockerfile()[-1])["TUNER_API_HOST"] == "0.0.0.0"


def dependencies_of(name: str, extras: set[str]) -> set[str]:
    """All that is installed beside a distribution."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        found.add(name)
        for text in importlib.metadata.requires(name) or ():
            requirement = Requirement(text)
            markers = [{"extra": extra} for extra in wanted or {""}]
            if requirement.marker is None or any(requirement.marker.evaluate(marker) for marker in markers):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found
