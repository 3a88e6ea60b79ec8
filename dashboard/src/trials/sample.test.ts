import { expect, it } from "vitest";
import { made } from "./made";
import { goodness, reached } from "./ranks";
import { sampled } from "./sample";
import { ranked } from "./table";

it("samples evenly, in order, without repeating, and keeps the best", () => {
  const all = Array.from({ length: 10_000 }, (_, place) => 9_999 - place);
  const some = sampled(all, 2_000);
  expect(some.length).toBe(2_000);
  expect(new Set(some).size).toBe(2_000);
  expect(some.slice(0, 200)).toEqual(all.slice(0, 200));
  expect([...some].sort((a, b) => b - a)).toEqual(some);
  expect(some.at(-1)).toBeLessThan(10);
  expect(sampled(all, 10_000)).toBe(all);
});

it("ranks completed trials from 1 to 0, whatever their values, and no others", () => {
  const table = made({
    states: ["completed", "pruned", "completed", "completed"],
    values: [1e9, null, 1, 2],
  });
  expect([...goodness(table, ranked(table, "loss", "minimize"))]).toEqual([0, Number.NaN, 1, 0.5]);
});

it("takes the last report for the value of a trial without one, but of the first objective only", () => {
  const table = { ...made({ states: ["pruned"], values: [null] }), lastValues: [0.5] };
  const two = { ...table, values: { loss: [null], seconds: [null] } };
  expect([reached(two, "loss", 0), reached(two, "seconds", 0)]).toEqual([0.5, null]);
});
