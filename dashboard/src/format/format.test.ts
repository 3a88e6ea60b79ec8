import { describe, expect, it } from "vitest";
import { formatBytes, formatNumber } from "./numbers";
import { formatAgo, formatDuration } from "./times";

describe("formatNumber", () => {
  it.each([
    [0.123456, "0.1235"],
    [1234567, "1,234,567"],
    [-0.5, "−0.5"],
    [0.00012, "1.2e−4"],
    [12345678.9, "1.235e7"],
    [0, "0"],
    [Number.POSITIVE_INFINITY, "∞"],
    [null, "–"],
  ])("writes %s as %s", (value, text) => expect(formatNumber(value)).toBe(text));
});

describe("formatDuration", () => {
  it.each([
    [0.0123, "12 ms"],
    [3.21, "3.2 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [7500, "2 h 5 min"],
    [273_600, "3 d 4 h"],
    [null, "–"],
  ])("writes %s seconds as %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

it("formats sizes and ages", () => {
  expect([0, 999, 1500, 3_000_000].map(formatBytes)).toEqual(["0 B", "999 B", "1.5 KB", "3 MB"]);
  const now = Date.parse("2026-11-26T12:00:00Z");
  expect(formatAgo("2026-11-26T11:59:00Z", now)).toBe("1 minute ago");
  expect(formatAgo("2026-11-24T11:00:00Z", now)).toBe("2 days ago");
});
