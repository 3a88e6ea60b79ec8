import { describe, expect, it } from "vitest";
import { shellQuoted } from "./curl";
import { pythonLiteral, pythonSpace } from "./python";

describe("Python", () => {
  it("writes what JSON calls null and true by its own names", () => {
    expect(pythonLiteral({ a: null, b: [true, "x\n"], c: 1e-5 })).toBe(
      '{"a": None, "b": [True, "x\\n"], "c": 0.00001}',
    );
  });

  it("writes parameters as calls with what they say, and no more", () => {
    const space = pythonSpace(
      {
        lr: { type: "float", low: 0.001, high: 0.1, log: true },
        units: { type: "int", low: 16, high: 64, step: 16, when: { kind: ["big"] } },
        kind: { type: "categorical", choices: ["big", false] },
      },
      0,
    );
    expect(space).toBe(
      [
        "{",
        '    "lr": tuner.Float(0.001, 0.1, log=True),',
        '    "units": tuner.Int(16, 64, step=16, when={"kind": ["big"]}),',
        '    "kind": tuner.Categorical(["big", False]),',
        "}",
      ].join("\n"),
    );
  });
});

describe("shells", () => {
  it("get quotes that nothing breaks out of", () => {
    expect(shellQuoted("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  });
});
