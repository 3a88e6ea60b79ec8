"""What is on the screen follows what happens, without being asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.dashboard.studies import ask, own_study, tell

pytestmark = pytest.mark.slow


def test_a_new_study_comes_up_in_the_open_list(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    own_study(service, "first")
    page = open_page(service.url)
    expect(page.get_by_role("link", name="first")).to_be_visible()
    own_study(service, "second")
    expect(page.get_by_role("link", name="second")).to_be_visible(timeout=10_000)


def test_a_result_moves_the_open_study(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    tell(service, study, 0.5)
    page = open_page(f"{service.url}/studies/{study}")
    expect(page.get_by_role("img", name=re.compile("best is 0.5"))).to_be_visible(timeout=10_000)
    tell(service, study, 0.25)
    expect(page.get_by_role("img", name=re.compile("best is 0.25"))).to_be_visible(timeout=10_000)


def test_the_page_survives_a_restart_of_the_server_and_misses_nothing(
    service: Service, open_page: Callable[..., Page]
) -> None:
    server = service.start_server()
    study = own_study(service, "mine")
    tell(service, study, 0.5)
    page = open_page(f"{service.url}/studies/{study}", allowed="net::ERR_")
    expect(page.get_by_text("live", exact=True)).to_be_visible(timeout=10_000)
    server.kill()
    expect(page.get_by_text("server does not answer; trying again")).to_be_visible(timeout=20_000)
    service.start_server()
    tell(service, study, 0.125)
    expect(page.get_by_role("img", name=re.compile("best is 0.125"))).to_be_visible(timeout=40_000)
    expect(page.get_by_text("live", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(
    service: Service, open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    service.start_server()
    study = own_study(service, "a study whose name is rather long, as people like to tell all about it in the name")
    tell(service, study, 0.5)
    page = open_page(service.url, width=width, color_scheme=scheme)
    for path in ("/", f"/studies/{study}"):
        page.goto(service.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=10_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_list_tells_the_front_of_several_objectives(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "both", objectives={"loss": "minimize", "accuracy": "maximize"})
    page = open_page(service.url)
    row = page.get_by_role("row", name="both")
    expect(row).to_contain_text("no trials yet")
    for loss, accuracy in ((0.25, 0.875), (0.125, 0.75), (0.5, 0.5)):
        leased = ask(service, study)
        values = {"loss": loss, "accuracy": accuracy}
        service.post(
            f"/studies/{study}/trials/{leased['trial']['number']}/complete",
            {"lease": leased["lease"], "state": "completed", "values": values},
        )
    # Asked for no more than every ten seconds.
    expect(row).to_contain_text("Pareto front of 2", timeout=60_000)
    expect(row).to_contain_text("0.125 at best")
    expect(row).to_contain_text("0.875 at best")
