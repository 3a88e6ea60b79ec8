import { describe, expect, it } from "vitest";
import type { Study } from "../../api/study";
import { cellColumns } from "../../trials/cells";
import { made } from "../../trials/made";
import { compareRows } from "./compare";

const table = made({
  states: ["completed", "completed", "failed"],
  values: [0.5, 0.25, null],
  params: { lr: [0.1, 0.1, 0.1], momentum: [0.9, null, null], unused: [null, null, null] },
});
const study = { dataset: null, objectives: { loss: "minimize" }, space: {} } as unknown as Study;
const rows = compareRows(cellColumns(study, table, [1, 0, 2]), [0, 1, 2], study.objectives);
const row = (id: string) => rows.find((each) => each.column.id === id);

describe("a comparison", () => {
  it("tells what differs from what is equal; to lack a parameter is a difference", () => {
    expect(row("param:lr")?.isDifferent).toBe(false);
    expect(row("param:momentum")?.isDifferent).toBe(true);
  });

  it("marks the best value", () => {
    expect(row("value:loss")?.best).toEqual([1]);
  });

  it("leaves out what none of the trials has", () => {
    expect(row("param:unused")).toBeUndefined();
  });
});
