import { afterEach, describe, expect, it } from "vitest";
import { ClientBook } from "../../../hub/core/client-book.ts";
import type { AppendOutcome } from "../../../hub/io/journal.ts";
import { NumberedPushes } from "../../../hub/io/numbered-pushes.ts";
import { until } from "../../support/until.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

/** What the journal answers, and when, is up to the test. */
async function start(store: (seq: number) => Promise<AppendOutcome>) {
  const book = new ClientBook();
  let [asked, stored] = [0, 0];
  const numbered = new NumberedPushes({
    machine: "mainpc",
    book,
    append: async (push) => {
      const outcome = await store(++stored);
      if (outcome.kind === "stored" || outcome.kind === "spooled") book.note(push, "mainpc");
      return outcome;
    },
    newest: () => ({ incarnation: "i1", seq: stored }),
  });
  const server = await startPushServer({
    append: (push) => {
      asked++;
      return numbered.append(push);
    },
    known: (push) => numbered.known(push),
  });
  return { server, book, asked: () => asked, stored: () => stored };
}

const position = { incarnation: "i1", seq: 1 };

describe("pushes that their client has numbered", () => {
  let server: PushServer | undefined;
  afterEach(async () => server?.close());

  const push = async (headers: Record<string, string>, body = "m 1\n", method = "PUT") => {
    const init = { method, headers, ...(method === "DELETE" ? {} : { body }) };
    const answer = await fetch(`${server?.url}/metrics/job/a`, init);
    return `${answer.status} ${answer.headers.get("tandem-replication")} ${answer.headers.get("tandem-replay")}`;
  };
  const number = (seq: string, client = "backup") => ({ "tandem-client": client, "tandem-seq": seq });

  it("are stored once however often they come, and each repetition is answered with 200 and Tandem-Replay: true", async () => {
    const made = await start(async () => ({ kind: "stored", position }));
    server = made.server;
    expect(await push(number("1"))).toBe("200 peer null");
    expect(await push(number("1"))).toBe("200 peer true");
    expect(await push(number("2"), "m 2\n")).toBe("200 peer null");
    expect(await push(number("3"), "", "DELETE")).toBe("202 peer null");
    expect(await push(number("3"), "", "DELETE")).toBe("202 peer true");
    expect(made.stored()).toBe(3);
  });

  it("are stored once when the retry comes while the first one is under way", async () => {
    let finish = () => {};
    const begun = new Promise<void>((resolve) => (finish = resolve));
    const made = await start(async () => {
      await begun;
      return { kind: "stored", position };
    });
    server = made.server;
    const both = [push(number("1")), push(number("1"))];
    await until("both to be there", () => made.asked() === 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.stored()).toBe(1);
    finish();
    expect((await Promise.all(both)).toSorted()).toEqual(["200 peer null", "200 peer true"]);
    expect(made.stored()).toBe(1);
  });

  it("are tried again when the first one was not stored", async () => {
    const made = await start(async (nth) =>
      nth === 1 ? { kind: "full", reason: "no room" } : { kind: "stored", position },
    );
    server = made.server;
    expect(await push(number("1"))).toBe("507 null null");
    expect(await push(number("1"))).toBe("200 peer null");
  });

  it("say peer without a wait when the other hub took the first one, as its record came from there", async () => {
    const made = await start(async () => ({ kind: "stored", position }));
    server = made.server;
    made.book.note({ op: "put", group: [["job", "a"]], body: "m 1\n", client: { name: "backup", seq: 1 } }, "pc2");
    expect(await push(number("1"))).toBe("200 peer true");
    expect(made.stored()).toBe(0);
  });

  it("get 409 when the number was given to another push before", async () => {
    server = (await start(async () => ({ kind: "stored", position }))).server;
    await push(number("1"));
    expect(await push(number("1"), "m 2\n")).toBe("409 null null");
  });

  it.each([
    ["a client without a number", { "tandem-client": "backup" }],
    ["a number without a client", { "tandem-seq": "1" }],
    ["number 0", number("0")],
    ["number -1", number("-1")],
    ["number 1.5", number("1.5")],
    ["number 1e3", number("1e3")],
    ["a number of 20 digits", number("1".repeat(20))],
    ["an empty client", number("1", "")],
    ["a client of 101 letters", number("1", "a".repeat(101))],
    ["a client with a blank in it", number("1", "a b")],
  ])("get 400 with %s, and nothing is stored", async (_, headers) => {
    const made = await start(async () => ({ kind: "stored", position }));
    server = made.server;
    expect(await push(headers)).toBe("400 null null");
    expect(made.stored()).toBe(0);
  });
});
