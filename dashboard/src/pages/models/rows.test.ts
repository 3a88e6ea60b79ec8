import { describe, expect, it } from "vitest";
import type { Model } from "../../api/models";
import type { Column } from "../datasets/profile";
import { choicesFor, rowErrors, rowOf, usualRow } from "./rows";

const model = {
  columns: [
    { name: "age", kind: "number" },
    { name: "sex", kind: "category" },
    { name: "zip", kind: "category" },
  ],
} as Model;
const columns = [
  { name: "age", kind: "number", mean: 29.699, value_counts: [["24", 30]] },
  {
    name: "sex",
    kind: "category",
    mean: null,
    num_unique: 2,
    value_counts: [
      ["male", 577],
      ["female", 314],
    ],
  },
] as unknown as Column[];

describe("a row to predict", () => {
  it("has numbers for numbers, texts for the rest, and nothing where nothing was typed", () => {
    expect(rowOf(model, { age: "41", sex: "", zip: "01234" })).toEqual({ age: 41, sex: null, zip: "01234" });
  });

  it("tells of texts where numbers are wanted", () => {
    expect(Object.keys(rowErrors(model, { age: "old", sex: "1" }))).toEqual(["age"]);
  });

  it("begins with what is usual", () => {
    expect(usualRow(model, columns)).toEqual({ age: "29.7", sex: "male", zip: "" });
  });

  it("offers the values of a column only if all are known", () => {
    expect(choicesFor(columns[1])).toEqual(["male", "female"]);
    expect(choicesFor({ ...columns[1], num_unique: 3 } as Column)).toBeNull();
  });
});
