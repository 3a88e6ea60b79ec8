import { describe, expect, it } from "vitest";
import { type Problem, ProblemError } from "./client";
import { goalErrors } from "./families";

describe("what is wrong with a goal", () => {
  it("is told at the fields of the study that the query was made of", () => {
    const problem = {
      title: "Invalid input",
      status: 422,
      errors: [
        { pointer: "?target", detail: "cannot be predicted" },
        { pointer: "?time", detail: "is no time" },
      ],
    } as unknown as Problem;
    expect(goalErrors(new ProblemError(problem))).toEqual({
      "#/target": "cannot be predicted",
      "#/forecast/time": "is no time",
    });
    expect(goalErrors(new Error("offline"))).toEqual({});
  });
});
