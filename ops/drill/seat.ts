/** Sees to it that one drill at a time runs, and tells both hubs what it is at, so that nobody takes it for an accident. */
import { z } from "zod";
import { drillKind } from "../../hub/http/drill-metrics.ts";
import { OperatorError } from "../error.ts";
import { driverOf } from "../migrate/driver-seat.ts";
import { readDocuments } from "../site/documents.ts";
import type { DrillSite } from "./site.ts";

const kind = `${drillKind}-now`;
const key = "now";
/** A drill that announces nothing for so long has died, ms: a fault, its recovery and the count of its pushes fit into it. */
const staleMs = 300_000;

const Now = z.object({ what: z.string() });

export class DrillSeat {
  readonly #site: Pick<DrillSite, "keep">;
  readonly #by: string;
  #revision: string | null;

  private constructor(site: Pick<DrillSite, "keep">, by: string, revision: string | null) {
    this.#site = site;
    this.#by = by;
    this.#revision = revision;
  }

  /** @throws OperatorError while another drill, or a migration, is under way */
  static async take(site: Pick<DrillSite, "hubs" | "keep">, by: string): Promise<DrillSeat> {
    const driver = await driverOf(site.hubs);
    if (driver !== undefined)
      throw busy(
        `${driver.user}@${driver.host} drives a migration`,
        "Wait for its end: a fault would take agents back",
      );
    const read = await readDocuments([...site.hubs.values()], kind);
    const present = read?.documents.find((document) => document.key === key);
    const now = Now.safeParse(present?.value).data;
    if (present !== undefined && now !== undefined && now.what !== "" && Date.now() - Date.parse(present.at) < staleMs)
      throw busy(`${present.by} is at it already: ${now.what}`, "Two drills at once leave no copy: wait for its end");
    const seat = new DrillSeat(site, by, present?.revision ?? null);
    await seat.announce("begins");
    return seat;
  }

  /** @throws OperatorError when another drill has begun meanwhile, or no hub takes it */
  async announce(what: string): Promise<void> {
    const value = { what, at: new Date().toISOString() };
    const [outcome] = await this.#site.keep([{ kind, key, by: this.#by, value, replaces: this.#revision }]);
    if (outcome?.kind === "stored") this.#revision = outcome.revision;
    else if (outcome?.kind === "conflict")
      throw busy(`${outcome.present?.by} has begun one meanwhile`, "Wait for its end");
    else throw busy(`it could not be announced: ${outcome?.text}`, "tandem doctor says what is wrong with the hubs");
  }

  /** Never throws: who comes later waits five minutes at most. */
  async leave(): Promise<void> {
    await this.announce("").catch(() => {});
  }
}

const busy = (what: string, next: string): OperatorError => new OperatorError("drill.busy", what, next);
