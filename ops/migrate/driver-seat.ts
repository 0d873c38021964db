/** Sees to it that one command at a time drives the migration: a document at both hubs says who does, and until when. */
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { isAlive } from "../local/processes.ts";
import { askHub } from "../site/ask-hub.ts";
import { documentsOf } from "./ledger.ts";
import type { MigrationSite } from "./site.ts";

const kind = "migration-run";
const key = "driver";
/** A driver that says nothing for so long has died, ms by the hubs' clocks; long against a hub's restart. */
const leaseMs = 30_000;
/** Renewed when so much of it is gone, ms. */
const renewMs = 8_000;

const Seat = z.object({
  id: z.string(),
  user: z.string(),
  host: z.string(),
  pid: z.number().int(),
  /** In words. @example "migrate run" */
  what: z.string(),
  sinceMs: z.number(),
  /** Changes each time, so that a renewal is another document. */
  turn: z.number().int(),
  /** Whether it was left. */
  isLeft: z.boolean(),
});
export type Seat = z.infer<typeof Seat>;

const Now = z.object({ now: z.string() });

export class DriverSeat {
  readonly #site: Pick<MigrationSite, "hubs" | "keep">;
  readonly #seat: Seat;
  #revision: string | null;
  #turn = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;
  /** Standby stops the monotonic clock, and a wrong time set right the other one. */
  #renewedWallMs = 0;

  private constructor(site: Pick<MigrationSite, "hubs" | "keep">, seat: Seat, revision: string | null) {
    this.#site = site;
    this.#seat = seat;
    this.#revision = revision;
  }

  /** @throws OperatorError that names who drives */
  static async take(site: Pick<MigrationSite, "hubs" | "keep">, what: string, id: string): Promise<DriverSeat> {
    const standing = await standingSeat(site.hubs);
    const nowMs = Date.now();
    if (standing?.isHeld) throw taken(standing.seat, nowMs);
    const { username: user } = userInfo();
    const seat = { id, user, host: hostname(), pid: process.pid, what, sinceMs: nowMs, turn: 0, isLeft: false };
    const driver = new DriverSeat(site, seat, standing?.revision ?? null);
    await driver.#put(false);
    return driver;
  }

  get by(): string {
    return `${this.#seat.user}@${this.#seat.host}`;
  }

  /** To be called often. @throws OperatorError when somebody else has taken the seat, or no hub keeps it any more */
  async renew(): Promise<void> {
    const agoMs = Math.max(performance.now() - this.#renewedMs, Math.abs(Date.now() - this.#renewedWallMs));
    if (agoMs >= renewMs) await this.#put(false);
  }

  /** Never throws: the lease ends by itself. */
  async leave(): Promise<void> {
    await this.#put(true).catch(() => {});
  }

  async #put(isLeft: boolean): Promise<void> {
    this.#turn++;
    const value = { ...this.#seat, turn: this.#turn, isLeft };
    const [outcome] = await this.#site.keep([{ kind, key, by: this.by, value, replaces: this.#revision }]);
    if (outcome?.kind === "stored") {
      this.#revision = outcome.revision;
      this.#renewedMs = performance.now();
      this.#renewedWallMs = Date.now();
      return;
    }
    const other = outcome?.kind === "conflict" ? Seat.safeParse(outcome.present?.value).data : undefined;
    throw other === undefined ? silent(outcome?.text ?? "no hub answers") : taken(other, Date.now());
  }
}

/** Who drives at present. */
export async function driverOf(hubs: ReadonlyMap<string, string>): Promise<Seat | undefined> {
  const standing = await standingSeat(hubs);
  return standing?.isHeld ? standing.seat : undefined;
}

interface StandingSeat {
  seat: Seat;
  revision: string;
  isHeld: boolean;
}

async function standingSeat(hubs: ReadonlyMap<string, string>): Promise<StandingSeat | undefined> {
  const found = (await documentsOf(hubs, kind)).find((document) => document.key === key);
  const seat = Seat.safeParse(found?.value).data;
  if (found === undefined || seat === undefined) return undefined;
  const ageMs = (await hubNowMs(hubs)) - Date.parse(found.at);
  return { seat, revision: found.revision, isHeld: isHeld(seat, ageMs) };
}

/** A process of this computer that is gone holds nothing, however young its lease is. */
function isHeld({ isLeft, user, host, pid }: Seat, ageMs: number): boolean {
  if (isLeft || ageMs >= leaseMs) return false;
  return user !== userInfo().username || host !== hostname() || isAlive(pid);
}

/** The hubs stamp the seat, so their clock tells its age: this computer's may be wrong. */
async function hubNowMs(hubs: ReadonlyMap<string, string>): Promise<number> {
  for (const url of hubs.values()) {
    const view = await askHub(`${url}/api/v1/fleet`, Now);
    if (view !== undefined) return Date.parse(view.now);
  }
  return Date.now();
}

function taken({ user, host, pid, what, sinceMs }: Seat, nowMs: number): OperatorError {
  const minutes = Math.max(0, Math.round((nowMs - sinceMs) / 60_000));
  return new OperatorError(
    "migrate.driven",
    `${user}@${host} drives the migration since ${minutes} min (tandem ${what}, process ${pid})`,
    `Wait for it, or end it there; when it has died, its seat is free ${leaseMs / 1_000} s later`,
  );
}

const silent = (why: string): OperatorError =>
  new OperatorError(
    "migrate.unkept",
    `the hubs do not keep who drives the migration: ${why}`,
    "tandem doctor says what is wrong with them; then run this again",
  );
