"""The page of a model on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.artifact.training import fit
from tuner.artifact import load_model, save_model
from tuner.data import Task

pytestmark = pytest.mark.slow

# The words of cells that stand on more than one line.
BROKEN = """() => [...document.querySelectorAll("td, th")].flatMap((cell) => {
  const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  while (words.nextNode())
    for (const { index, 0: word } of words.currentNode.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(words.currentNode, index);
      range.setEnd(words.currentNode, index + word.length);
      if (range.getClientRects().length > 1) broken.push(word);
    }
  return broken;
})"""


def test_tables_scroll_and_keep_their_words_whole(open_page: Callable[..., Page], tmp_path: Path) -> None:
    fitted = fit(Task.MULTICLASS, "linear")
    save_model(tmp_path / "model", fitted.estimators, fitted.facts)
    (tmp_path / "card.html").write_text(load_model(tmp_path / "model").card(), encoding="utf-8")
    page = open_page((tmp_path / "card.html").as_uri(), width=350)
    columns = page.locator(".scroll", has_text="Distinct")
    expect(columns).to_be_visible()
    assert page.evaluate(BROKEN) == []
    assert columns.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 350
