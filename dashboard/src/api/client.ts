/** Requests to the service: typed by its own description, failures as `ProblemError`s. */
import type { components } from "./schema";
import { lockedOut, unreachable } from "./signal";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** What the service answered instead of what was asked for (RFC 9457). */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The service did not answer at all. */
export class OfflineError extends Error {
  constructor() {
    super("The server does not answer.");
    this.name = "OfflineError";
  }
}

/** Whether the same request may succeed a moment later. */
export function isWorthRetrying(error: unknown): boolean {
  return (
    error instanceof OfflineError || (error instanceof ProblemError && [429, 502, 503].includes(error.status))
  );
}

/** Whether there is no such thing. */
export function isMissing(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404;
}

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

interface Options {
  body?: unknown;
  /** Sent as it is, with its own type. */
  raw?: Blob;
  query?: Record<string, string | number | readonly string[] | undefined>;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

/** One request; the answer's JSON as the type that the caller names. */
export async function send<Answer>(method: Method, path: string, options: Options = {}): Promise<Answer> {
  const answer = await request(method, path, options);
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

/** One request; the answer as text, such as a log. */
export async function sendForText(method: Method, path: string, options: Options = {}): Promise<string> {
  return (await request(method, path, options)).text();
}

async function request(method: Method, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  let answer: Response;
  try {
    answer = await fetch(path + queryText(options.query), {
      method,
      headers,
      body: options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    unreachable.put(true);
    throw new OfflineError();
  }
  unreachable.put(false);
  if (answer.status === 401) lockedOut.put(true);
  if (!answer.ok) throw new ProblemError(await problemOf(answer));
  return answer;
}

function queryText(query: Options["query"]): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) pairs.append(name, String(each));
  }
  const text = pairs.toString();
  return text === "" ? "" : `?${text}`;
}

async function problemOf(answer: Response): Promise<Problem> {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.includes("application/problem+json")) return (await answer.json()) as Problem;
  return {
    type: "about:blank",
    title: answer.statusText || "The request failed",
    status: answer.status,
    detail: `The server answered with status ${answer.status}.`,
  } as Problem;
}
