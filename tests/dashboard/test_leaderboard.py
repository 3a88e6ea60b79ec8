"""The leaderboard under the hand: keys, comparison, and what is taken away."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.dashboard.studies import add, own_study

pytestmark = pytest.mark.slow

SPACE = {
    "version": 1,
    "parameters": {
        "x": {"type": "float", "low": -1.0, "high": 1.0},
        "how": {"type": "categorical", "choices": ["plain", "=1+1", 'with "quotes", and commas']},
    },
}


@pytest.fixture
def study(service: Service) -> str:
    service.start_server()
    study = own_study(service, "mine", space=SPACE)
    points = [
        ({"x": -0.5, "how": "plain"}, 0.3),
        ({"x": 0.5, "how": "=1+1"}, 0.1),
        ({"x": 0.25, "how": 'with "quotes", and commas'}, 0.2),
    ]
    add(service, study, *points)
    return study


def test_keys_move_mark_compare_and_open(service: Service, study: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{service.url}/studies/{study}/trials")
    current = page.locator("tr[aria-current=true]")
    expect(current.get_by_role("link")).to_have_text("1")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(current.get_by_role("link")).to_have_text("2")
    page.keyboard.press("k")
    expect(current.get_by_role("link")).to_have_text("1")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Mark trial 0")).to_be_checked()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/compare\?trials=1%2C0|/compare\?trials=1,0"))
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("row", name=re.compile("^x "))).to_contain_text("0.5")
    # Both have completed, and only what differs is listed.
    expect(comparison.get_by_role("rowheader", name="state")).to_have_count(0)
    expect(comparison.get_by_text("0.1 ★")).to_be_visible()

    page.go_back()
    expect(current).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Trial 1")).to_be_visible()


def test_exports_hold_every_trial_and_no_formula(
    service: Service, study: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(f"{service.url}/studies/{study}/trials")
    taken = {}
    for kind in ("CSV", "JSON"):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()
        taken[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[kind])
    with taken["CSV"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["loss"] for row in rows] == ["0.1", "0.2", "0.3"]
    assert [row["how"] for row in rows] == ["'=1+1", 'with "quotes", and commas', "plain"]
    assert [row["x"] for row in rows] == ["0.5", "0.25", "-0.5"]
    told = json.loads(taken["JSON"].read_text())
    assert [trial["value:loss"] for trial in told] == [0.1, 0.2, 0.3]
    assert told[0]["param:how"] == "=1+1"


def test_a_click_on_a_head_sorts_and_the_address_keeps_it(
    service: Service, study: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{service.url}/studies/{study}/trials")
    head = page.get_by_role("button", name=re.compile("^loss"))
    head.click()
    head.click()
    values = page.get_by_role("region", name="Trials").locator("tbody b")
    expect(values).to_have_text(["0.3", "0.2", "0.1"])
    page.reload()
    expect(values).to_have_text(["0.3", "0.2", "0.1"])


def test_other_views_get_the_filter_and_nothing_else_of_a_comparison(
    service: Service, study: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{service.url}/studies/{study}/trials?states=completed&marked=0,1&sort=loss")
    page.get_by_role("button", name=re.compile("^Compare")).click()
    expect(page).to_have_url(re.compile(r"/compare\?states=completed&trials=0%2C1$"))
    tabs = page.get_by_role("navigation", name="Views of the study")
    tabs.get_by_role("link", name="Analysis").click()
    expect(page).to_have_url(re.compile(r"/analysis\?states=completed$"))
    tabs.get_by_role("link", name="Leaderboard").click()
    expect(page).to_have_url(re.compile(r"/trials\?states=completed&marked=0%2C1&sort=loss$"))
