"""From a file on the disk to a model that predicts, by nothing but clicks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance import tables
from tests.acceptance.service import Service
from tests.dashboard.studies import add, own_study

pytestmark = pytest.mark.slow

TRAINED = 180_000  # milliseconds for a worker to train some models

DROP = """([name, text]) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([text], name, { type: "text/csv" }));
    return dropped;
}"""


def mark_axis(page: Page, chart: Locator, share_from: float, share_to: float) -> None:
    """Drag along the last axis of parallel coordinates; shares count from its upper end."""
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    # The margins of parallelOption.ts.
    across, top, height = box["x"] + box["width"] - 56, box["y"] + 44, box["height"] - 64
    page.mouse.move(across, top + share_from * height)
    page.mouse.down()
    page.mouse.move(across, top + share_to * height, steps=8)
    page.mouse.up()


def parallel(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile("^Parallel coordinates of"))


@pytest.mark.timeout(600)
def test_a_dropped_file_becomes_a_model_that_predicts(
    service: Service, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    table = tables.wine()
    service.start_server()
    service.start_worker()
    page = open_page(service.url)
    page.get_by_role("link", name="Create one from a table").click()

    dropped = page.evaluate_handle(DROP, ["wine.csv", table.csv.decode()])
    page.get_by_text("Drop a file here").dispatch_event("drop", {"dataTransfer": dropped})
    kind = page.get_by_label("Kind of magnesium")
    expect(kind).to_have_value("number", timeout=60_000)
    kind.select_option("identifier")
    expect(page.get_by_role("row", name=re.compile("^magnesium"))).to_contain_text("identifier (left out)")
    expect(kind).to_be_enabled()
    expect(kind).to_have_value("identifier")

    page.get_by_label("Column to predict").select_option("sort")
    page.get_by_label("Name of the study").fill("my wines")
    page.get_by_label("Trials", exact=True).fill("3")
    page.get_by_role("button", name="Create and start").click()

    expect(page.get_by_role("heading", level=1, name="my wines")).to_be_visible()
    # Nobody reloads the page: the trials come by themselves.
    expect(page.get_by_role("link", name=re.compile("^trial \\d+$")).first).to_be_visible(timeout=TRAINED)
    study = page.url.rpartition("/")[2].partition("?")[0]
    trials = list(service.trials(service.wait_finished(study, timeout=TRAINED / 1000)["id"], order_by="rank"))
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    assert all("magnesium" not in json.dumps(trial["params"]) for trial in trials)

    views = page.get_by_role("navigation", name="Views of the study")
    views.get_by_role("link", name="Leaderboard").click()
    rows = page.get_by_role("region", name="Trials").get_by_role("row")
    expect(rows).to_have_count(1 + len(trials))
    page.get_by_role("link", name=str(trials[0]["number"]), exact=True).click()
    expect(page.get_by_text("rank 1 of")).to_be_visible()

    page.get_by_role("link", name="Try a prediction").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download")).click()
    model = tmp_path / "model.zip"
    download.value.save_as(model)
    table.unseen.to_csv(tmp_path / "unseen.csv", index=False)
    script = f"""
import json
import pandas
from tuner.artifact import load_model
rows = pandas.read_csv({str(tmp_path / "unseen.csv")!r})
print(json.dumps(float((load_model({str(model)!r}).predict(rows) == rows["sort"]).mean())))
"""
    assert service.run_script(script) > 0.8

    # A row of a known sort, typed in.
    known = table.seen[table.seen["sort"] == "Barolo"].iloc[0]
    for name in table.seen.columns.drop(["sort", "magnesium"]):
        page.get_by_label(name, exact=True).fill(str(known[name]))
    page.get_by_role("button", name="Predict sort").click()
    expect(page.get_by_role("status").filter(has_text="sort: Barolo")).to_be_visible(timeout=60_000)


def test_a_file_chosen_from_the_disk_is_listed_with_its_columns(
    service: Service, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    service.start_server()
    (tmp_path / "tumours.csv").write_bytes(tables.breast_cancer().csv)
    page = open_page(f"{service.url}/datasets")
    page.locator("input[type=file]").set_input_files(tmp_path / "tumours.csv")
    expect(page.get_by_label("Kind of benign")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("tumours")


def test_a_file_that_is_no_table_is_refused_with_the_reason(
    service: Service, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    service.start_server()
    (tmp_path / "broken.parquet").write_bytes(b"not a table\0")
    page = open_page(f"{service.url}/create", allowed="status of 4")
    page.locator("input[type=file]").set_input_files(tmp_path / "broken.parquet")
    expect(page.get_by_role("alert")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Create and start")).to_be_visible()


def test_a_mark_on_an_axis_filters_the_leaderboard_through_the_address(
    service: Service, open_page: Callable[..., Page]
) -> None:
    service.start_server()
    study = own_study(service, "mine")
    add(service, study, *(({"x": place / 10}, place / 10) for place in range(11)))
    page = open_page(f"{service.url}/studies/{study}/analysis")
    expect(parallel(page)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="all 11 trials")).to_be_visible()

    # The upper end of the axis holds the largest losses.
    mark_axis(page, parallel(page), 0.45, 1.0)
    expect(page).to_have_url(re.compile("[?&]brush=.*value%3Aloss"))
    page.get_by_role("link", name="Leaderboard").click()
    expect(page.get_by_text("6 of 11 trials")).to_be_visible()
    losses = page.get_by_role("region", name="Trials").locator("tbody b")
    expect(losses).to_have_text(["0", "0.1", "0.2", "0.3", "0.4", "0.5"])

    # Who gets the address sees the same.
    page.reload()
    expect(page.get_by_text("6 of 11 trials")).to_be_visible()
    page.get_by_role("link", name="Analysis").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("status").filter(has_text="all 11 trials")).to_be_visible()
