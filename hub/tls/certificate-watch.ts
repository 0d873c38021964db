/** Knows when the certificates end that this hub can read: its own, and that of the link between the NATS servers. */
import { readFileSync } from "node:fs";
import type { HubConfig } from "../config.ts";
import type { CertificateSight } from "../core/certificates.ts";
import { messageOf } from "../io/log.ts";
import type { TlsDoor } from "./door.ts";
import { certificatesIn } from "./tls-files.ts";

export interface CertificateWatchOptions {
  config: Pick<HubConfig, "machine" | "linkCertificateFile">;
  door: Pick<TlsDoor, "material" | "complaint" | "turnedAway"> | undefined;
  /** Monotonic ms. */
  clock(): number;
}

export type CertificateName = "hub" | "link";

const readEveryMs = 10_000;

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  /** Since when each has had a complaint, monotonic ms. */
  readonly #complainedSinceMs = new Map<CertificateName, number>();
  #link: { endsAtMs: number | undefined; complaint: string | undefined } = {
    endsAtMs: undefined,
    complaint: undefined,
  };
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  get turnedAway(): TlsDoor["turnedAway"] | undefined {
    return this.#options.door?.turnedAway;
  }

  /** Wall ms, of those that were read. */
  ends(): { certificate: CertificateName; endsAtMs: number }[] {
    const { door } = this.#options;
    const ends = [
      { certificate: "hub" as const, endsAtMs: door?.material?.endsAtMs },
      { certificate: "link" as const, endsAtMs: this.#ofLink().endsAtMs },
    ];
    return ends.flatMap(({ certificate, endsAtMs }) => (endsAtMs === undefined ? [] : [{ certificate, endsAtMs }]));
  }

  sights(): CertificateSight[] {
    const { config, door } = this.#options;
    const { name } = config.machine;
    const own = door && {
      ...this.#aged("hub", door.complaint),
      what: `the certificate of the hub of ${name}`,
      endsAtMs: door.material?.endsAtMs,
    };
    const { endsAtMs, complaint } = this.#ofLink();
    const link = config.linkCertificateFile !== undefined && {
      ...this.#aged("link", complaint),
      what: `the certificate of ${name} for the link`,
      endsAtMs,
    };
    return [own, link].filter((each) => each !== undefined && each !== false);
  }

  #aged(certificate: CertificateName, complaint: string | undefined) {
    const nowMs = this.#options.clock();
    if (complaint === undefined) this.#complainedSinceMs.delete(certificate);
    else if (!this.#complainedSinceMs.has(certificate)) this.#complainedSinceMs.set(certificate, nowMs);
    return { complaint, complainedForMs: nowMs - (this.#complainedSinceMs.get(certificate) ?? nowMs) };
  }

  #ofLink() {
    const { config, clock } = this.#options;
    const { linkCertificateFile: path } = config;
    if (path === undefined || clock() - this.#readAtMs < readEveryMs) return this.#link;
    this.#readAtMs = clock();
    try {
      const [{ validTo }] = certificatesIn(path, readFileSync(path, "utf8"));
      this.#link = { endsAtMs: Date.parse(validTo), complaint: undefined };
    } catch (error) {
      this.#link = { ...this.#link, complaint: messageOf(error) };
    }
    return this.#link;
  }
}
