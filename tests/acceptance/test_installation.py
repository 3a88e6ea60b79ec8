"""What the tests here run is the installed wheel, not the checkout."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.service import Service
from tests.packaging.installation import CHECKOUT, Installation


def test_every_part_comes_from_the_wheel(installation: Installation, tmp_path: Path) -> None:
    script = """
import json
import alembic.script, api, tuner, tuner.execution.child, worker
from tuner.storage import schema
print(json.dumps([module.__file__ for module in (tuner, tuner.execution.child, api, worker, schema)]))
"""
    outcome = installation.run("-c", script, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    files = [Path(file) for file in json.loads(outcome.stdout)]
    assert all(file.is_relative_to(installation.folder) for file in files)
    assert not installation.folder.is_relative_to(CHECKOUT)


def test_no_process_of_the_service_reads_the_checkout(service: Service) -> None:
    server = service.start_server()
    worker = service.start_worker()
    for process in (server, worker):
        environment = Path(f"/proc/{process.pid}/environ").read_text().split("\0")
        assert f"PYTHONPATH={service.installation.folder}" in environment
        assert str(CHECKOUT) not in Path(f"/proc/{process.pid}/maps").read_text().replace(f"{CHECKOUT}/.venv", "")
