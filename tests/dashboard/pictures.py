"""Photographs every view of the dashboard with real data: ``python -m tests.dashboard.pictures FOLDER``.

A worker trains models of a table that scikit-learn bundles, and this process searches a network for written digits, so
that what the pictures show has happened. It takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.acceptance.service import Service
from tests.dashboard.conftest import find_chromium
from tests.dashboard.furnished import furnish
from tests.packaging.installation import CHECKOUT, Installation

WIDTH, HEIGHT = 1280, 800
# In pixels; the analysis is cut in two between rows of its charts.
CUT = 1552
MOST_TALL = {"analysis": CUT, "fronts": 2600}
TOP = {"fronts": CUT}
USUALLY_TALL = 1100
NUM_MODELS = 25
NUM_OWN = 60
# The front of the README is shown in both.
BOTH_SCHEMES = ("analysis", "leaderboard")
NARROW = ("overview",)


def main(folder: Path) -> None:
    """Write one picture of each view into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-pictures-")))
        service = stack.enter_context(Service(Installation(CHECKOUT), place))
        service.start_server()
        service.start_worker()
        paths = furnish(service, models=None, num_models=NUM_MODELS, num_own=NUM_OWN)
        paths["fronts"] = paths["analysis"]
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        stack.callback(browser.close)
        for name, path in paths.items():
            for scheme in ("light", "dark") if name in BOTH_SCHEMES else ("light",):
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
                _photograph(page, service.url + path, folder / f"{name}{'' if scheme == 'light' else '-dark'}.png")
                page.close()
        for name in NARROW:
            page = browser.new_page(viewport={"width": 390, "height": HEIGHT})
            _photograph(page, service.url + paths[name], folder / f"{name}-narrow.png")
            page.close()


def _photograph(page: Page, url: str, file: Path) -> None:
    page.goto(url)
    page.get_by_role("heading").first.wait_for()
    _settle(page)
    most = MOST_TALL.get(file.stem.removesuffix("-dark"), USUALLY_TALL)
    width = (page.viewport_size or {"width": WIDTH})["width"]
    # Charts are drawn when they come near the window, and what is drawn may make the page higher.
    for _ in range(2):
        tall = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom + scrollY")
        page.set_viewport_size({"width": width, "height": max(HEIGHT // 2, min(most, int(tall)))})
        _settle(page)
    top, whole = TOP.get(file.stem, 0), page.viewport_size
    assert whole is not None
    page.screenshot(path=file, clip={"x": 0, "y": top, "width": width, "height": whole["height"] - top})
    # A page has few colours: a palette halves the file and is not seen.
    Image.open(file).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def _settle(page: Page) -> None:
    """Wait until nothing loads and two looks, half a second apart, are the same."""
    expect(page.get_by_text("Loading")).to_have_count(0)
    before = b""
    while (now := page.screenshot()) != before:
        before = now
        page.wait_for_timeout(500)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
