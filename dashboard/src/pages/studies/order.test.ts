import { expect, it } from "vitest";
import { listed, readListing } from "./order";

const STUDIES = [
  { name: "trees 10", state: "running", created_at: "2026-01-03", updated_at: "2026-01-04", num_trials: 5 },
  { name: "trees 9", state: "completed", created_at: "2026-01-02", updated_at: "2026-01-09", num_trials: 50 },
  { name: "nets", state: "completed", created_at: "2026-01-01", updated_at: "2026-01-05", num_trials: 7 },
] as unknown as Parameters<typeof listed>[0];

const names = (address: string) =>
  listed(STUDIES, readListing(new URLSearchParams(address))).map((each) => each.name);

it("lists the newest first, unless asked otherwise", () => {
  expect(names("")).toEqual(["trees 10", "trees 9", "nets"]);
  expect(names("sort=updated")).toEqual(["trees 9", "nets", "trees 10"]);
  expect(names("sort=name")).toEqual(["nets", "trees 9", "trees 10"]);
  expect(names("sort=trials")).toEqual(["trees 9", "nets", "trees 10"]);
  expect(names("sort=nonsense")).toEqual(names(""));
});

it("finds by words in any order, and by state", () => {
  expect(names("q=10 TREE")).toEqual(["trees 10"]);
  expect(names("state=completed&q=trees")).toEqual(["trees 9"]);
});
