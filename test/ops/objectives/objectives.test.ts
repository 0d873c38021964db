import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ObjectiveView } from "../../../hub/http/objectives-json.ts";
import { registerObjectives } from "../../../ops/objectives.ts";
import { objective } from "../../hub/objective.ts";
import { runCommand } from "../run-command.ts";

let hub: Server;
let url: string;
let objectives: ObjectiveView[];

beforeEach(async () => {
  objectives = [objective({ total: 86_400, bad: 43, availability: 1 - 43 / 86_400, budgetLeft: 0.502 })];
  hub = createServer((request, response) => {
    if (request.url !== "/api/v1/objectives") return void response.writeHead(404).end();
    response.end(JSON.stringify({ machine: "mainpc", now: new Date().toISOString(), objectives }));
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`; // it listens on TCP
});
afterEach(() => {
  hub.close();
  hub.closeAllConnections();
});

const run = (...args: string[]) => runCommand(registerObjectives, ["objectives", ...args]);

it("prints a line an objective by the first hub that answers, names the one that does not, and ends with 0", async () => {
  objectives.push(objective({ name: "Twin", total: 0, availability: null, burnRates: [] }));
  const { code, stdout } = await run("--hub", "http://127.0.0.1:1", url);
  expect(code).toBe(0);
  const cells = stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  expect(cells[1]).toEqual([
    "pair",
    "99.9 %",
    ...["30", "86400", "43"],
    "99.9502 %",
    "50.2 %",
    ...["0.0", "0.0", "0.0", "0.0"],
    "no",
  ]);
  expect(cells[2]).toEqual(["Twin", "99.9 %", "30", "0", "0", "-", "-", "-", "-", "-", "-", "no"]);
  expect(stdout).toContain("by the hub of mainpc\nno answer from http://127.0.0.1:1\n");
});

it("ends with 1 where a budget burns or is used up, and with 2 where no hub answers", async () => {
  objectives = [objective({ burning: "warning" })];
  expect((await run("--hub", url)).code).toBe(1);
  objectives = [objective({ budgetLeft: 0 })];
  expect((await run("--hub", url)).code).toBe(1);
  expect((await run("--hub", "http://127.0.0.1:1")).code).toBe(2);
});

it("prints what each hub says as one JSON object with --json", async () => {
  const { stdout } = await run("--json", "--hub", url, "http://127.0.0.1:1");
  expect(JSON.parse(stdout)).toEqual({
    exitCode: 0,
    hubs: [
      { url, objectives },
      { url: "http://127.0.0.1:1", objectives: null },
    ],
  });
});
