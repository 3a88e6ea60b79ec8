import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { Meanwhile } from "./meanwhile";

/** A fetch that is answered when the test says so. */
function fetching<Answer>() {
  let answer: (value: Answer) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<Answer>((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });
  return { fetch: () => promise, answer, fail };
}

const appended = (answer: readonly number[], news: number) => [...answer, news];

describe("what is told while something is fetched", () => {
  it("is on top of the answer", async () => {
    const points = new Meanwhile<number>();
    const { fetch, answer } = fetching<readonly number[]>();
    const fetched = points.during("a", fetch, appended);
    points.tell("a", 3);
    points.tell("another", 9);
    answer([1, 2]);
    expect(await fetched).toEqual([1, 2, 3]);
  });

  it("goes to everyone who is fetching, and to nobody who has done so", async () => {
    const points = new Meanwhile<number>();
    const first = fetching<readonly number[]>();
    const second = fetching<readonly number[]>();
    const both = [points.during("a", first.fetch, appended), points.during("a", second.fetch, appended)];
    points.tell("a", 1);
    first.answer([]);
    expect(await both[0]).toEqual([1]);
    points.tell("a", 2);
    second.answer([]);
    expect(await both[1]).toEqual([1, 2]);
  });

  it("is forgotten when the fetch fails", async () => {
    const points = new Meanwhile<number>();
    const { fetch, fail } = fetching<readonly number[]>();
    const fetched = points.during("a", fetch, appended);
    fail(new Error("offline"));
    await expect(fetched).rejects.toThrow("offline");
    points.tell("a", 1);
    expect(await points.during("a", async () => [], appended)).toEqual([]);
  });

  it("reaches the cache of a query that was empty until then", async () => {
    const queries = new QueryClient();
    const points = new Meanwhile<number>();
    const { fetch, answer } = fetching<readonly number[]>();
    const queryFn = () => points.during("a", fetch, appended);
    const fetched = queries.fetchQuery({ queryKey: ["curves"], queryFn });
    points.tell("a", 5);
    answer([4]);
    await fetched;
    expect(queries.getQueryData(["curves"])).toEqual([4, 5]);
  });
});
