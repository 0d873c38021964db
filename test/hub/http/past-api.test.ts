import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { HistoryView } from "../../../hub/http/history-json.ts";
import { createPastApi } from "../../../hub/http/past-api.ts";
import { noSeals } from "../../support/seals.ts";

let isRead: boolean;
let asked: unknown[];
beforeEach(() => {
  isRead = true;
  asked = [];
});

async function ask(path: string, method = "GET") {
  const now = new Date().toISOString();
  const note =
    <T>(answer: T) =>
    (...args: unknown[]): T => {
      asked.push(args);
      return answer;
    };
  const head = { machine: "mainpc", now, from: now, stepMs: 60_000 };
  const api = createPastApi({
    seals: noSeals(),
    objectives: { isRead, view: note({ machine: "mainpc", now, objectives: [] }), counts: note({ v: 1 }) },
    history: {
      isRead,
      view: note({ ...head, series: { lag: [1, null] } }),
      agents: (minutes, step, agent) => {
        asked.push([minutes, step, agent]);
        return agent === "mainpc/Nobody" ? undefined : { ...head, agents: {} };
      },
      tell: note({ v: 1 }),
    },
  });
  const server = createServer(async (request, response) => {
    if (!(await api(request, response))) response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return await fetch(`http://127.0.0.1:${port}${path}`, { method });
}

it("tells 24 hours by the minute unless something else is asked for, in the shape that the page reads", async () => {
  const answer = await ask("/api/v1/history");
  expect(HistoryView.parse(await answer.json()).series).toEqual({ lag: [1, null] });
  await ask("/api/v1/history?minutes=60&step=5");
  await ask("/api/v1/history/agents");
  await ask("/api/v1/history/agents?minutes=1440");
  await ask("/api/v1/history/agents?minutes=1500&agent=mainpc%2FTwin");
  await ask("/api/v1/history/agents?agent=mainpc%2FTwin&minutes=1500&step=1");
  expect(asked).toEqual([
    [1_440, 1],
    [60, 5],
    [60, 1, undefined],
    [1_440, 12, undefined],
    [1_500, 13, "mainpc/Twin"],
    [1_500, 1, "mainpc/Twin"],
  ]);
});

it.each([
  ["/api/v1/history?minutes=1501", "minutes"],
  ["/api/v1/history?minutes=0", "minutes"],
  ["/api/v1/history?step=0.5", "step"],
  ["/api/v1/history?minutes=5&step=6", "step must not be more than minutes"],
  ["/api/v1/history?from=yesterday", "Unrecognized key"],
  ["/api/v1/history/agents?minutes=1440&step=2", "at most 120 values of all agents"],
  ["/internal/v1/history?from=5&minutes=121", "minutes"],
  ["/internal/v1/objectives", "from"],
])("refuses %s with 400, and says what is wrong", async (path, why) => {
  const answer = await ask(path);
  const { error } = (await answer.json()) as { error: string };
  expect([answer.status, error]).toEqual([400, expect.stringContaining(why)]);
  expect(asked).toEqual([]);
});

it("answers 503 until it has read its past back: half of it would be taken for all", async () => {
  isRead = false;
  for (const path of [
    "/api/v1/objectives",
    "/api/v1/history",
    "/api/v1/history/agents",
    "/internal/v1/history?from=1&minutes=1",
  ])
    expect((await ask(path)).status, path).toBe(503);
});

it("answers 404 for an agent that is none, 405 for an order, and leaves other paths to others", async () => {
  expect((await ask("/api/v1/history/agents?agent=mainpc/Nobody")).status).toBe(404);
  expect((await ask("/api/v1/objectives", "DELETE")).status).toBe(405);
  expect((await ask("/api/v1/fleet")).status).toBe(418);
  expect((await ask("/internal/v1/objectives?from=0")).status).toBe(200);
});
