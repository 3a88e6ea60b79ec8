from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.keras.campaign import Busy, Campaign, carry_out, check_quiet, missing
from benchmarks.keras.command_line import cores_of_cells, main
from benchmarks.keras.execution import Setting
from benchmarks.keras.outcome import Cell, StrangeFile, append_outcome, read_outcomes
from benchmarks.keras.systems import SYSTEMS
from benchmarks.keras.tasks import TASKS, USUAL
from tests.benchmarks_keras.outcomes import outcome


def test_cells_are_those_that_a_system_can_do_in_an_order_that_is_always_the_same():
    campaign = Campaign(list(SYSTEMS), list(USUAL), 40.0, [0, 1])
    cells = campaign.cells()
    assert cells == campaign.cells()
    assert len(set(cells)) == len(cells)
    assert [cell.system for cell in cells if cell.task == "reviews_linear"] == ["tuner_jax", "tuner_jax"]
    orders = {tuple(cell.system for cell in cells if cell.task == task and cell.seed == 0) for task in USUAL}
    assert len(orders) > 3


def test_finished_cells_are_passed_over_and_failed_ones_tried_again(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    append_outcome(out, outcome("tuner_jax", "digits_mlp", 0.9))
    append_outcome(out, outcome("tuner_torch", "digits_mlp", None, failure="exit status 1"))
    cells = [Cell("digits_mlp", 0, 40.0, name) for name in ("tuner_jax", "tuner_torch", "tuner_tensorflow")]
    assert [cell.system for cell in missing(cells, out)] == ["tuner_torch", "tuner_tensorflow"]


def test_the_last_outcome_of_a_cell_counts_and_half_a_line_is_passed_over(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    for found in (0.8, 0.9):
        append_outcome(out, outcome("tuner_jax", "digits_mlp", found))
    with out.open("a") as lines:
        lines.write(json.dumps(asdict(outcome("tuner_jax", "events_rnn", 0.7)))[:50])
    assert [one.score for one in read_outcomes([out])] == [0.9]


def test_a_file_of_something_else_is_refused(tmp_path: Path):
    out = tmp_path / "other.jsonl"
    out.write_text('{"problem": "branin"}\n')
    with pytest.raises(StrangeFile, match=r"other\.jsonl"):
        read_outcomes([out])


def test_a_busy_machine_is_refused(monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (3.0, 0.0, 0.0))
    with pytest.raises(Busy, match=r"3\.00.*--busy"):
        check_quiet()


def test_cells_side_by_side_share_no_core():
    assert cores_of_cells([4, 5, 6, 7], jobs=2, each=2) == [[4, 5], [6, 7]]
    with pytest.raises(SystemExit, match="need 3, but 2"):
        cores_of_cells([0, 1], jobs=3, each=1)


def test_interpreters_are_named_by_option_or_variable(monkeypatch, tmp_path):
    monkeypatch.delenv("PYTHON_KERAS_TUNER", raising=False)
    peer = SYSTEMS["keras_tuner_random"]
    assert peer.python({}) is None
    monkeypatch.setenv("PYTHON_KERAS_TUNER", "/somewhere/python")
    assert peer.python({}) == Path("/somewhere/python")
    assert peer.python({"keras_tuner": tmp_path}) == tmp_path
    assert SYSTEMS["tuner_jax"].python({}) == Path(sys.executable)


def test_a_system_that_ends_with_an_error_is_an_outcome(tmp_path: Path):
    # An interpreter without the system: it ends at the first import.
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho there is no keras_tuner here\nexit 3\n")
    bare.chmod(0o755)
    out = tmp_path / "out.jsonl"
    cell = Cell("little_mlp", 0, 1.0, "keras_tuner_random")
    carry_out([cell], out, Setting({cell.system: bare}, trials=1), [sorted(os.sched_getaffinity(0))])
    (found,) = read_outcomes([out])
    assert found.score is None
    assert found.failure == "exit status 3: there is no keras_tuner here"


def test_report_shows_scores_overheads_memory_and_failures(tmp_path: Path, capsys):
    out = tmp_path / "out.jsonl"
    for seed, found in ((0, 0.9), (1, 0.96)):
        append_outcome(out, outcome("tuner_jax", "digits_mlp", found, seed=seed))
    append_outcome(out, outcome("keras_tuner_random", "digits_mlp", 0.8, busy=True))
    append_outcome(out, outcome("tuner_jax", "passengers_gru", 17.5, peak_bytes=1_234_000_000))
    append_outcome(out, outcome("tuner_torch", "digits_mlp", None, failure="exit status 1: no torch"))
    main(["report", str(out)])
    shown = capsys.readouterr().out
    assert "1 of 5 cells were measured while others used the machine" in shown
    assert "| digits_mlp | accuracy | 0.93 (0.9 to 0.96) |  | 0.8 |" in shown
    assert "| passengers_gru | RMSE | 17.5 |" in shown
    assert (
        "| digits_mlp | tuner_jax | 7 (7 to 7) | 300 (300 to 300) | 310 (310 to 310) | 0.02 (0.02 to 0.02) |" in shown
    )
    assert "| passengers_gru | tuner_jax | 7 | 300 | 310 | 0.02 | 1234 |" in shown
    assert "no torch" in shown
    main(["report", str(out), "--tasks", "passengers_gru"])
    assert "digits_mlp" not in capsys.readouterr().out


def test_unknown_names_are_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--tasks", "digits"])
    message = capsys.readouterr().err
    assert all(name in message for name in TASKS)
