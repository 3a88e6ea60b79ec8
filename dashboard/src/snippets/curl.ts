/** Requests as `curl` makes them in a shell. */

/** A POST with a JSON body. */
export function curlPost(origin: string, path: string, body: unknown): string {
  return [
    `curl -X POST ${shellQuoted(origin + path)}`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${shellQuoted(JSON.stringify(body, null, 2))}`,
  ].join(" \\\n");
}

/** Text that no shell takes apart. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
