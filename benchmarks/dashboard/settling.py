"""When a page in a browser has come to rest, by the same measure for every page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

# A page that has done nothing for so long has come to rest.
QUIET_MILLISECONDS = 1_500.0
_MOST_MILLISECONDS = 180_000.0

# Notes the end of whatever the page does: long tasks of its thread, answers that came, frames that were late, which
# tell of work that is shorter than what the browser calls long, and the paint after an input. Counts the questions that
# are not answered yet: a page whose server thinks for longer than it must be quiet has not come to rest. A stream of
# events is none: it never ends.
_WATCH = """
window.watched = {last: 0, input: 0, asked: 0};
const note = (instant) => { watched.last = Math.max(watched.last, instant); };
const notes = (type, end, more) =>
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => note(end(entry))))
    .observe({type, buffered: true, ...more});
notes("longtask", (entry) => entry.startTime + entry.duration, {});
notes("resource", (entry) => entry.responseEnd, {});
notes("event", (entry) => entry.startTime + entry.duration, {durationThreshold: 16});
let frame = performance.now();
const look = (now) => { if (now - frame > 50) note(now); frame = now; requestAnimationFrame(look); };
requestAnimationFrame(look);
const answered = () => { watched.asked -= 1; note(performance.now()); };
const {fetch: ask} = window, {send} = XMLHttpRequest.prototype;
window.fetch = (...args) => { watched.asked += 1; return ask(...args).finally(answered); };
XMLHttpRequest.prototype.send = function (...args) {
  watched.asked += 1;
  this.addEventListener("loadend", answered, {once: true});
  return send.apply(this, args);
};
for (const type of ["click", "change", "mouseup"]) {
  addEventListener(type, (event) => { watched.input = event.timeStamp; }, {capture: true});
}
"""
_RESTS = "quiet => watched.asked === 0 && performance.now() - Math.max(watched.last, watched.input) > quiet"


def prepare(page: Page) -> None:
    """Have every document that the page opens watched from its beginning."""
    page.add_init_script(_WATCH)


def rest_after_load(page: Page) -> float:
    """Milliseconds from the start of the navigation until the page came to rest."""
    _wait(page)
    return float(page.evaluate("watched.last"))


def rest_after(page: Page, act: Callable[[], object]) -> float:
    """Milliseconds from the last click, choice or release of the mouse in ``act`` until the page came to rest."""
    act()
    _wait(page)
    return max(0.0, float(page.evaluate("watched.last - watched.input")))


def _wait(page: Page) -> None:
    page.wait_for_function(_RESTS, arg=QUIET_MILLISECONDS, timeout=_MOST_MILLISECONDS, polling=200)
