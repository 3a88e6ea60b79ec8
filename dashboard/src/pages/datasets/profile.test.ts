import { describe, expect, it } from "vitest";
import type { Dataset } from "../../api/datasets";
import { type Column, foundWords, looksLikeTime, usualTarget } from "./profile";

function column(name: string, kind: string, shape: Column["shape"] = null) {
  return { name, kind, shape };
}

function dataset(columns: unknown[], more: Partial<Dataset> = {}): Dataset {
  return { num_rows: 400, target: null, profile: { columns }, ...more } as unknown as Dataset;
}

describe("what a file turned out to hold", () => {
  it("is told of a table by kinds", () => {
    const columns = [
      column("age", "number"),
      column("fare", "number"),
      column("sex", "category"),
      column("id", "identifier"),
    ];
    expect(foundWords(dataset(columns))).toBe(
      "400 rows, each with 2 numbers, 1 category and 1 identifier, which is left out.",
    );
  });

  it("is told of pictures and sequences with their sizes", () => {
    const pictures = dataset([column("X", "image", [8, 8, 1]), column("y", "number")]);
    expect(foundWords(pictures)).toBe("400 rows, each with a picture of 8 × 8 in gray (X) and 1 number.");
    const sequences = dataset([column("X", "sequence", [null, 2]), column("y", "boolean")]);
    expect(foundWords(sequences)).toBe(
      "400 rows, each with a sequence of any length with 2 features (X) and 1 column of yes or no.",
    );
  });
});

describe("the usual target", () => {
  it("is the dataset's own, else the only column that can be one", () => {
    const columns = [column("X", "image", [8, 8, 1]), column("y", "number")];
    expect(usualTarget(dataset(columns))).toBe("y");
    expect(usualTarget(dataset([...columns, column("z", "number")]))).toBe("");
    expect(usualTarget(dataset([...columns, column("z", "number")], { target: "z" }))).toBe("z");
  });
});

describe("a column of times", () => {
  it("is one of dates, or of numbers with the name of a time", () => {
    const columns = [column("month", "date"), column("Year", "number"), column("year_built", "number")];
    expect(columns.map((each) => looksLikeTime(each as Column))).toEqual([true, true, false]);
  });
});
