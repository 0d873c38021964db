import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { until } from "../support/until.ts";
import { Acknowledged } from "./acknowledged.ts";

const dialled = 40;
/** What is left to the hub, so that some of the connections find a place. */
const spareFds = 8;
let dir: string;
let pair: BarePair;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "tandem-fds-"));
  pair = await BarePair.make(join(dir, "data"));
  await pair.start();
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const limitFds = (pid: number, most: number) => execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${most}:`]);

it.runIf(process.platform === "linux")(
  "a hub without a file descriptor left turns connections away and lives, and takes every push once it has some",
  async ({ task }) => {
    const { pc2 } = pair.machines;
    const pid = pc2.parts.hub.pid ?? 0;
    const pushes = new Acknowledged(pair);
    await pushes.push(pc2, 10);
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await pushOver(kept, pc2.at.hub, "kept_before", 1)).toBe(200);
    pushes.note("kept_before", 1);

    limitFds(pid, readdirSync(`/proc/${pid}/fd`).length + spareFds);
    const crowd = new Crowd(pc2.at.hub);
    await until("one that is turned away", () => crowd.turnedAway > 0 && crowd.open < dialled);
    // Its store goes away as well, so that the hub needs a file of its spool.
    await pc2.parts.nats.kill();
    const status = await pushOver(kept, pc2.at.hub, "kept_meanwhile", 2);
    if (status === 200) pushes.note("kept_meanwhile", 2);
    expect(pc2.parts.hub.pid).toBe(pid);

    crowd.leave();
    limitFds(pid, 4_096);
    const healedAtMs = performance.now();
    await pc2.parts.nats.ready();
    await until("a push by a new connection", async () => (await pushes.push(pc2, 1))[0]?.startsWith("200"));
    const answeredAfterMs = Math.round(performance.now() - healedAtMs);
    await pair.inSync();
    await until("a push that both have", async () => (await pushes.push(pc2, 1))[0] === "200 peer");
    expect(pc2.parts.hub.pid).toBe(pid);
    const found = await pushes.held();
    expect(found).toMatchObject({ lost: 0, missing: 0 });
    kept.destroy();
    fault(task, "file-descriptors-gone", { turnedAway: crowd.turnedAway, answeredAfterMs, ...found });
  },
  180_000,
);

/** Connections that dial again whenever they are turned away. */
class Crowd {
  turnedAway = 0;
  open = 0;
  #left = false;
  readonly #sockets = new Set<Socket>();
  readonly #at: { host: string; port: number };

  constructor(at: { host: string; port: number }) {
    this.#at = at;
    for (let i = 0; i < dialled; i++) this.#dial();
  }

  leave(): void {
    this.#left = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #dial(): void {
    const socket = connect(this.#at.port, this.#at.host);
    let answered = false;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    // Accepted by the kernel is not accepted by the hub: only an answer shows that it has the connection.
    socket.once("connect", () => socket.write("GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n"));
    socket.once("data", () => {
      answered = true;
      this.open++;
    });
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#left) return;
      if (answered) this.open--;
      else this.turnedAway++;
      setTimeout(() => this.#left || this.#dial(), 50);
    });
  }
}

/** Undefined when nothing was answered. */
function pushOver(
  agent: Agent,
  at: { host: string; port: number },
  job: string,
  value: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { ...at, method: "PUT", path: `/metrics/job/${job}`, agent, timeout: 20_000 };
    const asked = request(options, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(undefined));
    asked.end(`reliability_value ${value}\n`);
  });
}
