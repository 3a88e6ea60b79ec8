import { describe, expect, it } from "vitest";
import { type Artifact, logOf } from "./trial";

function file(name: string, attempt: number): Artifact {
  return { name, attempt, number: 0, size: 1, sha256: `${name}-${attempt}` } as Artifact;
}

describe("the log of a trial", () => {
  it("is that of the latest attempt that wrote anything", () => {
    const files = [file("log.txt", 1), file("log.txt", 2), file("model.zip", 3)];
    expect(logOf(files)?.attempt).toBe(2);
  });

  it("is not there where nothing was written, so that nobody asks for it", () => {
    expect(logOf([file("model.zip", 1)])).toBeUndefined();
    expect(logOf([])).toBeUndefined();
  });
});
