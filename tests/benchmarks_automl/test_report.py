from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.automl.report import draw, facts, tables
from tests.benchmarks_automl.outcomes import outcome


def _row(table, system):
    return dict(zip(table.columns, next(row for row in table.rows if row[0] == system), strict=True))


def _outcomes():
    both = []
    for seconds, error in ((60.0, 0.9), (240.0, 0.6)):
        both += [
            outcome("tuner", "a", error, seconds=seconds),
            outcome("tuner", "b", 1.3, seconds=seconds, set="held_out"),
            outcome("autogluon", "a", 1.0, seconds=seconds, call_seconds=seconds + 9.0),
            outcome("autogluon", "b", 1.0, seconds=seconds, set="held_out"),
        ]
    both += [outcome("lightgbm", "a", 1.2, seconds=0.0), outcome("lightgbm", "b", 1.1, seconds=0.0, set="held_out")]
    both.append(outcome("tuner", "little", 5.0, set="tiny"))
    return [*both, outcome("lightgbm", "little", 1.0, seconds=0.0, set="tiny")]


def test_summary_gives_ratio_worst_table_and_losses():
    everything = next(tables(_outcomes()))
    ours = _row(everything, "tuner")
    assert everything.title.startswith("60 s, all tables")
    assert ours["tables"] == "2"
    assert ours["error, best peer = 1"] == f"{(0.9 * 1.3) ** 0.5:.3f}"
    assert ours["worst table"] == "b 1.30"
    assert ours["worse than lightgbm by > 1 %"] == "1: b 1.18"
    assert _row(everything, "lightgbm")["tuner's error : its"] == f"{(0.9 / 1.2 * 1.3 / 1.1) ** 0.5:.3f}, 2 tables"
    assert _row(everything, "autogluon")["worse than lightgbm by > 1 %"] == "none"
    assert _row(everything, "autogluon")["over time, s"] == "5.25 (9)"
    assert _row(everything, "lightgbm")["over time, s"] == ""


def test_each_set_has_a_summary_of_its_own_and_tiny_tables_have_none():
    titles = [table.title.partition(":")[0] for table in tables(_outcomes())]
    assert titles[:3] == ["60 s, all tables", "60 s, development", "60 s, held out"]
    assert not any("tiny" in title for title in titles)


def test_by_table_shows_errors_and_ratios_of_all_tables():
    (shown,) = (table for table in tables(_outcomes(), by_table=True) if table.title.startswith("240 s: error"))
    assert _row(shown, "b")["tuner"] == "1.3 (1.30)"
    # Of the tiny one there are 60 seconds alone.
    assert _row(shown, "little")["tuner"] == ""


def test_what_more_time_brought_is_told_by_system():
    (shown,) = (table for table in tables(_outcomes()) if table.title.startswith("What more time"))
    ours = _row(shown, "tuner")
    assert ours["240 s : 60 s"] == f"{(0.6 / 0.9) ** 0.5:.3f}, 2 tables"
    assert ours["worst table"] == "b 1.00"


def test_failures_are_counted_and_told():
    outcomes = [*_outcomes(), outcome("autogluon", "c", None, failure="exit status 1: no\nmemory")]
    found = list(tables(outcomes))
    assert _row(found[0], "autogluon")["failed"] == "1"
    assert found[-1].rows == [["autogluon", "c", "60", "0", "exit status 1: no memory"]]


def test_facts_say_when_the_machine_was_not_our_own():
    assert "while others used the machine" not in facts(_outcomes())
    assert "1 of 2 cells" in facts([outcome("tuner", "a", 1.0, busy=True), outcome("flaml", "a", 1.0)])


def test_chart_has_a_bar_for_each_system_and_time(tmp_path):
    draw(_outcomes(), tmp_path)
    root = ElementTree.parse(tmp_path / "automl_error.svg").getroot()
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"tuner", "autogluon", "lightgbm", "60 s", "240 s"} <= set(texts)
