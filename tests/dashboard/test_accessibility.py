"""Everybody can use every page: axe finds nothing serious, and a narrow screen shows all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.dashboard.furnished import furnish
from tests.packaging.installation import CHECKOUT, Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AXE = CHECKOUT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"

# The model card in its frame is a document of its own, without scripts.
RUN = "axe.run(document, { iframes: false, resultTypes: ['violations'] }).then((found) => found.violations)"
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def furnished(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Addresses of all views by name."""
    with Service(installation, tmp_path_factory.mktemp("furnished")) as service:
        service.start_server()
        service.start_worker()
        paths = furnish(service, models=["linear"], num_models=2, num_own=6)
        yield {name: service.url + path for name, path in paths.items()}


def visit(page: Page, url: str) -> None:
    """Go there and wait until nothing is on its way."""
    page.goto(url)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    furnished: dict[str, str], open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    assert AXE.is_file(), "`python hatch_build.py ci --ignore-scripts` installs what the dashboard is tested with"
    # The server allows no script but its own; axe is put in here alone, past that rule.
    page = open_page(furnished["studies"], width=width, color_scheme=scheme, bypass_csp=True)
    found = []
    for name, url in furnished.items():
        visit(page, url)
        page.add_script_tag(path=AXE)
        for violation in page.evaluate(RUN):
            if violation["impact"] in GRAVE:
                nodes = [f"{node['html'][:200]} {node['failureSummary']}" for node in violation["nodes"][:3]]
                found.append([name, violation["id"], len(violation["nodes"]), nodes])
    assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_view_is_wider_than_the_screen(
    furnished: dict[str, str], open_page: Callable[..., Page], width: int
) -> None:
    page = open_page(furnished["studies"], width=width)
    wide = {}
    for name, url in furnished.items():
        visit(page, url)
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[name] = needed
    assert wide == {}
