"""A real browser before a real server: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.conftest import installation, new_service, service

__all__ = ["installation", "new_service", "service"]

# Nothing here is timed: a busy machine may take long.
expect.set_options(timeout=30_000)

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """Where Chromium is; installed from the system's packages if it is nowhere."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            subprocess.run(command, check=True, capture_output=True, timeout=240)
        found = shutil.which(_NAMES[0])
    assert found is not None, "Chromium is needed: install your system's package"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without a sandbox, because tests may run as root in a container.
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens addresses in pages that must not complain: an error in the console fails the test."""
    contexts = []
    complaints: list[str] = []

    # Any: whatever a context takes.
    def open_at(url: str, *, width: int = 1280, height: int = 900, allowed: str = "\0", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" and allowed not in message.text else None
            ),
        )
        page.goto(url)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []
