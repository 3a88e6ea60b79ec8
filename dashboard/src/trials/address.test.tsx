import { act } from "react";
import { createRoot } from "react-dom/client";
import { createMemoryRouter, RouterProvider } from "react-router";
import { expect, it } from "vitest";
import { ownOf, sharedOf, useOpenTrial } from "./address";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

function Opener() {
  const open = useOpenTrial("s");
  return (
    <button type="button" onClick={() => open(7)}>
      open
    </button>
  );
}

it("parts an address into what all views share and what is one view's own", () => {
  const query = new URLSearchParams("best=10&trials=1,2&objective=size&brush=a&brush=b&column=x&column=y");
  expect(sharedOf(query).toString()).toBe("best=10&objective=size&brush=a&brush=b");
  expect(ownOf(query).toString()).toBe("trials=1%2C2&column=x&column=y");
});

it("opens a trial with the filter, but not with what the view it was opened from says of itself", async () => {
  const frame = document.createElement("div");
  const root = createRoot(document.body.appendChild(frame));
  const router = createMemoryRouter([{ path: "*", element: <Opener /> }], {
    initialEntries: ["/studies/s/analysis?x=size&best=10"],
  });
  await act(async () => root.render(<RouterProvider router={router} />));
  await act(async () =>
    frame.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true })),
  );
  expect(router.state.location.pathname).toBe("/studies/s/trials/7");
  expect(router.state.location.search).toBe("?best=10");
  act(() => root.unmount());
});
