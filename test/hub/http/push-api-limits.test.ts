/** What passes a limit is refused with words and a number, leaves nothing behind, and is counted. */
import { request } from "node:http";
import { afterEach, expect, it } from "vitest";
import { type LimitName, limitNames, type PushLimits } from "../../../hub/core/push-limits.ts";
import { limitStatus } from "../../../hub/http/limit-answers.ts";
import { until } from "../../support/until.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

let hub: PushServer;
afterEach(() => hub.close());

type Deed = [method: string, path: string, body?: string];

const series = (count: number, name = "x") => Array.from({ length: count }, (_, i) => `${name}{a="${i}"} 1\n`).join("");
const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i} 1\n`).join("");
const at = (path: string) => `/metrics/job/${path}`;

interface Case {
  limits: Partial<PushLimits>;
  /** Taken. */
  before: Deed[];
  refused: Deed;
  says: string;
  /** Taken all the same: it adds nothing, or is another's. */
  after: Deed[];
}

const cases: Partial<Record<LimitName, Case>> = {
  seriesPerPush: {
    limits: { seriesPerPush: 3 },
    before: [["PUT", at("a"), series(3)]],
    refused: ["PUT", at("a"), series(4)],
    says: "line 4: it has more than 3 series (limits.seriesPerPush); split it by metric names with POST",
    after: [["POST", at("a"), series(3, "y")]],
  },
  familiesPerPush: {
    limits: { familiesPerPush: 3 },
    before: [["PUT", at("a"), names(3)]],
    refused: ["PUT", at("a"), names(4)],
    says: "line 4: it has more than 3 metric names (limits.familiesPerPush); split it",
    after: [["PUT", at("a"), series(4)]],
  },
  textCharactersPerPush: {
    limits: { textCharactersPerPush: 4_000 },
    before: [["PUT", at("a"), series(50)]],
    refused: ["PUT", at(`a/path/${"p".repeat(100)}`), series(50)],
    says: "with the group's labels on every line the push is longer than 4000 characters (limits.textCharactersPerPush); shorten the group's path",
    after: [["PUT", at(`a/path/${"p".repeat(100)}`), series(5, "y")]],
  },
  seriesPerGroup: {
    limits: { seriesPerGroup: 5 },
    before: [["POST", at("a"), series(4)]],
    refused: ["POST", at("a"), series(2, "y")],
    says: "its group would have 6 series, and 5 is the most (limits.seriesPerGroup); push under another instance",
    after: [["PUT", at("a"), series(5, "y")]],
  },
  groupingLabels: {
    limits: { groupingLabels: 2 },
    before: [["PUT", at("a/b/c"), "x 1\n"]],
    refused: ["PUT", at("a/b/c/d/e"), "x 1\n"],
    says: "its group has 3 labels, the job included, and 2 is the most (limits.groupingLabels)",
    after: [["PUT", at("a/d/e"), "y 1\n"]],
  },
  pathCharacters: {
    limits: { pathCharacters: 20 },
    before: [["PUT", at("a/b/c"), "x 1\n"]],
    refused: ["PUT", at(`a/b/${"c".repeat(20)}`), "x 1\n"],
    says: "the names and values of its group's labels have 25 characters, and 20 is the most (limits.pathCharacters)",
    after: [],
  },
  labelsPerSeries: {
    limits: { labelsPerSeries: 2 },
    before: [["PUT", at("a"), 'x{a="1",b="1"} 1\n']],
    refused: ["PUT", at("a"), 'x{a="1",b="1",c="1"} 1\n'],
    says: "line 1: a series of x has more than 2 labels (limits.labelsPerSeries)",
    after: [],
  },
  labelNameCharacters: {
    limits: { labelNameCharacters: 5 },
    before: [["PUT", at("a"), 'x{abcde="1"} 1\n']],
    refused: ["PUT", at("a"), 'x{abcdef="1"} 1\n'],
    says: "line 1: a label of x has more than 5 characters (limits.labelNameCharacters)",
    after: [],
  },
  labelValueCharacters: {
    limits: { labelValueCharacters: 5 },
    before: [["PUT", at("a"), 'x{a="12345"} 1\n']],
    refused: ["PUT", at("a"), 'x{a="123456"} 1\n'],
    says: "line 1: the label a of x has more than 5 characters (limits.labelValueCharacters)",
    after: [],
  },
  metricNameCharacters: {
    limits: { metricNameCharacters: 5 },
    before: [["PUT", at("a"), "abcde 1\n"]],
    refused: ["PUT", at("a"), "abcdef 1\n"],
    says: "line 1: the name abcdef has more than 5 characters (limits.metricNameCharacters)",
    after: [],
  },
  helpCharacters: {
    limits: { helpCharacters: 5 },
    before: [["PUT", at("a"), "# HELP x 12345\nx 1\n"]],
    refused: ["PUT", at("a"), "# HELP x 123456\nx 1\n"],
    says: "line 1: the help of x has more than 5 characters (limits.helpCharacters)",
    after: [],
  },
  shapesPerFamily: {
    limits: { shapesPerFamily: 2 },
    before: [
      ["PUT", at("a/b/c"), "x 1\n"],
      ["PUT", at("a/c/d"), "x 1\n"],
    ],
    refused: ["PUT", at("a/d/e"), "x 1\n"],
    says: "x would stand in 3 sets of grouping labels, and 2 is the most (limits.shapesPerFamily)",
    after: [["PUT", at("b/c/e"), "x 1\n"]],
  },
  series: {
    limits: { series: 5 },
    before: [
      ["PUT", at("a"), series(3)],
      ["PUT", at("b"), series(2)],
    ],
    refused: ["PUT", at("b"), series(3)],
    says: "all groups would have 6 series, and 5 is the most (limits.series); delete old groups",
    after: [
      ["PUT", at("b"), series(2, "y")],
      ["DELETE", at("a")],
      ["PUT", at("b"), series(5)],
    ],
  },
  seriesPerJob: {
    limits: { seriesPerJob: 5 },
    before: [["PUT", at("a/i/1"), series(3)]],
    refused: ["PUT", at("a/i/2"), series(3)],
    says: 'job "a" would have 6 series, and 5 is the most (limits.seriesPerJob); push fewer',
    after: [
      ["PUT", at("a/i/1"), series(3, "y")],
      ["PUT", at("b/i/2"), series(5)],
    ],
  },
  guestSeries: {
    limits: { guestSeries: 5 },
    before: [["PUT", at("guest1"), series(3)]],
    refused: ["PUT", at("guest2"), series(3)],
    says: "the jobs that the inventory does not name would have 6 series, and 5 is the most (limits.guestSeries); delete old groups, or name the job",
    after: [["PUT", at("known"), series(10)]],
  },
  groups: {
    limits: { groups: 2 },
    before: [
      ["PUT", at("a"), "x 1\n"],
      ["PUT", at("b"), "x 1\n"],
    ],
    refused: ["PUT", at("c"), "x 1\n"],
    says: "there would be 3 groups, and 2 is the most (limits.groups); delete old ones",
    after: [
      ["PUT", at("a"), series(10)],
      ["DELETE", at("a")],
      ["PUT", at("c"), "x 1\n"],
    ],
  },
  groupsPerJob: {
    limits: { groupsPerJob: 2 },
    before: [
      ["PUT", at("a/i/1"), "x 1\n"],
      ["PUT", at("a/i/2"), "x 1\n"],
    ],
    refused: ["PUT", at("a/i/3"), "x 1\n"],
    says: 'job "a" would have 3 groups, and 2 is the most (limits.groupsPerJob)',
    after: [["PUT", at("b/i/3"), "x 1\n"]],
  },
  guestGroups: {
    limits: { guestGroups: 1 },
    before: [["PUT", at("guest1"), "x 1\n"]],
    refused: ["PUT", at("guest2"), "x 1\n"],
    says: "the jobs that the inventory does not name would have 2 groups, and 1 is the most (limits.guestGroups)",
    after: [["PUT", at("known"), "x 1\n"]],
  },
  tombstones: {
    limits: { tombstones: 1 },
    before: [["DELETE", at("never1")]],
    refused: ["DELETE", at("never2")],
    says: "with this one 2 deleted groups would be remembered, and 1 is the most (limits.tombstones); what was never pushed needs no DELETE",
    after: [
      ["PUT", at("a"), "x 1\n"],
      ["DELETE", at("a")],
      ["DELETE", at("never1")],
    ],
  },
  rememberedGroups: {
    limits: { rememberedGroups: 2 },
    before: [
      ["PUT", at("a"), "x 1\n"],
      ["DELETE", at("a")],
      ["PUT", at("b"), "x 1\n"],
    ],
    refused: ["PUT", at("c"), "x 1\n"],
    says: "3 groups would be remembered, deleted ones included, and 2 is the most (limits.rememberedGroups)",
    after: [["PUT", at("a"), "x 1\n"]],
  },
  textCharacters: {
    limits: { textCharacters: 740 },
    before: [["PUT", at("a"), series(3)]],
    refused: ["POST", at("a"), series(3, "y")],
    says: "is the most (limits.textCharacters); delete old groups",
    after: [["PUT", at("a"), series(3).replaceAll(" 1\n", " 1.2345\n")]],
  },
};

async function send([method, path, body]: Deed) {
  const answer = await fetch(hub.url + path, { method, ...(body !== undefined && { body }) });
  return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("retry-after") };
}

it.each(Object.entries(cases) as [LimitName, Case][])("%s", async (limit, { limits, before, refused, says, after }) => {
  hub = await startPushServer({ limits, jobs: new Set(["a", "b", "c", "known"]) });
  const takes = async (deeds: Deed[]) => {
    for (const deed of deeds) expect((await send(deed)).text, deed.join(" ")).toBe("");
  };
  await takes(before);
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  const answer = await send(refused);
  expect(answer).toMatchObject({ status: limitStatus[limit], text: expect.stringContaining(says) });
  expect(answer.retryAfter).toBe(answer.status === 429 ? "60" : null);
  expect([hub.appended.length, hub.fold.metricsText()]).toEqual([records, shown]);
  expect(Object.fromEntries([...hub.fold.admission.refusals].filter(([, count]) => count > 0))).toEqual({ [limit]: 1 });
  await takes(after);
});

/** Begins a push and does not end it. */
function begin(path: string, length: number, sent: string) {
  const pending = request(hub.url + path, { method: "PUT", headers: { "content-length": length } });
  const status = new Promise((resolve) => pending.on("response", (answer) => resolve(answer.resume().statusCode)));
  pending.on("error", () => {});
  pending.write(sent);
  return { pending, status };
}

it("bytesUnderWay: bodies that come slowly have others refused with 503 before they are read, until they are read or gone", async () => {
  hub = await startPushServer({ limits: { bytesUnderWay: 60_000 } });
  const { bytes, refusals } = hub.fold.admission;
  const comment = `#${"c".repeat(59_998)}\n`;
  const first = begin(at("a"), 60_004, comment);
  await until("all is taken", () => bytes.used === 60_000, 10_000);
  const answer = await send(["PUT", at("b"), "x 1\n"]);
  expect(answer).toMatchObject({
    status: 503,
    retryAfter: "1",
    text: expect.stringContaining("(limits.bytesUnderWay)"),
  });
  first.pending.end("x 1\n");
  expect(await first.status).toBe(503);
  await until("what was refused is given back", () => bytes.used === 0, 10_000);
  const second = begin(at("a"), 60_000, comment.slice(0, 30_000));
  await until("half of it is taken", () => bytes.used === 30_000, 10_000);
  expect((await send(["PUT", at("b"), comment])).status).toBe(503);
  expect((await send(["PUT", at("b"), "x 1\n"])).status).toBe(200);
  second.pending.end(comment.slice(30_000));
  expect(await second.status).toBe(200);
  begin(at("a"), 60_000, comment.slice(0, 30_000)).pending.destroy();
  await until("what is gone is given back", () => bytes.used === 0, 10_000);
  expect((await send(["PUT", at("b"), comment])).status).toBe(200);
  expect(refusals.get("bytesUnderWay")).toBeGreaterThanOrEqual(2);
});

it("each limit is tried here", () => {
  expect([...Object.keys(cases), "bytesUnderWay"].sort()).toEqual([...limitNames].sort());
});
