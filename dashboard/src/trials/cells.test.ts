import { describe, expect, it } from "vitest";
import type { Study } from "../api/study";
import { cellColumns, paramsText, sortedBy, usualColumns } from "./cells";
import { csvOf, jsonOf } from "./export";
import { made } from "./made";
import { ranked } from "./table";

const study = {
  dataset: null,
  objectives: { loss: "minimize" },
  space: {
    version: 1,
    parameters: {
      lr: { type: "float", low: 0, high: 1 },
      optimizer: { type: "categorical", choices: ["=cmd", "sgd"] },
    },
  },
} as unknown as Study;

const table = made({
  states: ["completed", "failed", "completed", "running"],
  values: [0.5, null, 0.25, null],
  params: { lr: [0.1, -0.5, 0.3, null], optimizer: ["=cmd", 'a,"b"', "sgd", null] },
});
const columns = cellColumns(study, table, ranked(table, "loss", "minimize"));
function column(id: string) {
  const found = columns.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no column ${id}.`);
  return found;
}

describe("columns of trials", () => {
  it("rank completed trials only", () => {
    expect([0, 1, 2, 3].map(column("rank").cell)).toEqual([2, null, 1, null]);
  });

  it("show every parameter of a small space, and one cell for a large one", () => {
    expect(usualColumns(study, table)).toContain("param:lr");
    const parameters = Object.fromEntries(
      Array.from({ length: 20 }, (_, place) => [`p${place}`, { type: "float", low: 0, high: 1 }]),
    );
    const large = { ...study, space: { version: 1, parameters } } as Study;
    expect(usualColumns(large, table)).toContain("params");
    expect(usualColumns(large, table)).not.toContain("param:p0");
  });

  it("leave out the name of the trial's own family", () => {
    const families = made({
      states: ["completed"],
      values: [1],
      params: { model: ["knn"], "knn.neighbors": [7], "svm.cost": [null] },
    });
    expect(paramsText(families, 0)).toBe("neighbors 7");
  });

  it("sort with missing cells last in both directions", () => {
    expect(sortedBy([3, 0, 2, 1], column("value:loss"), false)).toEqual([2, 0, 1, 3]);
    expect(sortedBy([3, 0, 2, 1], column("value:loss"), true)).toEqual([0, 2, 1, 3]);
  });
});

describe("exports", () => {
  const chosen = [column("number"), column("param:lr"), column("param:optimizer")];

  it("keep spreadsheets from running what a parameter says", () => {
    expect(csvOf(chosen, [0])).toBe("trial,lr,optimizer\r\n0,0.1,'=cmd\r\n");
  });

  it("leave negative numbers numbers, and quote what has commas", () => {
    expect(csvOf(chosen, [1])).toBe('trial,lr,optimizer\r\n1,-0.5,"a,""b"""\r\n');
  });

  it("say nothing in JSON of what is missing", () => {
    expect(JSON.parse(jsonOf(chosen, [3]))).toEqual([{ number: 3 }]);
  });
});
