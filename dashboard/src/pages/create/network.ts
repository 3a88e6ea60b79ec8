/** A network of one's own as the form holds it: JSON as it is typed. */

export interface NetworkDraft {
  /** Whether it is tuned, and whether the families compete with it. */
  role: "none" | "alone" | "beside";
  text: string;
}

/** A network that fits any data: what stands between layers that would not fit comes by itself. */
const EXAMPLE = {
  version: 1,
  layers: [
    {
      layer: "Dense",
      units: { type: "int", low: 16, high: 256, log: true },
      activation: { choices: ["relu", "gelu"] },
    },
    { layer: "Dropout", rate: { type: "float", low: 0, high: 0.5 } },
  ],
};

export const NO_NETWORK: NetworkDraft = { role: "none", text: JSON.stringify(EXAMPLE, null, 2) };

/** The document, or why there is none. */
export function readNetwork(text: string): { document: Record<string, unknown> } | { error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `must be JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { error: "must be an object with version and layers" };
  }
  return { document: value as Record<string, unknown> };
}
