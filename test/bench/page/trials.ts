/** What is measured, one trial each: a hub judges something, and both pages come to show it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Stage } from "../../../ops/chaos/stage.ts";
import { askFleet, findAgent, setFault } from "../../../ops/local/agents/directory.ts";
import { until } from "../../support/until.ts";
import { atHome, crashAll, find, service, well } from "../failover/trials.ts";
import { judgedMs, type LogLine } from "./hub-log.ts";
import type { PageReader, Sign } from "./reader.ts";

export interface Pages {
  stage: Stage;
  dataDir: string;
  /** Of pc2: the one that is made to fail. */
  agent: string;
  /** By machine whose hub serves it. */
  readers: Record<"mainpc" | "pc2", PageReader>;
}

/** By measure; undefined when it did not come. */
export type Took = Record<string, number | undefined>;

/** An agent is given up 5 s before its alert. */
const deadlineMs = 30_000;
/** What a page does when it is opened is over, ms. */
const quietMs = 1_000;
const inMs = (seenMs: number | undefined, judged: number | undefined) =>
  seenMs === undefined || judged === undefined ? undefined : Math.max(0, seenMs - judged);

/** The agent says that it fails: pc2's hub judges it, and 5 s later raises an alert. */
export async function unhealthy({ stage, dataDir, agent: name, readers }: Pages): Promise<Took> {
  const id = `pc2/${name}`;
  const tile = { selector: `.tile.is-trouble[data-agent="${id}"]` };
  const row = { selector: ".alerts li", holds: [id] };
  const [ownTile, peerTile, ownRow, peerRow] = await Promise.all([
    readers.pc2.watch(tile, deadlineMs),
    readers.mainpc.watch(tile, deadlineMs),
    readers.pc2.watch(row, deadlineMs),
    readers.mainpc.watch(row, deadlineMs),
  ]);
  const found = findAgent(await askFleet(dataDir), name, "pc2");
  const sinceMs = Date.now();
  await setFault(found, { kind: "faulty", status: "error", message: "failing for a measurement" });
  const [own, peer, alertOwn, alertPeer] = await Promise.all([ownTile.seen, peerTile.seen, ownRow.seen, peerRow.seen]);
  const isTurn = (line: LogLine) => line.event === "health.turned" && line.agent === id && line.to === "unhealthy";
  const judged = judgedMs(stage, "pc2", sinceMs, isTurn);
  // The record's own stamp: when the hub that raised it decided so.
  const raised = await readers.pc2.read(`.alerts li:has-text("${id}") time`, "datetime");
  const raisedMs = raised === undefined ? undefined : Date.parse(raised);
  await setFault(found, { kind: "none" });
  await settle(stage, readers, tile, row);
  return {
    "agent unhealthy, own page": inMs(own, judged),
    "agent unhealthy, peer's page": inMs(peer, judged),
    "alert raised, own page": inMs(alertOwn, raisedMs),
    "alert raised, peer's page": inMs(alertPeer, raisedMs),
  };
}

/** The service is ordered to its standby and back; measured from the word of the hub that gets it. */
export async function moved({ stage, readers }: Pages): Promise<Took> {
  const { home, standby, epoch } = await find(stage, "mainpc");
  const away = await order({ stage, readers }, home, standby, epoch + 1);
  const back = await order({ stage, readers }, standby, home, epoch + 2);
  await settle(stage, readers, { selector: ".lane", holds: [service, `away on ${standby}`] });
  return {
    "service moved away, new owner's page": away.atNew,
    "service moved away, old owner's page": away.atOld,
    "service moved home, new owner's page": back.atNew,
    "service moved home, old owner's page": back.atOld,
  };
}

async function order(
  { stage, readers }: Pick<Pages, "stage" | "readers">,
  from: string,
  to: string,
  epoch: number,
): Promise<Record<"atNew" | "atOld", number | undefined>> {
  // The new owner and its epoch; whether it acts already is another thing, and takes as long as it takes.
  const sign = { selector: ".lane", holds: [service, `epoch ${epoch}`] };
  const [seenAtNew, seenAtOld] = await Promise.all(
    [to, from].map((machine) => readerOf(readers, machine).watch(sign, deadlineMs)),
  );
  const sinceMs = Date.now();
  const url = `${stage.machine(from).hubUrl}/api/v1/services/${service}/switchover`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ to }) });
  if (!answer.ok) throw new Error(`the switchover was refused: ${answer.status} ${await answer.text()}`);
  const [atNew, atOld] = await Promise.all([seenAtNew?.seen, seenAtOld?.seen]);
  await owned(stage, to);
  const isMove = (line: LogLine) => line.event === "service.moved" && line.service === service && line.to === to;
  const judged = judgedMs(stage, to, sinceMs, isMove);
  return { atNew: inMs(atNew, judged), atOld: inMs(atOld, judged) };
}

/** Acts there, by both hubs' word: the next order would be refused before. */
async function owned(stage: Stage, machine: string): Promise<void> {
  for (const { name } of stage.machines)
    await until(`${service} to act on ${machine}, by ${name}'s word`, async () => {
      const { owner, state } = await find(stage, name);
      return owner === machine && (state === "home" || state === "away");
    });
}

function readerOf(readers: Pages["readers"], machine: string): PageReader {
  const reader = new Map(Object.entries(readers)).get(machine);
  if (reader === undefined) throw new Error(`no page of ${machine} is open`);
  return reader;
}

/** pc2's hub is killed: measured from mainpc's verdict. The page that it served goes on from the other hub. */
export async function killed({ stage, readers }: Pages): Promise<Took> {
  const sign = { selector: "article.machine:has(#machine-pc2) .part.is-trouble", holds: ["Hub"] };
  const [own, orphan] = await Promise.all([
    readers.mainpc.watch(sign, deadlineMs),
    readers.pc2.watch(sign, deadlineMs),
  ]);
  const sinceMs = Date.now();
  await crashAll(stage.children("pc2", "hub"));
  const [seen, orphanSeen] = await Promise.all([own.seen, orphan.seen]);
  const isVerdict = (line: LogLine) => line.event === "machine.judged" && line.name === "pc2" && line.hub === "dead";
  const judged = judgedMs(stage, "mainpc", sinceMs, isVerdict);
  await stage.reviveAll("pc2");
  await settle(stage, readers, sign);
  return { "peer's hub killed, page": inMs(seen, judged), "peer's hub killed, its own page": inMs(orphanSeen, judged) };
}

/** Both hubs say that all is as it should be, and neither page shows these any more: of the pair's other troubles, such as a spent budget, there may be some. */
async function settle(stage: Stage, readers: Pages["readers"], ...signs: Sign[]): Promise<void> {
  await well(stage);
  await atHome(stage);
  for (const reader of Object.values(readers)) {
    // It went over to the other hub, and comes back in its own time.
    await reader.reload();
    for (const sign of signs) await reader.gone(sign);
  }
  await pause(quietMs);
}
