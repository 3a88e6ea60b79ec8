from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from benchmarks.automl.campaign import Busy, Campaign, carry_out, check_quiet, missing
from benchmarks.automl.execution import Setting
from benchmarks.automl.outcome import Cell, StrangeFile, append_outcome, read_outcomes
from benchmarks.automl.systems import SYSTEMS
from benchmarks.automl.tables import all_tables
from tests.benchmarks_automl.outcomes import outcome

ROOT = Path(__file__).parents[2]


def test_systems_without_a_time_are_measured_once_for_all_times():
    cells = Campaign(["tuner", "lightgbm"], ["iris"], [10.0, 60.0], [0]).cells()
    assert sorted((cell.system, cell.seconds) for cell in cells) == [("lightgbm", 0), ("tuner", 10), ("tuner", 60)]


def test_systems_come_in_another_order_on_each_table_and_always_the_same():
    campaign = Campaign(list(SYSTEMS), list(all_tables()), [60.0], [0])
    orders = {table: [c.system for c in campaign.cells() if c.table == table] for table in campaign.tables}
    assert len({tuple(order) for order in orders.values()}) > 5
    assert campaign.cells() == campaign.cells()


def test_finished_cells_are_passed_over_and_failed_ones_tried_again(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    append_outcome(out, outcome("tuner", "a", 1.0))
    append_outcome(out, outcome("flaml", "a", None, failure="exit status 1"))
    cells = [Cell("a", 0, 60.0, name) for name in ("tuner", "flaml", "h2o")]
    assert [cell.system for cell in missing(cells, out)] == ["flaml", "h2o"]


def test_the_last_outcome_of_a_cell_counts_and_half_a_line_is_passed_over(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    for error in (1.0, 2.0):
        append_outcome(out, outcome("tuner", "a", error))
    with out.open("a") as lines:
        lines.write(json.dumps(asdict(outcome("tuner", "b", 1.0)))[:50])
    assert [one.error for one in read_outcomes([out])] == [2.0]


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path):
    out = tmp_path / "other.jsonl"
    out.write_text('{"problem": "branin"}\n')
    with pytest.raises(StrangeFile, match=r"other\.jsonl"):
        missing([Cell("a", 0, 60.0, "tuner")], out)
    assert out.read_text() == '{"problem": "branin"}\n'


def test_a_benchmark_that_is_told_to_stop_takes_the_measured_process_along(tmp_path: Path):
    slow, pid_file = tmp_path / "python", tmp_path / "pid"
    slow.write_text(f"#!/bin/sh\necho $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 100\n")
    slow.chmod(0o755)
    command = [sys.executable, "-m", "benchmarks.automl", "run", "--busy", "--systems", "flaml", "--tables", "iris"]
    command += ["--python-flaml", str(slow), "--out", str(tmp_path / "out.jsonl"), "--scratch", str(tmp_path)]
    benchmark = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        benchmark.terminate()
        assert benchmark.wait(30) == 128 + signal.SIGTERM
    finally:
        benchmark.kill()
        benchmark.wait()
    assert not psutil.pid_exists(int(pid_file.read_text()))
    assert not list(tmp_path.glob("automl-*"))


def test_a_loaded_machine_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (3.2, 1.0, 1.0))
    with pytest.raises(Busy, match=r"3\.20.*--busy"):
        check_quiet()


def test_a_cell_is_measured_and_kept(tmp_path: Path):
    out, name = tmp_path / "out.jsonl", "random_forest"
    setting = Setting({name: Path(sys.executable)}, busy=True, scratch=tmp_path)
    carry_out([Cell("iris", 0, 0.0, name)], all_tables(), out, setting, minutes=5)
    (found,) = read_outcomes([out])
    assert found.failure is None
    assert 0 < found.error < 0.5
    assert found.call_seconds > 0
    assert found.row_milliseconds > 0
    assert found.artifact_bytes > 10_000
    assert found.peak_bytes > 20_000_000
    assert found.busy
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_system_that_cannot_run_is_a_result_with_a_reason(tmp_path: Path):
    out, name = tmp_path / "out.jsonl", "flaml"
    setting = Setting({name: tmp_path / "python"}, scratch=tmp_path)
    (tmp_path / "python").write_text("#!/bin/sh\necho 'no such module' >&2\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    carry_out([Cell("iris", 0, 1.0, name)], all_tables(), out, setting, minutes=5)
    (found,) = read_outcomes([out])
    assert found.failure == "exit status 3: no such module"


def test_no_cell_is_begun_that_would_end_too_late(tmp_path: Path):
    carry_out([Cell("iris", 0, 600.0, "flaml")], all_tables(), tmp_path / "out.jsonl", Setting({}), minutes=5)
    assert not (tmp_path / "out.jsonl").exists()
