import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as open } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, nkeyAuthenticator, nkeys } from "nats";
import { afterEach, expect, it } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { Witness, type WitnessOptions } from "../../../hub/io/witness.ts";
import { until } from "../../support/until.ts";
import { startWitness } from "../../support/witness-server.ts";

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function server(hubKeys: readonly string[] = []) {
  const started = await startWitness(hubKeys);
  ends.push(() => started.remove());
  return started;
}

/** With time enough for a busy machine; what the default is for is measured elsewhere. */
function hub(port: number, name: string, more: Partial<WitnessOptions> = {}): Witness {
  const witness = new Witness(
    { host: "127.0.0.1", port, name, deadlineMs: 5_000, ...more },
    createLog(name, () => {}),
  );
  ends.push(() => witness.close());
  return witness;
}

const connected = (witness: Witness) => until("the witness", () => witness.connected);

it("the first of two hubs that write the same epoch gets it, and the other is told of a conflict", {
  timeout: 60_000,
}, async () => {
  const { port } = await server();
  const [mainpc, pc2] = [hub(port, "mainpc"), hub(port, "pc2")];
  await Promise.all([connected(mainpc), connected(pc2)]);
  expect(await mainpc.read()).toEqual(new Map());
  const answers = await Promise.all([
    mainpc.write("Chat", { epoch: 2, writer: "mainpc", turn: 1 }, 0),
    pc2.write("Chat", { epoch: 3, writer: "pc2", turn: 1 }, 0),
  ]);
  expect(answers.filter((answer) => answer === "conflict")).toHaveLength(1);
  const revision = answers.find((answer) => typeof answer === "number");
  const standing = await pc2.read();
  if (standing === "silent" || revision === undefined) throw new Error("it answered before");
  expect(standing.get("Chat")?.revision).toBe(revision);
  expect(await mainpc.read()).toEqual(standing);

  const next = await pc2.write("Chat", { epoch: 5, writer: "pc2", turn: 2 }, revision);
  expect(await mainpc.write("Chat", { epoch: 4, writer: "mainpc", turn: 2 }, revision)).toBe("conflict");
  expect(await mainpc.read()).toEqual(new Map([["Chat", { epoch: 5, writer: "pc2", turn: 2, revision: next }]]));
});

it("60 services are read in one answer", { timeout: 60_000 }, async () => {
  const { port } = await server();
  const mainpc = hub(port, "mainpc");
  await connected(mainpc);
  for (let index = 0; index < 60; index++) {
    expect(await mainpc.write(`Agent${index}`, { epoch: 2 * index, writer: "mainpc", turn: 0 }, 0)).toBeTypeOf(
      "number",
    );
  }
  const standing = await mainpc.read();
  if (standing === "silent") throw new Error("it answered before");
  expect(standing.size).toBe(60);
  expect(standing.get("Agent7")).toMatchObject({ epoch: 14, writer: "mainpc" });
});

it("one that is gone is silent, and what it held is there when it is back; one that lost its disk holds nothing", {
  timeout: 90_000,
}, async () => {
  const witness = await server();
  const mainpc = hub(witness.port, "mainpc");
  await connected(mainpc);
  const entry = { epoch: 2, writer: "mainpc", turn: 1 };
  const revision = await mainpc.write("Chat", entry, 0);
  if (typeof revision !== "number") throw new Error("it was not written");

  await witness.kill();
  await until("the cut", () => !mainpc.connected);
  expect(await mainpc.read()).toBe("silent");
  expect(await mainpc.write("Chat", { ...entry, turn: 2 }, revision)).toBe("silent");

  await witness.start();
  const back = await until("an answer", async () => {
    const standing = await mainpc.read();
    return standing === "silent" ? undefined : standing;
  });
  expect(back).toEqual(new Map([["Chat", { ...entry, revision }]]));

  await witness.loseDisk();
  await until("the cut", () => !mainpc.connected);
  await witness.start();
  const empty = await until("an answer", async () => {
    const standing = await mainpc.read();
    return standing === "silent" ? undefined : standing;
  });
  expect(empty).toEqual(new Map());
  expect(await mainpc.write("Chat", entry, revision)).toBe("conflict");
});

it("a hub connects while 100 connections of others stand that say nothing", { timeout: 60_000 }, async () => {
  const { port } = await server();
  const idle = Array.from({ length: 100 }, () => open(port, "127.0.0.1").on("error", () => {}));
  ends.push(() => {
    for (const socket of idle) socket.destroy();
  });
  // The server's greeting.
  await Promise.all(idle.map((socket) => once(socket, "data")));
  await connected(hub(port, "mainpc"));
});

it("one that stands still is silent after the deadline", { timeout: 60_000 }, async () => {
  const witness = await server();
  const mainpc = hub(witness.port, "mainpc", { deadlineMs: 300 });
  await connected(mainpc);
  await until("a first answer", async () => (await mainpc.read()) !== "silent");
  witness.freeze();
  ends.push(() => witness.thaw());
  // On a busy machine its threads do not stop at once.
  await until("it to stand still", async () => (await mainpc.read()) === "silent");
  expect(await mainpc.read()).toBe("silent");
  expect(await mainpc.write("Chat", { epoch: 2, writer: "mainpc", turn: 1 }, 0)).toBe("silent");
});

it("a hub with a key that the witness knows may write to the bucket and do nothing else, one with another or none is not let in", {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-seed-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const [known, stranger] = [nkeys.createUser(), nkeys.createUser()];
  const seedFile = (name: string, pair: typeof known) => {
    const path = join(folder, name);
    writeFileSync(path, pair.getSeed());
    return path;
  };
  const { port } = await server([known.getPublicKey()]);
  const mainpc = hub(port, "mainpc", { nkeySeedFile: seedFile("known", known) });
  await connected(mainpc);
  expect(await mainpc.write("Chat", { epoch: 2, writer: "mainpc", turn: 1 }, 0)).toBeTypeOf("number");
  expect(await mainpc.read()).toMatchObject({ size: 1 });

  const other = hub(port, "other", { nkeySeedFile: seedFile("stranger", stranger) });
  const dial = (more: object) => connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...more });
  const shows = (pair: typeof known) => ({ authenticator: nkeyAuthenticator(pair.getSeed()) });
  await expect(dial(shows(stranger))).rejects.toThrow(/authorization/i);
  await expect(dial({})).rejects.toThrow(/authorization/i);
  // As long as those two took it would have been let in, too.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(other.connected).toBe(false);
  expect(await other.write("Chat", { epoch: 3, writer: "other", turn: 1 }, 0)).toBe("silent");
  expect(await mainpc.read()).toEqual(new Map([["Chat", expect.objectContaining({ epoch: 2 })]]));

  const nc = await dial(shows(known));
  ends.push(() => nc.close());
  await expect(nc.request("$JS.API.STREAM.DELETE.KV_tandem-services", "", { timeout: 1_000 })).rejects.toThrow();
  expect(await mainpc.read()).toMatchObject({ size: 1 });
});
