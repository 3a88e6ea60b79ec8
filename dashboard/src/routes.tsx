import { createBrowserRouter } from "react-router";
import { Shell } from "./components/Shell";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RouteErrorPage } from "./pages/RouteErrorPage";

/** Every page is a chunk of its own: nobody waits for the charts of a page that is not open. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteErrorPage />,
    children: [
      {
        index: true,
        lazy: async () => ({ Component: (await import("./pages/studies/StudiesPage")).StudiesPage }),
      },
      {
        path: "studies/:studyId",
        lazy: async () => ({ Component: (await import("./pages/study/StudyPage")).StudyPage }),
        children: [
          {
            index: true,
            lazy: async () => ({
              Component: (await import("./pages/study/overview/OverviewPage")).OverviewPage,
            }),
          },
          {
            path: "analysis",
            lazy: async () => ({
              Component: (await import("./pages/study/analysis/AnalysisPage")).AnalysisPage,
            }),
          },
          {
            path: "timeline",
            lazy: async () => ({
              Component: (await import("./pages/study/timeline/TimelinePage")).TimelinePage,
            }),
          },
        ],
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
]);
