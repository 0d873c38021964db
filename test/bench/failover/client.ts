/** Clients of a service that ask through a route: one that waits for the other instance, and a load of many a second. */
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";

const Answer = z.object({ machine: z.string() });
const askEveryMs = 5;
const askDeadlineMs = 2_000;

/** Which machine's instance answered; undefined when none did. */
export function ask(port: number, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/health", agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(response.statusCode === 200 ? machineIn(text) : undefined));
      response.on("close", () => resolve(undefined));
    });
    asked.setTimeout(askDeadlineMs, () => asked.destroy(new Error("no answer")));
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

/** Asks without end, a new request every 5 ms, until one is answered by that machine. @returns whether it came in time */
export async function answeredBy(machine: string, port: number, deadlineMs: number): Promise<boolean> {
  const agent = new Agent({ keepAlive: true, maxSockets: 500 });
  const endMs = performance.now() + deadlineMs;
  let isThere = false;
  try {
    while (!isThere && performance.now() < endMs) {
      void ask(port, agent).then((by) => (isThere ||= by === machine));
      await pause(askEveryMs);
    }
    return isThere;
  } finally {
    agent.destroy();
  }
}

export class Load {
  sent = 0;
  failed = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #underWay = new Set<Promise<void>>();
  #running = true;

  constructor(port: number, perSecond: number) {
    void this.#run(port, perSecond);
  }

  /** Resolves when the last request is answered. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  async #run(port: number, perSecond: number): Promise<void> {
    const startMs = performance.now();
    let due = 0;
    while (this.#running) {
      for (; due < ((performance.now() - startMs) * perSecond) / 1_000; due++) {
        this.sent++;
        const asked = ask(port, this.#agent).then((by) => {
          if (by === undefined) this.failed++;
          this.#underWay.delete(asked);
        });
        this.#underWay.add(asked);
      }
      await pause(1);
    }
  }
}

/** Pushes to one hub at a steady pace until it is stopped; each is a record more. */
export class Pushes {
  /** Those that the hub acknowledged. */
  acknowledged = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();

  constructor(hubUrl: string, job: string, everyMs: number) {
    let number = 0;
    this.#timer = setInterval(() => {
      const body = `pushed ${++number}\n`;
      const asked: Promise<void> = fetch(`${hubUrl}/metrics/job/${job}`, { method: "PUT", body })
        .then(
          async (response) => {
            await response.arrayBuffer();
            if (response.ok) this.acknowledged++;
          },
          () => {},
        )
        .finally(() => this.#underWay.delete(asked));
      this.#underWay.add(asked);
    }, everyMs);
  }

  /** Resolves when the last one is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }
}

function machineIn(text: string): string | undefined {
  try {
    return Answer.parse(JSON.parse(text)).machine;
  } catch {
    return undefined;
  }
}
