from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from benchmarks.search.line_chart import Line, line_chart
from benchmarks.search.report import draw, tables
from benchmarks.search.runs import Run
from benchmarks.search.statistics import bootstrap_interval, mean_ranks, sign_test


def _run(system: str, problem: str, seed: int, regrets: list[float]) -> Run:
    return Run(system, problem, "continuous", "development", "sequential", seed, regrets, ask_seconds=[0.002] * 2)


def test_ranks_are_averaged_over_the_pairs_that_all_have():
    figures = {
        "a": {("p", 0): 0.1, ("p", 1): 0.5, ("q", 0): 0.2},
        "b": {("p", 0): 0.2, ("p", 1): 0.5},
        "c": {("p", 0): 0.3, ("p", 1): 0.1, ("q", 0): 0.1},
    }
    assert mean_ranks(figures) == ({"a": 1.75, "b": 2.25, "c": 2.0}, 2)


def test_systems_without_a_common_pair_have_no_rank():
    assert mean_ranks({"a": {("p", 0): 0.1}, "b": {("q", 0): 0.2}}) == ({}, 0)


def test_sign_test_gives_known_probabilities():
    assert sign_test(5, 0) == pytest.approx(2 / 32)
    assert sign_test(3, 3) == 1.0
    assert sign_test(22, 7) == pytest.approx(0.0081, abs=1e-4)


def test_interval_holds_the_mean_and_narrows_with_more_values():
    few, many = bootstrap_interval([0.0, 1.0] * 5), bootstrap_interval([0.0, 1.0] * 200)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]


def test_tables_give_means_ranks_and_paired_wins():
    runs = [_run("a", "branin", seed, [0.4, 0.1]) for seed in (0, 1)]
    runs += [_run("b", "branin", seed, [0.3, 0.2]) for seed in (0, 1)]
    overall, paired = tables(runs, [1, 2], against="a")
    assert overall.columns[2:6] == ["regret @1", "regret @2", "rank @1 of 2 (n = 2)", "rank @2 of 2 (n = 2)"]
    assert overall.rows[0] == ["a", "2", "0.400 (0.400-0.400)", "0.100 (0.100-0.100)", "2.00", "1.00", "2"]
    assert [row[:4] for row in paired.rows] == [["b", "1", "2", 0.4], ["b", "2", "2", 0.1]]
    assert [row[6] for row in paired.rows] == ["0 : 2", "2 : 0"]


def test_chart_names_each_line_once_and_no_label_covers_another():
    lines = [Line(f"system {index}", [(1, 1.0), (100, 0.01 + 1e-5 * index)]) for index in range(9)]
    root = ElementTree.fromstring(line_chart("title", "trials", lines))
    labels = [text for text in root.iter("{http://www.w3.org/2000/svg}text") if "system" in (text.text or "")]
    heights = sorted(float(text.attrib["y"]) for text in labels)
    assert len(labels) == 9
    assert min(after - before for before, after in pairwise(heights)) >= 13.9
    assert 0 < heights[0] < heights[-1] < float(root.attrib["height"])


def test_charts_are_drawn_for_each_group_and_for_all(tmp_path):
    runs = [_run("a", "branin", 0, [0.4, 0.1]), _run("b", "branin", 0, [0.3, 0.2])]
    draw(runs, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["search_sequential_continuous.svg"]
