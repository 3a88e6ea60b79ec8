"""The Dockerfile, read and carried out without Docker: the same commands, on paths in a folder of this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PATHS = ("/opt/tuner", "/wheels", "/src", "/data", "/run/secrets", "/usr/local/etc/haproxy")
_USER = "10001"


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words behind the name, without its flags; those of an array, if it is one."""
        found = re.search(r"(?:^|CMD )(\[.*\])$", self.text)
        if found:
            return list(json.loads(found.group(1)))
        return [word for word in self.text.split() if not word.startswith("--")]

    @property
    def flags(self) -> dict[str, str]:
        flags = [word for word in self.text.split() if word.startswith("--")]
        return dict(flag[2:].split("=", 1) for flag in flags)


def read_dockerfile() -> list[list[Instruction]]:
    """The stages, each a list of instructions that begins with its FROM."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stages: list[list[Instruction]] = []
    for line in text.replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append([])
        if name and stages:
            stages[-1].append(Instruction(name, " ".join(rest.split())))
    return stages


def environment_of(stage: list[Instruction]) -> dict[str, str]:
    """What the stage's ENV instructions set."""
    pairs = [word for instruction in stage if instruction.name == "ENV" for word in instruction.words]
    return dict(pair.split("=", 1) for pair in pairs)


class Image:
    """What the Dockerfile makes, in a folder.

    What needs Debian or the network is not done: the packages of the distribution, and the downloads of what tuner
    depends on, which is found where this process finds it.

    Args:
        folder: Empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build_stage, self.stage = read_dockerfile()

    def map(self, text: str) -> str:
        """The same text with all paths in this image's folder, and its user the present one."""
        for path in _PATHS:
            text = re.sub(rf"(?<![\w.\-]){path}(?![\w.\-])", str(self.folder) + path, text)
        return text.replace(_USER, str(os.getuid()))

    def path(self, inside: str) -> Path:
        """Where a path of the image lies on this machine."""
        return Path(self.map(inside))

    def build(self) -> None:
        """Carry out the Dockerfile."""
        for instruction in self.build_stage:
            if instruction.name == "COPY":
                self._copy(instruction)
            elif instruction.name == "RUN":
                self._run(instruction.text, self._build_environment())
                self._show_dependencies()
        for instruction in self.stage:
            if instruction.name == "RUN" and "apt-get" not in instruction.text:
                self._run(instruction.text, {"PATH": os.environ["PATH"]})

    def environment(self, **variables: str) -> dict[str, str]:
        """The environment of a container, and nothing else of this machine's."""
        found = {name: self.map(text) for name, text in environment_of(self.stage).items()}
        found["PATH"] = found["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")
        return found | {name: self.map(text) for name, text in variables.items()}

    def command(self, words: list[str]) -> list[str]:
        """The command line of a container, with its program looked up as a container would."""
        program = shutil.which(words[0], path=self.environment()["PATH"])
        assert program is not None, f"{words[0]} is not in the image"
        return [program, *map(self.map, words[1:])]

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.words
        for source in sources:
            assert is_in_context(source), f".dockerignore keeps {source} away"
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(ROOT / source, self.path("/src") / target, ignore=ignored)
            else:
                (self.path("/src") / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, self.path("/src") / target)

    def _build_environment(self) -> dict[str, str]:
        offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return environment_of(self.build_stage) | offline | {"PATH": path, "HOME": str(self.folder)}

    def _run(self, command: str, environment: dict[str, str]) -> None:
        working = self.path("/src")
        done = subprocess.run(
            ["/bin/sh", "-c", self.map(command)],
            cwd=working,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def _show_dependencies(self) -> None:
        for packages in self.path("/opt/tuner").glob("lib/python*/site-packages"):
            (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))


def is_in_context(name: str) -> bool:
    """Whether .dockerignore lets a file or folder at the top of the checkout into the build."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    is_in = True
    for line in lines:
        if fnmatch(name, line.removeprefix("!")):
            is_in = line.startswith("!")
    return is_in
