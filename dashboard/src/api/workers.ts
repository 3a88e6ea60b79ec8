/** Who trains: the workers that have been seen. */
import { queryOptions } from "@tanstack/react-query";
import { type Schemas, send } from "./client";

export type Worker = Schemas["WorkerResource"];

const PAUSE_MS = 3_000;

/** All workers, asked for again and again while somebody looks. */
export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: async ({ signal }) => {
    const page: Schemas["WorkerPage"] = await send("GET", "/v1/workers", { signal });
    return page.items;
  },
  refetchInterval: PAUSE_MS,
});
