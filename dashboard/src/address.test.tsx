import { act } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, Link, RouterProvider } from "react-router";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useAddress } from "./address";
import { useChoice } from "./pages/study/useChoice";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const frame = document.createElement("div");
let unmount = () => {};

function Page() {
  const [query, change] = useAddress();
  const [size, setSize] = useChoice("size", ["small", "large"], "small");
  const [shape, setShape] = useChoice("shape", ["round", "square"], "round");
  return (
    <>
      <output>{`${query} ${size} ${shape}`}</output>
      <button
        type="button"
        data-do="both"
        onClick={() => {
          setSize("large");
          setShape("square");
        }}
      />
      <button
        type="button"
        data-do="count"
        onClick={() => {
          for (let time = 0; time < 3; time += 1) {
            change((now) => {
              now.set("count", String(Number(now.get("count")) + 1));
              return now;
            });
          }
        }}
      />
      <Link to="/elsewhere?size=large" data-do="leave" />
    </>
  );
}

function click(name: string): Promise<void> {
  return act(async () => frame.querySelector<HTMLElement>(`[data-do=${name}]`)?.click());
}

beforeEach(async () => {
  window.history.replaceState(null, "", "/");
  const router = createBrowserRouter([{ path: "*", element: <Page /> }]);
  document.body.append(frame);
  const root = createRoot(frame);
  await act(async () => root.render(<RouterProvider router={router} />));
  unmount = () => {
    act(() => root.unmount());
    router.dispose();
    frame.remove();
  };
});

afterEach(() => unmount());

describe("changes of the address", () => {
  it("in one handler all count", async () => {
    await click("both");
    expect(frame.querySelector("output")?.textContent).toBe("size=large&shape=square large square");
    expect(window.location.search).toBe("?size=large&shape=square");
  });

  it("are given what those before have made", async () => {
    await click("count");
    await click("count");
    expect(window.location.search).toBe("?count=6");
  });

  it("do not bring back what was on the page that was left", async () => {
    await click("count");
    await click("leave");
    await click("both");
    expect(window.location.pathname + window.location.search).toBe("/elsewhere?size=large&shape=square");
  });
});
