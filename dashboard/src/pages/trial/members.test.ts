import { describe, expect, it } from "vitest";
import { membersOf } from "./members";

describe("membersOf", () => {
  it("tells those with weight, the heaviest first, and from how many they were chosen", () => {
    expect(membersOf([1, 2, 7], { weight_2: 0.25, weight_7: 0.75, log_loss: 0.1 })).toBe(
      "7 (75 %), 2 (25 %); chosen from 3",
    );
    expect(membersOf([1], { weight_1: 1 })).toBe("1 (100 %)");
  });

  it("tells all while no weights are known, as for a candidate that is trained further", () => {
    expect(membersOf([4, 5], {})).toBe("4, 5");
  });
});
