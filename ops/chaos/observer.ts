/** Listens to both hubs' events and remembers each turn of a verdict, with the moment at which it was heard. */
import { z } from "zod";
import { monoMs } from "../../hub/io/mono-clock.ts";

export interface Turn {
  /** Shared monotonic time, ms. */
  atMs: number;
  /** Machine whose hub says so. */
  by: string;
  /** `pc2`, `pc2/hub`, `pc2/nats`, `pc2/pushgateway`, `pc2/<agent>`, or `sync`. */
  of: string;
  /** A verdict, a health, or a state of the copy. */
  to: string;
}

const Judged = z.object({ verdict: z.string() });
const Machine = z.object({ verdict: z.string(), hub: Judged, nats: Judged, pushgateway: Judged });
const Agent = z.object({ name: z.string(), machine: z.string(), health: z.string() });
const Sync = z.object({ state: z.string() });
/** Only what is looked at: a hub may say more. */
const Event = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("fleet"),
    fleet: z.object({ sync: Sync, machines: z.record(z.string(), Machine), agents: z.array(Agent) }),
  }),
  z.object({ type: z.literal("health"), agent: Agent }),
  z.object({ type: z.literal("machine"), name: z.string(), machine: Machine }),
  z.object({ type: z.literal("sync"), sync: Sync }),
]);

const reconnectMs = 50;

export class Observer {
  readonly turns: Turn[] = [];
  readonly #now = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(hubs: readonly { name: string; url: string }[]) {
    for (const hub of hubs) void this.#follow(hub);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** What this hub said last; undefined before its first word. */
  now(by: string, of: string): string | undefined {
    return this.#now.get(`${by} ${of}`);
  }

  /** The first turn of that kind since a moment, as soon as it comes; undefined when the signal ends the wait. */
  async next(sinceMs: number, fits: (turn: Turn) => boolean, signal: AbortSignal): Promise<Turn | undefined> {
    for (let seen = 0; ; ) {
      for (; seen < this.turns.length; seen++) {
        const turn = this.turns[seen];
        if (turn !== undefined && turn.atMs >= sinceMs && fits(turn)) return turn;
      }
      if (signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    }
  }

  async #follow({ name, url }: { name: string; url: string }): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const answer = await fetch(`${url}/api/v1/events`, { signal: this.#stop.signal });
        let text = "";
        for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
          text += chunk;
          const events = text.split("\n\n");
          text = events.pop() ?? "";
          for (const event of events) this.#heard(name, event);
        }
      } catch {
        // That hub is down, which its peer will tell of.
      }
      await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
  }

  #heard(by: string, event: string): void {
    const data = event
      .split("\n")
      .find((line) => line.startsWith("data: "))
      ?.slice("data: ".length);
    if (data === undefined) return;
    const parsed = Event.safeParse(JSON.parse(data));
    if (!parsed.success) return;
    const heard = parsed.data;
    if (heard.type === "machine") this.#machine(by, heard.name, heard.machine);
    else if (heard.type === "health") this.#agent(by, heard.agent);
    else if (heard.type === "sync") this.#turn(by, "sync", heard.sync.state);
    else {
      for (const [name, machine] of Object.entries(heard.fleet.machines)) this.#machine(by, name, machine);
      for (const agent of heard.fleet.agents) this.#agent(by, agent);
      this.#turn(by, "sync", heard.fleet.sync.state);
    }
  }

  #agent(by: string, { machine, name, health }: z.infer<typeof Agent>): void {
    this.#turn(by, `${machine}/${name}`, health);
  }

  #machine(by: string, name: string, machine: z.infer<typeof Machine>): void {
    this.#turn(by, name, machine.verdict);
    for (const part of ["hub", "nats", "pushgateway"] as const)
      this.#turn(by, `${name}/${part}`, machine[part].verdict);
  }

  #turn(by: string, of: string, to: string): void {
    const key = `${by} ${of}`;
    if (this.#now.get(key) === to) return;
    this.#now.set(key, to);
    this.turns.push({ atMs: monoMs(), by, of, to });
    for (const wake of [...this.#waiting]) wake();
  }
}
