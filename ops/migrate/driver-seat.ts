/** Sees to it that one command at a time drives the migration: a document at both hubs says who does, and until when. */
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { isAlive } from "../local/processes.ts";
import { documentsOf } from "./ledger.ts";
import type { MigrationSite } from "./site.ts";

const kind = "migration-run";
const key = "driver";
/** A driver that says nothing for so long has died, ms; long against a hub's restart. */
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
  /** Wall ms; 0 when it was left. */
  untilMs: z.number(),
});
export type Seat = z.infer<typeof Seat>;

export class DriverSeat {
  readonly #site: Pick<MigrationSite, "hubs" | "keep">;
  readonly #seat: Seat;
  #revision: string | null;
  #renewedMs = 0;

  private constructor(site: Pick<MigrationSite, "hubs" | "keep">, seat: Seat, revision: string | null) {
    this.#site = site;
    this.#seat = seat;
    this.#revision = revision;
  }

  /** @throws OperatorError that names who drives */
  static async take(site: Pick<MigrationSite, "hubs" | "keep">, what: string, id: string): Promise<DriverSeat> {
    const standing = await standingSeat(site.hubs);
    const nowMs = Date.now();
    if (standing !== undefined && isHeld(standing.seat, nowMs)) throw taken(standing.seat, nowMs);
    const { username: user } = userInfo();
    const seat = { id, user, host: hostname(), pid: process.pid, what, sinceMs: nowMs, untilMs: 0 };
    const driver = new DriverSeat(site, seat, standing?.revision ?? null);
    await driver.#put(nowMs + leaseMs);
    return driver;
  }

  get by(): string {
    return `${this.#seat.user}@${this.#seat.host}`;
  }

  /** To be called often. @throws OperatorError when somebody else has taken the seat, or no hub keeps it any more */
  async renew(): Promise<void> {
    if (performance.now() - this.#renewedMs >= renewMs) await this.#put(Date.now() + leaseMs);
  }

  /** Never throws: the lease ends by itself. */
  async leave(): Promise<void> {
    await this.#put(0).catch(() => {});
  }

  async #put(untilMs: number): Promise<void> {
    const value = { ...this.#seat, untilMs };
    const [outcome] = await this.#site.keep([{ kind, key, by: this.by, value, replaces: this.#revision }]);
    if (outcome?.kind === "stored") {
      this.#revision = outcome.revision;
      this.#renewedMs = performance.now();
      return;
    }
    const other = outcome?.kind === "conflict" ? Seat.safeParse(outcome.present?.value).data : undefined;
    throw other === undefined ? silent(outcome?.text ?? "no hub answers") : taken(other, Date.now());
  }
}

/** Who drives at present. */
export async function driverOf(hubs: ReadonlyMap<string, string>): Promise<Seat | undefined> {
  const standing = await standingSeat(hubs);
  return standing !== undefined && isHeld(standing.seat, Date.now()) ? standing.seat : undefined;
}

async function standingSeat(hubs: ReadonlyMap<string, string>): Promise<{ seat: Seat; revision: string } | undefined> {
  const found = (await documentsOf(hubs, kind)).find((document) => document.key === key);
  const parsed = Seat.safeParse(found?.value);
  return found === undefined || !parsed.success ? undefined : { seat: parsed.data, revision: found.revision };
}

/** A process of this computer that is gone holds nothing, however long its lease is. */
function isHeld({ untilMs, host, pid }: Seat, nowMs: number): boolean {
  if (untilMs <= nowMs) return false;
  return host !== hostname() || isAlive(pid);
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
