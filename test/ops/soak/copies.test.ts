import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyOf, type Keeper, keepCopy, keptCopies, mostHashes } from "../../../ops/soak/copies.ts";
import { settingsWith } from "./settings.ts";

const hashes = (count: number) => Array.from({ length: count }, (_, i) => `hash ${i + 1}`);

describe("a copy", () => {
  it("holds the hashes of the newest 200 checkpoints, however many there are", () => {
    expect(copyOf({ publicKey: "k" }, hashes(3))).toEqual({ publicKey: "k", first: 1, hashes: hashes(3) });
    const { first, hashes: kept } = copyOf({ publicKey: "k" }, hashes(2_016));
    expect([first, kept.length, kept.at(-1)]).toEqual([1_817, mostHashes, "hash 2016"]);
  });
});

describe("the copies of a run", () => {
  /** Hubs that hold documents, each for itself. */
  const hubs: { server: Server; documents: Map<string, unknown> }[] = [];
  let keeper: Keeper;

  async function startHub(): Promise<string> {
    const documents = new Map<string, unknown>();
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const path = decodeURIComponent(request.url ?? "");
      const view = (key: string, value: unknown) => ({ key, revision: "1.0.a", at: "", by: "", value });
      const stored = { revision: "1.0.a", copies: 1 };
      if (request.method === "PUT") documents.set(path.split("/soak/")[1] ?? "", JSON.parse(text).value);
      const all = { machine: "a", documents: [...documents].map(([key, value]) => view(key, value)) };
      response.end(JSON.stringify(request.method === "PUT" ? stored : all));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    hubs.push({ server, documents });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  }

  beforeEach(async () => {
    const hubUrls = [await startHub(), await startHub()];
    keeper = settingsWith({ publicKey: "k", hubUrls, target: { kind: "local", folder: "/data", hubUrls } });
  });
  afterEach(() => {
    for (const { server } of hubs.splice(0)) server.close();
  });

  it("are one document, which each checkpoint is added to", async () => {
    for (const count of [1, 2, 250]) await keepCopy(keeper, hashes(count));
    expect([...(hubs[0]?.documents.keys() ?? [])]).toEqual(["soak-1"]);
    const [kept, other] = await keptCopies("soak-1", keeper.hubUrls);
    expect(kept?.copy).toMatchObject({ publicKey: "k", first: 51 });
    expect(other).toEqual({ hubUrl: keeper.hubUrls[1], copy: undefined });
  });

  it("are not written over by a chain that does not go on from them", async () => {
    await keepCopy(keeper, hashes(3));
    await expect(keepCopy(keeper, ["hash 1", "another", "hash 3", "hash 4"])).rejects.toThrow("is not written over");
    await expect(keepCopy({ ...keeper, publicKey: "other" }, hashes(4))).rejects.toThrow("is not written over");
    await expect(keepCopy(keeper, hashes(2))).rejects.toThrow("is not written over");
    await keepCopy(keeper, hashes(4));
  });

  it("are asked of both hubs, and of a silent one nothing is known", async () => {
    hubs[1]?.documents.set("soak-1", copyOf(keeper, hashes(3)));
    const silent = "http://127.0.0.1:9";
    expect(await keptCopies("soak-1", [silent, keeper.hubUrls[1] ?? ""])).toMatchObject([
      { copy: { hashes: hashes(3) } },
    ]);
    await expect(keepCopy({ ...keeper, hubUrls: [silent] }, hashes(1))).rejects.toThrow("no hub answers");
  });
});
