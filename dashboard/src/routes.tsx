import { createBrowserRouter, redirect } from "react-router";
import { Loading } from "./components/Notice";
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
        // Within the shell, which stays: from a page that broke one can go to another.
        errorElement: <RouteErrorPage />,
        hydrateFallbackElement: <Loading what="the page" />,
        children: [
          {
            index: true,
            lazy: async () => ({ Component: (await import("./pages/studies/StudiesPage")).StudiesPage }),
          },
          {
            // What one tries who shortens the address of a study.
            path: "studies",
            loader: () => redirect("/"),
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
                path: "trials",
                lazy: async () => ({
                  Component: (await import("./pages/leaderboard/LeaderboardPage")).LeaderboardPage,
                }),
              },
              {
                path: "trials/:number",
                lazy: async () => ({ Component: (await import("./pages/trial/TrialPage")).TrialPage }),
              },
              {
                path: "compare",
                lazy: async () => ({ Component: (await import("./pages/compare/ComparePage")).ComparePage }),
              },
              {
                path: "space",
                lazy: async () => ({ Component: (await import("./pages/setup/SetupPage")).SetupPage }),
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
          {
            path: "create",
            lazy: async () => ({ Component: (await import("./pages/create/CreatePage")).CreatePage }),
          },
          {
            path: "datasets",
            lazy: async () => ({ Component: (await import("./pages/datasets/DatasetsPage")).DatasetsPage }),
          },
          {
            path: "datasets/:datasetId",
            lazy: async () => ({ Component: (await import("./pages/datasets/DatasetPage")).DatasetPage }),
          },
          {
            path: "models",
            lazy: async () => ({ Component: (await import("./pages/models/ModelsPage")).ModelsPage }),
          },
          {
            path: "models/:modelId",
            lazy: async () => ({ Component: (await import("./pages/models/ModelPage")).ModelPage }),
          },
          {
            path: "workers",
            lazy: async () => ({ Component: (await import("./pages/workers/WorkersPage")).WorkersPage }),
          },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
