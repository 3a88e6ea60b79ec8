import { describe, expect, it } from "vitest";
import { readLayout, sortAfterClick, writeLayout } from "./layout";

describe("the layout of a leaderboard", () => {
  it("comes back from the address as it was, whatever its columns are called", () => {
    const layout = {
      columns: ["number", "param:a,b&c", "metric:f1"],
      sort: { id: "param:a,b&c", isDescending: true },
      marked: [3, 14],
    };
    expect(readLayout(writeLayout(new URLSearchParams("states=failed"), layout))).toEqual(layout);
  });

  it("leaves no trace when it is the usual one, and keeps what is not its own", () => {
    const written = writeLayout(new URLSearchParams("states=failed&sort=number"), {
      columns: null,
      sort: null,
      marked: [],
    });
    expect(written.toString()).toBe("states=failed");
  });

  it("leaves out what is no trial, and more than can be compared", () => {
    expect(readLayout(new URLSearchParams("marked=1,x,-2,1,2,3,4,5,6,7,8,9")).marked).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  it("turns from up to down and back to the ranks", () => {
    const up = sortAfterClick(null, "number");
    const down = sortAfterClick(up, "number");
    expect([up?.isDescending, down?.isDescending, sortAfterClick(down, "number")]).toEqual([
      false,
      true,
      null,
    ]);
  });
});
