import { act } from "react";
import { createRoot } from "react-dom/client";
import { createMemoryRouter, RouterProvider } from "react-router";
import { expect, it } from "vitest";
import { useTabAddress } from "./tabs";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

function Links() {
  const addressOf = useTabAddress("/studies/s");
  return <output>{JSON.stringify([".", "trials", "analysis"].map(addressOf))}</output>;
}

it("carries the filter to other tabs, and brings each back to what it said", async () => {
  const frame = document.createElement("div");
  const root = createRoot(frame);
  const router = createMemoryRouter([{ path: "*", element: <Links /> }], {
    initialEntries: ["/studies/s/trials?sort=loss&best=10"],
  });
  await act(async () => root.render(<RouterProvider router={router} />));
  expect(frame.textContent).toBe(JSON.stringify(["best=10", "best=10&sort=loss", "best=10"]));
  await act(() => router.navigate("/studies/s/compare?trials=1,2&best=20"));
  expect(frame.textContent).toBe(JSON.stringify(["best=20", "best=20&sort=loss", "best=20"]));
  await act(() => router.navigate("/studies/s"));
  expect(frame.textContent).toBe(JSON.stringify(["", "sort=loss", ""]));
  act(() => root.unmount());
});
