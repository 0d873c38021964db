import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../hub/config.ts";
import { fault } from "../support/fault.ts";
import { fleetOf, LocalPair, ledgerOf, pushTo } from "../support/local-pair.ts";
import { type SteadyLoad, steadyPushes } from "../support/steady-load.ts";
import { Successors } from "../support/successor.ts";
import { until } from "../support/until.ts";

const portOffset = 8_100;

describe("a hub that is replaced while clients push", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;
  let hubs: Successors | undefined;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-succession-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--agents", "none");
    hubs = new Successors(pair.mainpc.pids.hub, dir);
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
  }, 120_000);

  afterAll(async () => {
    hubs?.kill();
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const successor = (name: string, change: Partial<HubConfigInput>) =>
    hubs?.start(name, change) ?? expect.unreachable("the pair runs");

  const steady = async (during: () => Promise<void>) => {
    const { hub } = pair.mainpc;
    const clients = [true, false].map((keepAlive) =>
      steadyPushes(hub, `steady_${keepAlive}_${Date.now()}`, { everyMs: 10, keepAlive }),
    );
    await setTimeout(300);
    await during();
    await Promise.all(clients.map((client) => client.stop()));
    return clients;
  };

  it("answers every push, kept connections and new ones alike, while the peer never takes it for dead", async ({
    task,
  }) => {
    const first = pair.mainpc.pids.hub;
    const peer = new Events(pair.pc2.hub);
    await until("its first event", () => peer.count > 0);
    const clients = await steady(async () => {
      const second = successor("second", { maxQueuedPushes: 9_999 });
      await second.healthy();
      await setTimeout(1_000);
      process.kill(first, "SIGTERM");
      await until("its end", () => !isAlive(first));
    });
    for (const { failures, sent, answered, longestMs } of clients) {
      console.info(`${sent} pushes, the longest ${longestMs.toFixed(0)} ms`);
      expect(failures).toEqual([]);
      expect(answered).toBe(sent);
    }
    const heard = peer.count;
    await until("an event after the replacement", () => peer.count > heard);
    expect([peer.broken, peer.isOpen]).toEqual([undefined, true]);
    peer.close();
    expect(peer.verdicts.filter((verdict) => verdict.includes('"dead"'))).toEqual([]);
    await until("all twice", async () => (await ledgerOf(pair.pc2)).copies === 2);
    const ledger = await ledgerOf(pair.mainpc);
    expect(ledger).toMatchObject({ missing: 0, duplicates: 0 });
    for (const counted of ledger.clients) expect(counted).toMatchObject({ missing: 0, duplicates: 0 });
    const sum = (of: (client: SteadyLoad) => number) => clients.reduce((total, client) => total + of(client), 0);
    fault(task, "hub-replaced", {
      requests: sum(({ sent }) => sent),
      failed: sum(({ failures }) => failures.length),
      longestMs: Math.round(Math.max(...clients.map(({ longestMs }) => longestMs))),
      missing: ledger.missing,
    });
  });

  it("a successor whose NATS does not take it waits, and the hub before it goes on", async () => {
    const { machine } = hubs?.all[0]?.config ?? expect.unreachable();
    const { nats } = machine;
    const waits = successor("waits", {
      machine: { ...machine, nats: { ...nats, port: nats.port + 7 } },
    });
    await until("that it waits", () => waits.log.includes("succession.waits"));
    expect(await waits.livez()).toBe(503);
    const clients = await steady(() => setTimeout(1_000));
    for (const { failures } of clients) expect(failures).toEqual([]);
    waits.process.kill("SIGTERM");
    await once(waits.process, "exit");
  });

  it("one that dies after it has taken over is stepped in for, and the same program is not let in again", async ({
    task,
  }) => {
    const third = successor("third", { maxQueuedPushes: 9_998 });
    await third.healthy();
    const startMs = performance.now();
    third.process.kill("SIGKILL");
    await until("a push", async () => (await pushTo(pair.mainpc, "again", 1).catch(() => "")).startsWith("200"));
    const outageMs = performance.now() - startMs;
    console.info(`answered again after ${outageMs.toFixed(0)} ms`);
    const same = successor("third", { maxQueuedPushes: 9_998 });
    await until("its refusal", () => same.log.includes("it had taken over and ended"));
    expect(await same.livez()).toBe(503);
    same.process.kill("SIGTERM");
    await once(same.process, "exit");

    const fourth = successor("fourth", { maxQueuedPushes: 9_997 });
    await fourth.healthy();
    await until("sync", async () => (await pushTo(pair.mainpc, "after", 1)) === "200 peer");
    await until("all twice", async () => (await ledgerOf(pair.pc2)).copies === 2);
    expect(await ledgerOf(pair.mainpc)).toMatchObject({ missing: 0, duplicates: 0 });
    const { missing, duplicates } = await ledgerOf(pair.mainpc);
    fault(task, "successor-dies", { answeredAgainAfterMs: Math.round(outageMs), missing, duplicates });
  });

  it("yields to nobody who does not ask in order, on a socket that is its user's alone", async () => {
    const path = join(hubs?.all[0]?.config.stateDirectory ?? "", "place.sock");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const said of [
      '{"ask": "yours", "at": {"host": "127.0.0.1", "port": 9}}\n',
      "\n".repeat(4_000),
      "x".repeat(5_000),
    ]) {
      const socket = connect(path).on("error", () => {});
      socket.write(said);
      await once(socket.resume(), "close");
    }
    expect(await pushTo(pair.mainpc, "unmoved", 1)).toBe("200 peer");
  });
});

/** What a hub tells as it happens. */
class Events {
  readonly verdicts: string[] = [];
  /** Of any kind: one that hears none may be deaf. */
  count = 0;
  isOpen = true;
  /** Why it ended by itself. */
  broken: unknown;
  readonly #stop = new AbortController();

  constructor(hub: string) {
    void this.#read(hub)
      .catch((error: unknown) => {
        this.broken = error;
      })
      .finally(() => {
        this.isOpen = false;
      });
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(hub: string): Promise<void> {
    const { status, body } = await fetch(`${hub}/api/v1/events`, { signal: this.#stop.signal });
    if (status !== 200) throw new Error(`it answered ${status}`);
    let text = "";
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
        const data = /^event: machine\ndata: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        this.count++;
        if (data !== undefined) this.verdicts.push(data);
      }
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
