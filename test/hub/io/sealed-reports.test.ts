import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Heartbeat } from "../../../hub/core/heartbeat.ts";
import { createPastApi } from "../../../hub/http/past-api.ts";
import { askPeer } from "../../../hub/io/ask-peer.ts";
import { HeartbeatReceiver } from "../../../hub/io/heartbeat-receiver.ts";
import { HeartbeatSender, heartbeatPath } from "../../../hub/io/heartbeat-sender.ts";
import { createLog } from "../../../hub/io/log.ts";
import { type SealedEnd, sealedPair } from "../../support/seals.ts";
import { until } from "../../support/until.ts";

const words = { incarnation: "i1", wallMs: 0, lagMs: 0, copied: {}, holdings: {}, agents: [] };
type Front = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Whoever answers at an address; `front` may change while it does. */
class Place {
  front: Front = () => {};
  asked = 0;
  readonly #server: Server = createServer((request, response) => {
    this.asked++;
    response.on("error", () => {});
    void this.front(request, response);
  });

  async open(front: Front): Promise<this> {
    this.front = front;
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return this;
  }

  get address() {
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port }; // it listens on TCP
  }

  cut(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let mainpc: SealedEnd;
let pc2: SealedEnd;
/** pc2's hub, and what mainpc takes for it. */
let hub: Place;
let peer: Place;
let sender: HeartbeatSender;
let receiver: HeartbeatReceiver;
let heard: Heartbeat[];

beforeEach(async () => {
  ({ mainpc, pc2 } = sealedPair());
  heard = [];
  sender = new HeartbeatSender({
    machine: "pc2",
    peerHost: "127.0.0.1",
    seals: pc2.seals,
    intervalMs: 20,
    compose: () => words,
  });
  hub = await new Place().open((request, response) => sender.serve(request, response));
  peer = await new Place().open(hub.front);
  receiver = receiverAt(peer, mainpc, (beat) => heard.push(beat));
});

afterEach(async () => {
  receiver.stop();
  sender.stop();
  await Promise.all([hub.close(), peer.close()]);
});

const receiverAt = ({ address }: Place, { seals }: SealedEnd, take: (beat: Heartbeat) => unknown) =>
  new HeartbeatReceiver({
    peer: "pc2",
    address,
    seals,
    log: createLog("test", () => {}),
    heard: (beat) => void take(beat),
  });

const refused = () => mainpc.refused.of("report");

function linesOf(answer: IncomingMessage, take: (line: string) => void): void {
  createInterface({ input: answer })
    .on("error", () => {})
    .on("line", take);
}

/** Asks pc2's hub what it was asked, and answers with what is made of the lines. */
const between =
  (change: (line: string, place: number) => string[], noted: string[] = []): Front =>
  (request, response) => {
    const asked = get({ ...hub.address, path: request.url, headers: request.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      linesOf(answer, (line) => {
        noted.push(line);
        for (const changed of change(line, noted.length)) response.write(`${changed}\n`);
      });
    });
    asked.on("error", () => {});
    response.on("close", () => asked.destroy());
  };

describe("reports over HTTP where NATS knows who speaks", () => {
  it("are taken from the peer's hub, also by way of somebody who only carries them", async () => {
    receiver.start();
    await until("some", () => heard.length >= 3);
    const before = heard.length;
    peer.front = between((line) => [line]);
    peer.cut();
    await until("some more", () => peer.asked === 2 && heard.length >= before + 3);
    expect([heard[0], refused()]).toEqual([{ v: 1, machine: "pc2", counter: heard[0]?.counter, ...words }, 0]);
  });

  it("without a seal change nothing and are counted: of somebody at the peer's address, or of an older hub", async () => {
    peer.front = (_, response) => {
      response.writeHead(200);
      response.write(`${JSON.stringify({ v: 1, machine: "pc2", counter: 1, ...words })}\n`);
    };
    receiver.start();
    await until("refusals of two streams", () => refused() >= 2, 20_000);
    expect([heard, peer.asked >= 2]).toEqual([[], true]);
    peer.front = hub.front;
    await until("the true ones", () => heard.length >= 2);
  });

  it("are refused where somebody goes over to another stream of that hub that he has asked for with the same nonce", async () => {
    peer.front = (request, response) => {
      response.writeHead(200);
      const asking = { ...hub.address, path: request.url, headers: request.headers, agent: false };
      let [ofFirst, ofSecond] = [0, 0];
      const first = get(asking, (answer) =>
        linesOf(answer, (line) => {
          if (++ofFirst <= 2) response.write(`${line}\n`);
        }),
      );
      // Begun later, so that the places that fit are of later reports.
      const second = setTimeout(() => {
        const later = get(asking, (answer) =>
          linesOf(answer, (line) => {
            if (++ofSecond > 2) response.write(`${line}\n`);
          }),
        );
        later.on("error", () => {});
        response.on("close", () => later.destroy());
      }, 200);
      first.on("error", () => {});
      response.on("close", () => {
        clearTimeout(second);
        first.destroy();
      });
    };
    receiver.start();
    await until("a refusal", () => refused() >= 1, 20_000);
    expect(heard.map(({ counter }, i) => counter - (heard[0]?.counter ?? 0) - i)).toEqual([0, 0]);
  });

  it("forged are refused: words that were changed, and seals by another key", async () => {
    peer.front = between((line) => [line.replace('"lagMs":0', '"lagMs":9')]);
    receiver.start();
    await until("a refusal", () => refused() >= 1, 20_000);
    pc2.seals.learn({ sealing: [randomBytes(32)], peer: mainpc.key });
    pc2.seals.learn({ sealing: [randomBytes(32)], peer: mainpc.key });
    peer.front = hub.front;
    const before = refused();
    await until("another one", () => refused() > before, 20_000);
    expect(heard).toEqual([]);
  });

  it("replayed are refused: a stream that was recorded answers no later question", async () => {
    const recorded: string[] = [];
    peer.front = between((line) => [line], recorded);
    receiver.start();
    await until("a record of it", () => recorded.length >= 5 && heard.length >= 5);
    peer.front = (_, response) => {
      response.writeHead(200);
      response.write(`${recorded.join("\n")}\n`);
    };
    await hub.close();
    const before = refused();
    await until("a refusal", () => refused() > before, 20_000);
    hub = await new Place().open(hub.front);
    // Each counter once: what was played again is not among them.
    expect(new Set(heard.map(({ counter }) => counter)).size).toBe(heard.length);
  });

  it.each([
    [
      "reordered",
      (line: string, place: number, last: string) => (place === 3 ? [line, last] : place === 2 ? [] : [line]),
    ],
    ["left out", (line: string, place: number) => (place === 2 ? [] : [line])],
    ["said twice", (line: string, place: number) => (place === 2 ? [line, line] : [line])],
  ])("%s within a stream end it, and what follows does not count", async (_, change) => {
    let last = "";
    const noted: string[] = [];
    const asTold = between((line, place) => {
      const changed = change(line, place, last);
      last = line;
      return changed;
    }, noted);
    peer.front = (...asked) => {
      // Later streams bring nothing.
      peer.front = () => {};
      asTold(...asked);
    };
    receiver.start();
    await until("a refusal", () => refused() === 1);
    expect(heard.length).toBeLessThanOrEqual(2);
    expect(heard.length).toBeGreaterThanOrEqual(1);
  });

  it("go on in the same stream while the key is renewed, whichever of the two the peer knows", async () => {
    const next = randomBytes(32);
    receiver.start();
    const more = async (what: string) => {
      const before = heard.length;
      await until(what, () => heard.length >= before + 3);
    };
    await more("the first key");
    pc2.seals.learn({ sealing: [pc2.key, next], peer: mainpc.key });
    await more("both, of which the first is known");
    const told = [next];
    pc2.seals.learn({ sealing: told, peer: mainpc.key });
    await more("the next one alone, of which the peer's main thread has not heard");
    mainpc.seals.learn({ sealing: [mainpc.key], peer: next });
    await more("the next one");
    expect([peer.asked, refused()]).toEqual([1, 0]);
  });

  it("are not asked for before the peer's key is known", async () => {
    mainpc.seals.learn({ sealing: [mainpc.key], peer: undefined });
    receiver.start();
    const knowing = sealedPair().mainpc;
    knowing.seals.learn({ sealing: [], peer: pc2.key });
    let heardByOther = 0;
    const other = receiverAt(peer, knowing, () => heardByOther++);
    other.start();
    await until("what another one hears that knows the key", () => heardByOther >= 20);
    other.stop();
    expect([peer.asked, heard.length, refused()]).toEqual([1, 0, 0]);
    mainpc.seals.learn({ sealing: [mainpc.key], peer: pc2.key });
    await until("the first", () => heard.length > 0);
  });

  it("are plain lines for whoever asks for no seals, as a hub of an older version does", async () => {
    const [answer] = (await once(get({ ...hub.address, path: heartbeatPath, agent: false }), "response")) as [
      IncomingMessage,
    ];
    const line = await new Promise<string>((resolve) => linesOf(answer, resolve));
    expect(JSON.parse(line)).toMatchObject({ v: 1, machine: "pc2" });
  });
});

describe("what one hub asks the other for", () => {
  const Told = z.object({ from: z.number() });
  const ask = (from: number) =>
    askPeer(Told, {
      dial: { request },
      ...peer.address,
      path: `/internal/v1/history?from=${from}&minutes=1`,
      deadlineMs: 5_000,
      maxBytes: 10_000,
      seals: mainpc.seals,
      signal: new AbortController().signal,
    });

  beforeEach(() => {
    const never = () => expect.unreachable();
    const api = createPastApi({
      seals: pc2.seals,
      objectives: { isRead: true, view: never, counts: never },
      history: { isRead: true, view: never, agents: never, tell: (from) => ({ from, word: "ä" }) },
    });
    hub.front = api;
    peer.front = api;
  });

  it("is taken with the peer's seal on this very question", async () => {
    expect([await ask(7), refused()]).toEqual([{ from: 7 }, 0]);
  });

  it("is refused without one, with one of another question, and with one of an earlier answer", async () => {
    peer.front = (_, response) => response.end('{"from":1}');
    await expect(ask(1)).rejects.toThrow(/no seal of the peer's hub/);

    const carry = (path: string | undefined, { headers }: IncomingMessage, response: ServerResponse) =>
      get({ ...hub.address, path, headers: { ...headers, connection: "close" }, agent: false }, (answer) => {
        response.writeHead(200, answer.headers);
        answer.pipe(response);
      });
    peer.front = (request, response) => carry("/internal/v1/history?from=9&minutes=1", request, response);
    await expect(ask(1)).rejects.toThrow(/no seal of the peer's hub/);

    let first: IncomingMessage | undefined;
    peer.front = (request, response) => {
      first ??= request;
      carry(request.url, first, response);
    };
    expect(await ask(1)).toEqual({ from: 1 });
    await expect(ask(1)).rejects.toThrow(/no seal of the peer's hub/);
    expect(refused()).toBe(3);
  });
});
