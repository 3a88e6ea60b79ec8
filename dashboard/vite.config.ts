import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and passes requests on to a running `tuner serve`.
const server = process.env.TUNER_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2023", chunkSizeWarningLimit: 700, assetsInlineLimit: 0 },
  // The service refuses what pages of other origins ask for; under the proxy this page is one of its own.
  server: { proxy: { "/v1": { target: server, changeOrigin: true, headers: { origin: server } } } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
