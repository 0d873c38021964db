/** What a hub sees of itself that people should know: channels and stores that fail, clocks that differ, snapshots that are not written, certificates that end. */
import type { Sight } from "./condition-alerts.ts";
import type { HubConfig } from "./config.ts";
import { type CertificateSight, troubleOf } from "./core/certificates.ts";
import { jobText, type LimitFill } from "./core/fold/admission.ts";

export interface OwnConditionsOptions {
  config: Pick<HubConfig, "machine" | "peer" | "snapshots">;
  /** Channels, and for how long every attempt of each has failed, ms; 0 when the last one did not, undefined before the first. */
  channels(): readonly { name: string; failingForMs: number | undefined }[];
  /** Stores that it writes to, each with the age of the oldest samples that wait and for how long it has refused whatever it was sent, ms. */
  targets(): readonly { name: string; lagMs: number; refusingForMs: number }[];
  /** For how long nothing could be laid by for those stores, so that nothing waits either, ms. */
  unkeptForMs(): number;
  /** By how much the peer's clock is behind, ms; undefined while that is not known. */
  clockOffsetMs(): number | undefined;
  /** What is pushed, against its limits. */
  limits(): readonly LimitFill[];
  /** For how long a snapshot should have been written, ms. */
  snapshotOverdueMs(): number;
  /** Certificates that it can read. */
  certificates(): readonly CertificateSight[];
  /** Monotonic ms. */
  clock(): number;
}

export const channelFailsMs = 10 * 60_000;
export const targetBehindMs = 10 * 60_000;
/** Within it a target has caught up: as it goes, what was sampled last waits. */
export const targetWellMs = 60_000;
export const offsetLimitMs = 500;
/** A clock that is set right by a jump is well again within it, ms. */
export const offsetLastsMs = 30_000;
/** Of a limit on what is pushed, from which on people are told, and below which it is over. */
export const nearLimit = 0.8;
export const farFromLimit = 0.7;
/** In intervals of snapshots. */
export const overdueIntervals = 3;

export class OwnConditions {
  readonly #options: OwnConditionsOptions;
  #offsetSinceMs: number | undefined;

  constructor(options: OwnConditionsOptions) {
    this.#options = options;
  }

  sights(): Sight[] {
    return [
      this.#channels(),
      this.#targets(),
      ...this.#clocks(),
      this.#snapshots(),
      this.#limits(),
      this.#certificates(),
    ];
  }

  #channels(): Sight {
    const { config, channels } = this.#options;
    const { name: subject } = config.machine;
    const all = channels();
    const failing = all.filter(({ failingForMs = 0 }) => failingForMs >= channelFailsMs).map(({ name }) => name);
    // One that has failed for a shorter time, or was not tried since the start, has not recovered either.
    const is = failing.length > 0 ? "ill" : all.every(({ failingForMs }) => failingForMs === 0) ? "well" : "unclear";
    const message = is === "ill" ? `${subject} cannot tell alerts to ${failing.join(" and ")}` : "alerts arrive again";
    return { name: "notifications-failing", subject, is, message };
  }

  #targets(): Sight {
    const { config, targets, unkeptForMs } = this.#options;
    const { name: subject } = config.machine;
    const [all, unkeptMs] = [targets(), unkeptForMs()];
    const unkept = unkeptMs < targetBehindMs ? [] : [`nothing was kept for ${Math.round(unkeptMs / 60_000)} min`];
    const behind = all.flatMap(({ name, lagMs, refusingForMs }) => {
      if (lagMs >= targetBehindMs) return [`${name} is ${Math.round(lagMs / 60_000)} min behind`];
      return refusingForMs >= targetBehindMs ? [`${name} refuses what it is sent`] : [];
    });
    const ill = [...unkept, ...behind];
    const isWell =
      unkeptMs === 0 && all.every(({ lagMs, refusingForMs }) => lagMs <= targetWellMs && refusingForMs === 0);
    const is = ill.length > 0 ? "ill" : isWell ? "well" : "unclear";
    const message = is === "ill" ? `of what ${subject} writes elsewhere, ${ill.join(" and ")}` : "it has all again";
    return { name: "remote-write-behind", subject, is, message };
  }

  /** Both hubs see it: the one whose machine comes first speaks. */
  #clocks(): Sight[] {
    const { config, clockOffsetMs, clock } = this.#options;
    const { machine, peer } = config;
    if (machine.name > peer.name) return [];
    const offsetMs = clockOffsetMs();
    const sight = (is: Sight["is"], message: string): Sight[] => [
      { name: "clock-offset", subject: peer.name, is, message },
    ];
    if (offsetMs === undefined) return sight("unclear", "");
    if (Math.abs(offsetMs) <= offsetLimitMs) {
      this.#offsetSinceMs = undefined;
      return sight("well", `the clocks of ${machine.name} and ${peer.name} agree again`);
    }
    this.#offsetSinceMs ??= clock();
    const way = offsetMs > 0 ? "behind" : "before";
    const message = `the clock of ${peer.name} is ${Math.abs(Math.round(offsetMs))} ms ${way} that of ${machine.name}`;
    return sight(clock() - this.#offsetSinceMs >= offsetLastsMs ? "ill" : "unclear", message);
  }

  #limits(): Sight {
    const { config, limits } = this.#options;
    const all = limits();
    const near = all.filter(({ used, most }) => used >= most * nearLimit);
    const isWell = all.every(({ used, most }) => used < most * farFromLimit);
    const told = near.map(({ limit, used, most, job }) => {
      const whose = job === undefined ? "" : ` of ${jobText(job)}`;
      return `${limit}${whose} is at ${used} of ${most}`;
    });
    const message = near.length > 0 ? told.join(", ") : "there is room for new series and groups again";
    return {
      name: "limit-nearly-reached",
      subject: config.machine.name,
      is: near.length > 0 ? "ill" : isWell ? "well" : "unclear",
      message,
    };
  }

  #snapshots(): Sight {
    const { config, snapshotOverdueMs } = this.#options;
    const { name: subject } = config.machine;
    const overdueMs = snapshotOverdueMs();
    const isIll = overdueMs > overdueIntervals * config.snapshots.everyMs;
    const is = isIll ? "ill" : overdueMs === 0 ? "well" : "unclear";
    const minutes = Math.round(overdueMs / 60_000);
    const message = isIll
      ? `no snapshot of ${subject} was written for ${minutes} min though one is due`
      : "it is written";
    return { name: "snapshot-old", subject, is, message };
  }

  #certificates(): Sight {
    const { config, certificates } = this.#options;
    const { name: subject } = config.machine;
    const trouble = troubleOf(certificates(), Date.now());
    const name = "certificate-expiring";
    if (trouble === undefined) return { name, subject, is: "well", message: "no certificate ends soon any more" };
    if (trouble === "unclear") return { name, subject, is: "unclear", message: "" };
    return { name, subject, is: "ill", ...trouble };
  }
}
