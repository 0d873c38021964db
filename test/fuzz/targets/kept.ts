/** What hubs keep and others write: documents, files of tokens, and the sessions that browsers show. */
import { createHash, createHmac } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { TokenFile } from "../../../hub/access/token-file.ts";
import { OperatorTokens, PushTokens, whyNotWrite } from "../../../hub/core/access/tokens.ts";
import { isLater, readStored, revisionOf, storedText } from "../../../hub/core/document.ts";
import { Documents } from "../../../hub/core/documents.ts";
import { createLog } from "../../../hub/io/log.ts";
import { openSession, Session, sealSession } from "../../../hub/session/session-token.ts";
import { holds, jsonOf, type Outcome, type Subject, same, type Target } from "../engine/target.ts";

const nowMs = 1_700_000_000_000;
const silent = createLog("fuzz", () => {});
/** A write at one of two hubs, or the text of the other one's bucket. */
const Deed = z.union([
  z.object({
    hub: z.number(),
    kind: z.string(),
    key: z.string(),
    by: z.string(),
    value: z.unknown(),
    replaces: z.unknown(),
  }),
  z.object({ stored: z.unknown() }),
]);
const limits = { kinds: 3, perKind: 4, totalBytes: 4_000 };

const all = (documents: Documents) => [...documents.all()].map(storedText).toSorted();

function documents(input: Buffer): Outcome {
  const hubs = [new Documents("mainpc", limits), new Documents("pc2", limits)] as const;
  const merged: string[] = [];
  for (const [i, line] of input.toString().split("\n").slice(0, 30).entries()) {
    const deed = Deed.safeParse(jsonOf(Buffer.from(line))).data;
    if (deed === undefined) continue;
    if ("stored" in deed) {
      const document = readStored(typeof deed.stored === "string" ? deed.stored : (JSON.stringify(deed.stored) ?? ""));
      if (typeof document === "string") continue;
      same(readStored(storedText(document)), document, "a document written and read again");
      if (hubs[0].whyNotPeers(document, nowMs) !== undefined) continue;
      hubs[0].merge(document);
      merged.push(storedText(document));
      continue;
    }
    const hub = hubs[deed.hub === 1 ? 1 : 0];
    const before = all(hub);
    const present = hub.get(deed.kind, deed.key);
    const replaces =
      deed.replaces === "present" && present !== undefined
        ? revisionOf(present)
        : deed.replaces === null
          ? null
          : undefined;
    const draft = hub.draft({ ...deed, replaces }, nowMs + i);
    same(all(hub), before, "after a draft");
    if (draft.kind !== "draft") continue;
    const { document } = draft;
    if (present !== undefined)
      holds(isLater(revisionOf(document), revisionOf(present)), "a write is not later than what stood there");
    holds(hub.merge(document), "a draft is not taken");
    merged.push(storedText(document));
  }
  for (const text of [...merged.toReversed(), ...merged]) {
    const document = readStored(text);
    holds(typeof document !== "string", `a document that was held cannot be read: ${text.slice(0, 100)}`);
    for (const hub of hubs) hub.merge(document);
  }
  same(all(hubs[1]), all(hubs[0]), "the documents of both hubs");
  holds(hubs[0].count === all(hubs[0]).length, "another number of documents than there are");
  return merged.length > 0 ? "taken" : "refused";
}

/** The file as a hub reads it, and the groups that each of its holders may write. */
function openTokens(): Subject {
  const folder = mkdtempSync(join(tmpdir(), "tandem-fuzz-tokens-"));
  const path = join(folder, "tokens.json");
  writeFileSync(path, "");
  chmodSync(path, 0o600);
  const run = async (input: Buffer): Promise<Outcome> => {
    writeFileSync(path, input);
    const parsed = PushTokens.safeParse(jsonOf(Buffer.from(input.toString())));
    const file = new TokenFile({ path, schema: PushTokens, log: silent });
    await file.open();
    file.stop();
    holds(file.size === (parsed.data?.tokens.length ?? 0), "the file lets others in than it names");
    OperatorTokens.safeParse(jsonOf(input));
    for (const token of parsed.data?.tokens ?? [])
      for (const job of ["a", token.jobs[0]?.replace("*", "") || "b"]) {
        const why = whyNotWrite(token, [["job", job]]);
        const isNamedSo = `${token.name} ${token.jobs.join(" ")}`.includes(token.sha256);
        holds(why === undefined || isNamedSo || !why.includes(token.sha256), "a refusal repeats the hash of a token");
      }
    return parsed.success ? "taken" : "refused";
  };
  return { run, close: async () => rmSync(folder, { recursive: true, force: true }) };
}

const key = Buffer.alloc(32, 7);
const mac = (payload: string) =>
  createHmac("sha256", key).update(`tandem session of mainpc: ${payload}`).digest("base64url");

/** A cookie as it is, and its beginning under a right seal, as a key that leaked would make it. */
function session(input: Buffer): Outcome {
  const text = input.toString("latin1");
  const strange = openSession(text, "mainpc", key, nowMs);
  const [payload = ""] = text.split(".");
  holds(
    strange === undefined || `${payload}.${mac(payload)}` === sealSession(strange, "mainpc", key),
    "a session that nobody sealed",
  );
  const sealed = openSession(`${text}.${mac(text)}`, "mainpc", key, nowMs);
  const plain = Session.safeParse(jsonOf(Buffer.from(text, "base64url"))).data;
  same(
    text.includes(".") ? undefined : plain && plain.untilMs > nowMs ? plain : undefined,
    sealed,
    "the session that was sealed",
  );
  if (sealed === undefined) return "refused";
  same(openSession(sealSession(sealed, "mainpc", key), "mainpc", key, nowMs), sealed, "sealed again");
  holds(openSession(sealSession(sealed, "mainpc", key), "pc2", key, nowMs) === undefined, "another machine lets it in");
  return "taken";
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const stored = (value: unknown) => ({
  v: 1,
  kind: "migration",
  key: "mainpc/A",
  at: { wallMs: nowMs, counter: 1 },
  machine: "pc2",
  by: "ann",
  value,
});
const deeds = [
  { hub: 0, kind: "migration", key: "mainpc/A", by: "ann", value: { step: 1 } },
  { hub: 1, kind: "migration", key: "mainpc/A", by: "bob", value: [1, null, "x"], replaces: "present" },
  { hub: 0, kind: "drill", key: "b", by: "ann", value: "", replaces: null },
  { stored: JSON.stringify(stored({ deep: [[[]]] })) },
  { stored: stored(3) },
];
const token = { name: "pc2/Tutor", sha256: hash("a"), jobs: ["tutor-*", "a"], machines: ["pc2"] };

export const targets: readonly Target[] = [
  {
    name: "documents",
    about: "writes of documents at both hubs, and texts of their buckets",
    form: "json",
    tokens: [
      "hub",
      "kind",
      "key",
      "by",
      "value",
      "replaces",
      "present",
      "stored",
      "v",
      "at",
      "wallMs",
      "counter",
      "machine",
      "a/b",
      "__proto__",
    ],
    seeds: () => [deeds.map((deed) => JSON.stringify(deed)).join("\n"), ...deeds.map((deed) => JSON.stringify(deed))],
    covers: /^hub\/core\/documents?\.ts/,
    stretchBytes: 131_072,
    open: () => ({ run: documents }),
  },
  {
    name: "tokens",
    about: "files of tokens, as an operator writes them",
    form: "json",
    tokens: ["v", "tokens", "name", "sha256", "jobs", "machines", hash("a"), hash("b"), "*", "tutor-*"],
    seeds: () => [
      JSON.stringify({ v: 1, tokens: [token, { ...token, name: "b", sha256: hash("b") }] }),
      JSON.stringify({ v: 1, tokens: [] }),
    ],
    covers: /^hub\/(core\/access|access)/,
    open: openTokens,
  },
  {
    name: "session",
    about: "cookies of sessions, under a right seal and a wrong one",
    form: "bytes",
    tokens: [".", "=", Buffer.from('{"id":"a","by":"b","untilMs":1800000000000}').toString("base64url")],
    seeds: () => [
      Buffer.from('{"id":"a","by":"b","untilMs":1800000000000}').toString("base64url"),
      sealSession({ id: "a", by: "ann", untilMs: nowMs + 1 }, "mainpc", key),
    ],
    covers: /^hub\/session\/session-token/,
    open: () => ({ run: session }),
  },
];
