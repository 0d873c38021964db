import { once } from "node:events";
import { Agent, createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { lookAtGroups, lookInto } from "../../../hub/io/gateway-look.ts";
import { straightBounds } from "../../../hub/io/straight-push.ts";

const bounds = straightBounds(PushLimits.parse({}));
const agent = new Agent();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A Pushgateway whose `/api/v1/metrics` is answered so. */
async function gateway(answer: (response: ServerResponse) => Promise<void>): Promise<{ host: string; port: number }> {
  const server = createServer((_, response) => void answer(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }; // a TCP server's address is never a path
}

const groupJson = (job: string, series: number) => {
  const labels = { instance: "", job, zone: "a zone with a name" };
  const times = { type: "GAUGE", metrics: [{ labels: { instance: "", job }, value: "1" }] };
  const metrics = Array.from({ length: series }, (_, i) => ({ labels: { ...labels, i: String(i) }, value: "1" }));
  const kept = { time_stamp: "2026-03-01T12:30:00Z", type: "GAUGE", help: "Kept.", metrics };
  return JSON.stringify({ kept, labels: { job }, last_push_successful: true, push_time_seconds: times });
};

it("of 250,000 series reads the group that is wanted, and takes no third of the time that it needs for it at once", async () => {
  const group = groupJson("JOB", 1_000);
  const address = await gateway(async (response) => {
    response.write('{"status":"success","data":[');
    for (let i = 0; i < 250; i++) {
      const text = (i === 0 ? "" : ",") + group.replaceAll("JOB", `j${i}`);
      if (!response.write(text)) await once(response, "drain");
    }
    response.end("]}\n");
  });
  // Of this thread, since a computer may have much else to do.
  const usedMs = () => process.threadCpuUsage().user / 1_000;
  const startedMs = usedMs();
  let [longestMs, beforeMs] = [0, startedMs];
  const look = () => {
    longestMs = Math.max(longestMs, usedMs() - beforeMs);
    beforeMs = usedMs();
  };
  const timer = setInterval(look, 1);
  closing.push(() => clearInterval(timer));
  const wanted = await lookInto(address, agent, new Set(['job="j77"']), bounds);
  look();
  expect(wanted.map(({ key, pushedAtMs }) => [key, pushedAtMs])).toEqual([['job="j77"', 1_000]]);
  expect(wanted[0]?.body?.match(/^kept\{/gm)).toHaveLength(1_000);
  expect(longestMs).toBeLessThan((beforeMs - startedMs) / 3);
  const all = await lookAtGroups(address, agent, bounds);
  expect(all.map(({ key }) => key)).toEqual(Array.from({ length: 250 }, (_, i) => `job="j${i}"`));
});

it("of an answer that ends early, or is none, nothing is taken", async () => {
  const wanted = new Set(['job="a"']);
  const cut = await gateway(async (response) => {
    response.writeHead(200, { "content-length": "100000" });
    response.write(`{"status":"success","data":[${groupJson("a", 3)},{`, () => response.destroy());
  });
  await expect(lookInto(cut, agent, wanted, bounds)).rejects.toThrow();
  const short = await gateway(
    async (response) => void response.end(`{"status":"success","data":[${groupJson("a", 3)}`),
  );
  await expect(lookInto(short, agent, wanted, bounds)).rejects.toThrow("is no list of groups");
  const failing = await gateway(async (response) => void response.writeHead(500).end("{}"));
  await expect(lookInto(failing, agent, wanted, bounds)).rejects.toThrow("was answered with 500");
});
