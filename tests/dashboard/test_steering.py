"""What a person does to a study and its trials from the page, the service does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service, wait_until
from tests.dashboard.studies import add, ask, own_study, tell

pytestmark = pytest.mark.slow


def test_a_study_is_paused_resumed_and_cancelled_only_on_confirmation(
    service: Service, open_page: Callable[..., Page]
) -> None:
    service.start_server()
    study = own_study(service, "mine")
    ask(service, study)
    page = open_page(f"{service.url}/studies/{study}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert service.get(f"/studies/{study}")["state"] == "paused"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert service.get(f"/studies/{study}")["state"] == "running"

    page.get_by_role("button", name="Cancel study…").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 running trial will be told to stop")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert service.get(f"/studies/{study}")["state"] == "running"
    page.get_by_role("button", name="Cancel study…").click()
    page.get_by_role("button", name="Cancel the study").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel study…")).to_have_count(0)
    assert service.get(f"/studies/{study}")["state"] == "cancelled"


def test_a_larger_budget_sets_an_ended_study_running_again(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine", budget={"trials": 1})
    tell(service, study, 0.5)
    service.wait_finished(study)
    page = open_page(f"{service.url}/studies/{study}")
    page.get_by_role("button", name="Change budget…").click()
    page.get_by_label("Trials", exact=True).fill("none")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Trials", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Trials", exact=True).fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert service.get(f"/studies/{study}")["budget"]["trials"] == 5


def test_a_variation_of_a_trial_waits_to_be_asked_for(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    add(service, study, ({"x": 0.5}, 0.5))
    page = open_page(f"{service.url}/studies/{study}/trials/0")
    page.get_by_role("button", name="Variation…").click()
    page.get_by_label("x", exact=True).fill("7")
    expect(page.get_by_role("button", name="Enqueue")).to_be_disabled()
    page.get_by_label("x", exact=True).fill("0.75")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_role("link", name="trial 1")).to_be_visible()
    leased = ask(service, study)
    assert (leased["trial"]["number"], leased["trial"]["params"]) == (1, {"x": 0.75})


def test_a_note_is_kept_and_can_be_seen_by_others(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    add(service, study, ({"x": 0.5}, 0.5))
    page = open_page(f"{service.url}/studies/{study}/trials/0")
    page.get_by_role("textbox", name="Note").fill("=looks <b>too</b> good")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("button", name="Keep the note")).to_be_disabled()
    service.wait_trial(study, 0, lambda trial: trial["note"] == "=looks <b>too</b> good")
    page.reload()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("=looks <b>too</b> good")


def test_a_running_trial_is_stopped_on_confirmation(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    leased = ask(service, study)
    page = open_page(f"{service.url}/studies/{study}/trials/0")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    def is_told() -> bool:
        answer = service.post(f"/studies/{study}/trials/0/report", {"lease": leased["lease"]})
        return bool(answer["directive"] == "cancel")

    wait_until(is_told, 30)
