import subprocess
import sys
from pathlib import Path

from tuner.execution.scratch import ScratchFolder

OWNER = """
import sys
from pathlib import Path
from tuner.execution.scratch import ScratchFolder
print(ScratchFolder(Path(sys.argv[1])).new(), flush=True)
sys.stdin.read()
"""


def test_close_removes_the_folder(tmp_path: Path) -> None:
    scratch = ScratchFolder(tmp_path)
    (scratch.new() / "file").write_text("text")
    scratch.close()
    assert list(tmp_path.iterdir()) == []


def test_close_twice_is_close_once(tmp_path: Path) -> None:
    scratch = ScratchFolder(tmp_path)
    scratch.close()
    scratch.close()


def test_folder_of_a_living_process_stays(tmp_path: Path) -> None:
    first = ScratchFolder(tmp_path)
    second = ScratchFolder(tmp_path)
    assert first.path.exists()
    first.close()
    second.close()


def test_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        left_behind = Path(owner.stdout.readline().strip())
        owner.kill()
    assert left_behind.exists()
    scratch = ScratchFolder(tmp_path)
    assert not left_behind.exists()
    scratch.close()
