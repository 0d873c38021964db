import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { type Beat, maxMessageBytes, seal, type Word } from "../../../hub/judge/beat.ts";
import { BeatExchange } from "../../../hub/judge/beat-exchange.ts";
import { BeatKeys } from "../../../hub/judge/beat-keys.ts";
import { frame } from "../../../hub/judge/frames.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import { smallConfig } from "../small-config.ts";

const host = "127.0.0.1";
const log = createLog("test", () => {});
const sender = { v: 1, machine: "pc2", incarnation: "p1" } as const;

/** pc2's key; the test says what it, or somebody in its place, sends to mainpc's judge. */
const key = randomBytes(32);
let exchange: BeatExchange;
let port: number;
let heard: string[];

beforeEach(async () => {
  const [own = 0, peers = 0, nowhere = 0] = await freePorts(3);
  const config = smallConfig();
  Object.assign(config.machine, { beats: { host, port: own }, nats: { host, port: nowhere } });
  Object.assign(config.peer, { beats: { host, port: peers } });
  const keys = new BeatKeys(undefined, log);
  keys.learn(key);
  [port, heard] = [own, []];
  exchange = new BeatExchange({
    config,
    incarnation: "m1",
    keys,
    log,
    clock: monoMs,
    heard: ({ counter }, path, { old }) => void heard.push(`beat ${counter} by ${path}${old ? ", old" : ""}`),
    word: (word) => void heard.push(`word ${JSON.stringify(word)}`),
    refused: () => {},
  });
  await exchange.open();
  exchange.beat({ lagMs: 0, mainStuck: false, digest: "" }, []);
});
afterEach(() => exchange.stop());

const beat = (counter: number): Beat => {
  const echo = { incarnation: "m1", counter: 1 };
  return { ...sender, kind: "beat", counter, lagMs: 0, mainStuck: false, digest: "", echo };
};
const word = (counter: number): Word => ({ ...sender, kind: "word", counter, word: counter });

/** All in one connection, one behind the other. */
function sendTcp(...frames: Buffer[]): void {
  const socket = connect(port, host, () => socket.end(Buffer.concat(frames)));
  socket.on("error", () => {});
}
let refused = 0;
const refusals = (count: number) =>
  until(`${count} refusals`, () => {
    refused += exchange.takeRefused();
    return refused === count;
  });
beforeEach(() => {
  refused = 0;
});

it("replayed and reordered beats and words of the peer do nothing, whichever path they take", async () => {
  const [first, second, third] = [1, 2, 3].map((counter) => seal(beat(counter), key));
  const words = [1, 2].map((counter) => frame(seal(word(counter), key)));
  if (!first || !second || !third || !words[0] || !words[1]) throw new Error("three and two");
  sendTcp(frame(first), frame(third), words[1], frame(second), frame(first), words[0], words[1], frame(third));
  await until("the last one's", () => heard.length >= 3);
  sendTcp(frame(seal(beat(4), key)));
  await until("a later one", () => heard.includes("beat 4 by tcp"));
  const socket = createSocket("udp4");
  for (const bytes of [first, third]) socket.send(bytes, port, host);
  await until("the same by another path", () => heard.length >= 6);
  socket.close();
  const anew = ["beat 1 by tcp", "beat 3 by tcp", "word 2", "beat 4 by tcp"];
  expect(heard).toEqual([...anew, "beat 1 by udp, old", "beat 3 by udp, old"]);
  // They bear the right seal, and come twice from an honest peer, too.
  expect(exchange.takeRefused()).toBe(0);
});

it("forged beats and words are refused and counted: by another key, in another machine's name, changed on their way", async () => {
  const changed = seal(word(1), key);
  changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
  const forged = [seal(beat(1), randomBytes(32)), seal({ ...beat(2), machine: "mainpc" }, key), changed];
  sendTcp(...forged.map(frame));
  await refusals(3);
  const socket = createSocket("udp4");
  socket.send(forged[0] ?? "", port, host);
  await refusals(4);
  socket.close();
  sendTcp(frame(seal(beat(5), key)));
  await until("the peer's own", () => heard.length > 0);
  expect(heard).toEqual(["beat 5 by tcp"]);
});

it("oversized words are refused and counted before they are waited for, though they are the peer's", async () => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(maxMessageBytes + 1);
  sendTcp(frame(seal(beat(1), key)), length);
  await refusals(1);
});
