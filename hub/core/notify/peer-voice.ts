/** Tells a peer that knows of notifications and is about to speak of them from one of an older version, which never will. */
import type { Heartbeat } from "../heartbeat.ts";

/** A report with news of maintenance alone is no sign of an older hub; so many in a row are. */
export const unspokenReports = 3;

/** Mutable. */
export class PeerVoice {
  /** Incarnation that speaks of notifications. */
  #speaker = "";
  /** Reports in a row that spoke of maintenance, as a full one does once a second, and not of notifications. */
  #unspoken = 0;

  /** @returns whether the peer is one that tells nobody anything */
  isOlder({ incarnation, maintenance, notify }: Pick<Heartbeat, "incarnation" | "maintenance" | "notify">): boolean {
    if (notify !== undefined) [this.#speaker, this.#unspoken] = [incarnation, 0];
    else if (maintenance !== undefined && incarnation !== this.#speaker) this.#unspoken++;
    return notify === undefined && incarnation !== this.#speaker && this.#unspoken >= unspokenReports;
  }
}
