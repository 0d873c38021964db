import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentStored, documentPath } from "../../hub/http/documents-json.ts";
import { readDocuments } from "../../ops/site/documents.ts";
import { fleetOf, LocalPair, metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 6_550;

describe("a pair that keeps 77 documents of a command", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-documents-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--agents", "none");
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const put = async (hub: string, key: string, value: unknown): Promise<DocumentStored | undefined> => {
    const body = JSON.stringify({ by: "e2e", value });
    const answer = await fetch(`${hub}${documentPath("migration", key)}`, { method: "PUT", body }).catch(
      () => undefined,
    );
    return answer?.status === 200 ? DocumentStored.parse(await answer.json()) : undefined;
  };
  const valuesOf = async (...hubs: string[]) => {
    const view = await readDocuments(hubs, "migration");
    return new Map(view?.documents.map(({ key, value }) => [key, value]));
  };

  it("any hub answers for all that was taken, after a hub was killed half-way and after a whole machine was", async () => {
    const [mainpc, pc2] = [pair.mainpc.hub, pair.pc2.hub];
    await until("2 copies", async () => (await put(mainpc, "first", 0))?.copies === 2);
    const taken = new Map<string, number>([["first", 0]]);
    let copied = 1;
    let start = () => {};
    const sinceMs = performance.now();
    for (let i = 0; i < 77; i++) {
      if (i === 40) start = pair.killMachine(pair.mainpc, "hub");
      const stored = await put(i < 40 ? mainpc : pc2, `mainpc/Agent${i}`, i);
      if (stored === undefined) continue;
      taken.set(`mainpc/Agent${i}`, i);
      copied += stored.copies - 1;
    }
    console.info(
      `${taken.size - 1} documents in ${(performance.now() - sinceMs).toFixed(0)} ms, ${copied} with 2 copies`,
    );
    expect(taken.size).toBe(78);
    expect(await valuesOf(mainpc, pc2)).toEqual(taken);
    start();
    await until("level", async () => (await valuesOf(mainpc)).size === 78);
    expect(await valuesOf(mainpc)).toEqual(taken);
    await until("no lag", async () => (await metricsOf(pc2)).includes("\ntandem_documents_peer_lag 0\n"));
    expect(await metricsOf(pc2)).toContain("\ntandem_documents 78\n");

    const startAgain = pair.killMachine(pair.pc2);
    await until("1 copy", async () => (await put(mainpc, "alone", 1))?.copies === 1);
    startAgain();
    taken.set("alone", 1);
    await until("pc2 level", async () => (await valuesOf(pc2)).size === 79);
    expect(await valuesOf(pc2)).toEqual(taken);
  });

  it("takes none while its NATS is away, says what to do, and goes on telling what it holds", async () => {
    const start = pair.killMachine(pair.mainpc, "nats");
    const { hub } = pair.mainpc;
    const refusal = await until("the refusal", async () => {
      const answer = await fetch(`${hub}${documentPath("migration", "x")}`, {
        method: "PUT",
        body: JSON.stringify({ by: "e2e", value: 1 }),
      });
      return answer.status === 503 ? ((await answer.json()) as unknown) : undefined;
    });
    expect(JSON.stringify(refusal)).toMatch(/ask the other machine's hub|read it first/);
    expect((await valuesOf(hub)).size).toBeGreaterThanOrEqual(79);
    start();
    await until("2 copies again", async () => (await put(hub, "x", 2))?.copies === 2);
  });
});
