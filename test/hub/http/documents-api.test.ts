import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Documents, type DocumentWrite } from "../../../hub/core/documents.ts";
import { createDocumentsApi } from "../../../hub/http/documents-api.ts";
import { DocumentConflict, DocumentStored, DocumentsView, DocumentView } from "../../../hub/http/documents-json.ts";
import { markLoopback } from "../../../hub/http/local-orders.ts";
import type { WriteOutcome } from "../../../hub/io/documents.ts";
import { documentOrder, documentWritten, readDocuments } from "../../../ops/site/documents.ts";

/** A hub's documents without a bucket behind them. */
class FakeStore {
  readonly held = new Documents("mainpc");
  unread: string | undefined;
  /** Given instead of what would come of a write. */
  outcome: WriteOutcome | undefined;

  whenRead = async () => this.unread === undefined;
  list = (kind: string) => this.held.list(kind);
  get = (kind: string, key: string) => this.held.get(kind, key);

  async write(write: DocumentWrite): Promise<WriteOutcome> {
    if (this.outcome !== undefined) return this.outcome;
    const draft = this.held.draft(write, 1_767_225_600_000);
    if (draft.kind !== "draft") return draft;
    this.held.merge(draft.document);
    const { at, machine } = draft.document;
    return { kind: "stored", revision: `${at.wallMs}.${at.counter}.${machine}`, copies: 2 };
  }
}

async function serve() {
  const store = new FakeStore();
  const api = createDocumentsApi({ machine: "mainpc", documents: store });
  const server = createServer((request, response) => {
    void api(request, response).then((answered) => answered || response.writeHead(418).end());
  });
  server.on("connection", markLoopback).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  const base = `http://127.0.0.1:${port}`;
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await fetch(`${base}${path}`, { method, headers, ...sent });
    const text = await answer.text();
    return [answer.status, text === "" ? undefined : (JSON.parse(text) as unknown)] as const;
  };
  return { store, ask, base };
}

const tutor = "/api/v1/documents/migration/mainpc%2FTutorAgent";
const first = "1767225600000.0.mainpc";

describe("the API of documents", () => {
  it("takes a document, shows it, all of its kind and none of another, and leaves other paths alone", async () => {
    const { ask } = await serve();
    const [status, stored] = await ask("PUT", tutor, { by: "kim", value: { step: 1 } });
    expect([status, DocumentStored.parse(stored)]).toEqual([200, { revision: first, copies: 2 }]);
    const view = {
      key: "mainpc/TutorAgent",
      revision: first,
      at: "2026-01-01T00:00:00.000Z",
      by: "kim",
      value: { step: 1 },
    };
    expect(DocumentView.parse((await ask("GET", tutor))[1])).toEqual(view);
    expect((await ask("GET", "/api/v1/documents/migration/mainpc/TutorAgent"))[1]).toEqual(view);
    const all = (await ask("GET", "/api/v1/documents/migration"))[1];
    expect(DocumentsView.parse(all)).toEqual({ machine: "mainpc", documents: [view] });
    expect(await ask("GET", "/api/v1/documents/drill")).toEqual([200, { machine: "mainpc", documents: [] }]);
    expect((await ask("HEAD", tutor))[0]).toBe(200);
    expect((await ask("GET", "/api/v1/documentsx"))[0]).toBe(418);
  });

  it("answers 409 with what stands there to a write that replaces something else", async () => {
    const { ask } = await serve();
    const early = await ask("PUT", tutor, { by: "kim", value: 1, replaces: first });
    expect([early[0], DocumentConflict.parse(early[1]).present]).toEqual([409, null]);
    expect((await ask("PUT", tutor, { by: "kim", value: 1, replaces: null }))[0]).toBe(200);
    const late = await ask("PUT", tutor, { by: "lee", value: 2, replaces: null });
    expect([late[0], DocumentConflict.parse(late[1]).present]).toMatchObject([409, { by: "kim", value: 1 }]);
    expect((await ask("PUT", tutor, { by: "lee", value: 2, replaces: first }))[0]).toBe(200);
  });

  it.each([
    ["GET", "/api/v1/documents", undefined, 404],
    ["GET", "/api/v1/documents/Migration", undefined, 400],
    ["GET", "/api/v1/documents/migration/", undefined, 400],
    ["GET", "/api/v1/documents/migration/%ff", undefined, 400],
    ["GET", "/api/v1/documents/migration/nobody", undefined, 404],
    ["PUT", "/api/v1/documents/migration", { by: "kim", value: 1 }, 405],
    ["DELETE", tutor, undefined, 405],
    ["POST", tutor, { by: "kim", value: 1 }, 405],
    ["PUT", tutor, "{", 400],
    ["PUT", tutor, { by: "kim" }, 400],
    ["PUT", tutor, { by: "", value: 1 }, 400],
    ["PUT", tutor, { by: "kim", value: 1, force: true }, 400],
    ["PUT", tutor, { by: "kim", value: "x".repeat(65_536) }, 413],
    ["PUT", tutor, { by: "kim", value: "x".repeat(600_000) }, 413],
  ])("%s %s with %j", async (method, path, body, status) => {
    const { ask } = await serve();
    const [answered, said] = await ask(method, path, body);
    expect(answered).toBe(status);
    expect(said).toMatchObject({ error: expect.any(String) });
  });

  it("says why not, with 503 while its documents are unread or its NATS is away, and 507 when there are too many", async () => {
    const { store, ask } = await serve();
    for (const [why, status] of [
      ["away", 503],
      ["full", 507],
    ] as const) {
      store.outcome = { kind: "refused", why, reason: `it is ${why}` };
      expect(await ask("PUT", tutor, { by: "kim", value: 1 })).toEqual([status, { error: `it is ${why}` }]);
    }
    store.unread = "not read yet";
    expect(await ask("GET", tutor)).toEqual([503, { error: "not read yet" }]);
    expect(await ask("GET", "/api/v1/documents/migration")).toEqual([503, { error: "not read yet" }]);
  });

  it("refuses what a page of another site sends", async () => {
    const { ask } = await serve();
    const origin = { origin: "http://elsewhere.example" };
    expect((await ask("PUT", tutor, { by: "kim", value: 1 }, origin))[0]).toBe(403);
    expect((await ask("GET", tutor))[0]).toBe(404);
  });
});

describe("a command's side", () => {
  it("orders a document, reads what came of it, and reads all from the first hub that answers", async () => {
    const { store, ask, base } = await serve();
    const give = async (put: Parameters<typeof documentOrder>[2]) => {
      const { method, path, body } = documentOrder("migration", "mainpc/TutorAgent", put);
      const [status, said] = await ask(method, path, body);
      const text = (said as { error?: string }).error ?? ""; // as a hub refuses
      return documentWritten({ ok: status === 200, text, said });
    };
    expect(await give({ by: "kim", value: 1 })).toEqual({ kind: "stored", revision: first, copies: 2 });
    expect(await give({ by: "kim", value: 1, replaces: null })).toMatchObject({
      kind: "conflict",
      text: "kim wrote it at 2026-01-01T00:00:00.000Z",
      present: { revision: first },
    });
    store.outcome = { kind: "refused", why: "away", reason: "NATS is away" };
    expect(await give({ by: "kim", value: 1 })).toEqual({ kind: "failed", text: "NATS is away" });
    const nobody = "http://127.0.0.1:1";
    expect(await readDocuments([nobody, base], "migration")).toMatchObject({ machine: "mainpc", documents: [{}] });
    store.unread = "not read yet";
    expect(await readDocuments([nobody, base], "migration")).toBeUndefined();
  });
});
