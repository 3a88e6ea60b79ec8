import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { isWorthRetrying } from "./api/client";
import { router } from "./routes";
import "./styles/tokens.css";
import "./styles/base.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What changes is told by the server (see api/live.ts); asking again is for when it could not.
      staleTime: 30_000,
      // The server may be on a machine without a network, this one: whether it answers is found out by asking.
      networkMode: "always",
      retry: (count, error) => count < 3 && isWorthRetrying(error),
    },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
