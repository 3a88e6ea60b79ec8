"""The page itself in Chromium: until it has drawn a large study, and what one waits for after an input.

Beside optuna-dashboard on the same trials, if ``PYTHON_OPTUNA_DASHBOARD`` names an interpreter that has it and Optuna.
A page has come to rest when its thread, its requests and its frames have been quiet for a second and a half; times are
to the end of the last thing before that. Each load is by a browser that has seen nothing before, on the machine that
also runs the server.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.dashboard import settling, studies
from benchmarks.report import Table
from benchmarks.servers import Api, program_server
from benchmarks.settings import Settings
from benchmarks.usage import cpu_seconds

LOADS = 3
INPUTS = 6
PEER = "PYTHON_OPTUNA_DASHBOARD"
# optuna-dashboard takes minutes to be filled with more.
_MOST_FOR_PEER = 10_000
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class View:
    """A page of a dashboard.

    Args:
        name: What is shown.
        url: Its address.
        shown: A selector of what is there when it can be used.
    """

    name: str
    url: str
    shown: str


def measure(settings: Settings) -> Iterator[Table]:
    """Loads of each view, and waits after inputs."""
    rng = random.Random(0)
    with studies.server() as (folder, api, http), _browser() as browser:
        loads: list[list[str | float]] = []
        inputs: list[list[str | float]] = []
        for size in settings.shown:
            path = studies.create(http, size, rng)
            study = f"{api.url}/studies/{path.rpartition('/')[2]}"
            http.get(f"{path}/importances").raise_for_status()
            for view in _views(study):
                loads.append([f"{size:,} x 20", "tuner", view.name, *_load(browser, view, api.pid)])
            inputs += [[f"{size:,} x 20", *row] for row in _inputs(browser, study)]
            if PEER in os.environ and size <= _MOST_FOR_PEER:
                with _peer(folder, http, path) as peer:
                    for view in _peer_views(peer.url):
                        loads.append([f"{size:,} x 20", "optuna-dashboard", view.name, *_load(browser, view, peer.pid)])
        yield Table(
            f"Opening a study in Chromium, median of {LOADS} loads by a browser that has seen nothing before",
            ["trials", "system", "view", "s to use", "s to rest", "kB on the wire", "s of the server's processor"],
            loads,
        )
        yield Table(
            f"From an input until the page is at rest again, {INPUTS} inputs each",
            ["trials", "input", "ms, median", "ms, most"],
            inputs,
        )


def _views(study: str) -> list[View]:
    return [
        View("overview", study, "[role=img] canvas"),
        View("table", f"{study}/trials", "tbody tr:nth-child(5)"),
        View("all charts", f"{study}/analysis", "[role=img] canvas"),
    ]


def _peer_views(url: str) -> list[View]:
    study = f"{url}/dashboard/studies/1"
    return [
        View("overview", study, ".js-plotly-plot .main-svg"),
        View("all charts", f"{study}/analytics", ".js-plotly-plot .main-svg"),
    ]


def _load(browser: Browser, view: View, pid: int) -> list[float]:
    """Seconds to use and to rest, kB on the wire, seconds of the server's processor; the median of each."""
    figures = []
    for _ in range(LOADS):
        with _page(browser) as (page, received):
            began, used = time.monotonic(), cpu_seconds([pid])
            page.goto(view.url, wait_until="commit")
            page.wait_for_selector(view.shown, timeout=180_000)
            seconds_to_use = time.monotonic() - began
            _scroll(page)
            rest = settling.rest_after_load(page)
            figures.append([seconds_to_use, rest / 1000, received() / 1e3, cpu_seconds([pid]) - used])
    return [statistics.median(column) for column in zip(*figures, strict=True)]


def _inputs(browser: Browser, study: str) -> Iterator[list[str | float]]:
    with _page(browser) as (page, _):
        page.goto(f"{study}/analysis")
        settling.rest_after_load(page)
        choice = page.locator("label:has-text('Parameter') select").first
        choice.scroll_into_view_if_needed()
        settling.rest_after_load(page)
        names = [f"rate_{number}" for number in range(INPUTS)]
        yield _waits("another parameter in the slice", page, [partial(choice.select_option, name) for name in names])

        chart = page.get_by_role("img", name=re.compile("^Parallel coordinates of"))
        chart.scroll_into_view_if_needed()
        settling.rest_after_load(page)
        shares = [0.3 + 0.1 * place for place in range(INPUTS)]
        yield _waits("a brush on the objective", page, [partial(_brush, page, chart, share) for share in shares])
    with _page(browser) as (page, _):
        page.goto(f"{study}/trials")
        settling.rest_after_load(page)
        headers = page.locator("thead button:enabled")
        yield _waits("sort the table", page, [headers.nth(number % 3).click for number in range(INPUTS)])


def _waits(name: str, page: Page, acts: list[Callable[[], object]]) -> list[str | float]:
    waits = [settling.rest_after(page, act) for act in acts]
    return [name, statistics.median(waits), max(waits)]


def _brush(page: Page, chart: Locator, share: float) -> None:
    """Mark a part of the last axis, which is the objective's, from its upper end."""
    box = chart.bounding_box()
    assert box is not None
    # Within the margins that `parallelOption.ts` leaves.
    across, top, height = box["x"] + box["width"] - 56, box["y"] + 44, box["height"] - 64
    page.mouse.move(across, top)
    page.mouse.down()
    page.mouse.move(across, top + share * height, steps=8)
    page.mouse.up()


def _scroll(page: Page) -> None:
    """Go down to the end: charts out of sight are drawn when they come near."""
    for _ in range(12):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(60)


@contextmanager
def _browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if found is None:
        raise RuntimeError(f"Chromium is needed: none of {', '.join(_CHROMIUM)} is installed.")
    with sync_playwright() as playwright:
        # Without a sandbox, because benchmarks may run as root in a container.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def _page(browser: Browser) -> Iterator[tuple[Page, Callable[[], float]]]:
    """A page of a fresh profile, and what it has received so far, in bytes on the wire."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    settling.prepare(page)
    received = 0.0

    def count(event: dict[str, float]) -> None:
        nonlocal received
        received += event.get("encodedDataLength", 0.0)

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", count)
    yield page, lambda: received
    context.close()


@contextmanager
def _peer(folder: Path, http: httpx.Client, path: str) -> Iterator[Api]:
    """optuna-dashboard over the trials of a study of ours."""
    python = Path(os.environ[PEER])
    columns = http.get(f"{path}/columns").raise_for_status().json()
    trials = [
        {
            "params": {name: each[place] for name, each in columns["params"].items() if each[place] is not None},
            "value": columns["values"][studies.OBJECTIVE][place],
        }
        for place in range(len(columns["numbers"]))
    ]
    document = {"name": "watched", "parameters": studies.space()["parameters"], "trials": trials}
    (folder / "study.json").write_text(json.dumps(document))
    url = f"sqlite:///{folder / 'optuna.db'}"
    fill = Path(__file__).with_name("peers") / "fill_optuna.py"
    subprocess.run([python, fill, url, folder / "study.json"], check=True)
    with program_server(
        folder, lambda port: [str(python.with_name("optuna-dashboard")), url, "--port", str(port)]
    ) as api:
        yield api
