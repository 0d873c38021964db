/** Keeps the migration's states at both hubs, by compare-and-swap: two runs that do not know of each other cannot both go on. */

import { isLater } from "../../hub/core/document.ts";
import { migrationKind } from "../../hub/core/migrated.ts";
import type { DocumentView } from "../../hub/http/documents-json.ts";
import { OperatorError } from "../error.ts";
import { readDocuments } from "../site/documents.ts";
import type { MigrationSite } from "./site.ts";
import { AgentMigration } from "./state.ts";

interface Known {
  state: AgentMigration;
  /** Of the document; null before it was ever written. */
  revision: string | null;
}

export class MigrationLedger {
  readonly #site: Pick<MigrationSite, "hubs" | "keep">;
  readonly #by: string;
  readonly #known = new Map<string, Known>();

  private constructor(site: Pick<MigrationSite, "hubs" | "keep">, by: string) {
    this.#site = site;
    this.#by = by;
  }

  /** @param by who writes, for people @throws OperatorError when no hub says what is kept */
  static async read(site: Pick<MigrationSite, "hubs" | "keep">, by: string): Promise<MigrationLedger> {
    const ledger = new MigrationLedger(site, by);
    for (const { key, revision, value } of await documentsOf(site.hubs, migrationKind)) {
      const parsed = AgentMigration.safeParse(value);
      if (!parsed.success) throw unreadable(key);
      ledger.#known.set(key, { state: parsed.data, revision });
    }
    return ledger;
  }

  get states(): ReadonlyMap<string, AgentMigration> {
    return new Map([...this.#known].map(([id, { state }]) => [id, state]));
  }

  /** Resolves when all are kept by one hub at least. @throws OperatorError when somebody else has changed one, or no hub keeps it */
  async write(states: readonly AgentMigration[]): Promise<void> {
    if (states.length === 0) return;
    const outcomes = await this.#site.keep(
      states.map((value) => {
        const replaces = this.#known.get(value.agent)?.revision ?? null;
        return { kind: migrationKind, key: value.agent, by: this.#by, value, replaces };
      }),
    );
    for (const [i, state] of states.entries()) {
      const outcome = outcomes[i];
      if (outcome?.kind === "stored") this.#known.set(state.agent, { state, revision: outcome.revision });
      else if (outcome?.kind === "conflict") throw overtaken(state.agent, outcome.present?.by ?? "somebody");
      else throw unkept(state.agent, outcome?.text);
    }
  }
}

/** Of both hubs the later ones: one that has just come back may be behind. */
export async function documentsOf(hubs: ReadonlyMap<string, string>, kind: string): Promise<DocumentView[]> {
  const read = await Promise.all([...hubs.values()].map((url) => readDocuments([url], kind)));
  const later = new Map<string, DocumentView>();
  for (const document of read.flatMap((one) => one?.documents ?? [])) {
    const known = later.get(document.key);
    if (known === undefined || isLater(document.revision, known.revision)) later.set(document.key, document);
  }
  if (read.some((one) => one !== undefined)) return [...later.values()];
  throw new OperatorError(
    "migrate.silent",
    `no answer from ${[...hubs.values()].join(" or ")}`,
    "Start the pair, or look with tandem doctor at what is wrong with it",
  );
}

const overtaken = (agent: string, by: string): OperatorError =>
  new OperatorError(
    "migrate.overtaken",
    `${by} has changed the state of ${agent} meanwhile, so this run ends`,
    "tandem migrate status shows who works on it",
  );

const unkept = (agent: string, why = "no hub answers"): OperatorError =>
  new OperatorError(
    "migrate.unkept",
    `the state of ${agent} could not be kept: ${why}`,
    "Run this again once a hub takes it: what was kept is gone on with",
  );

const unreadable = (key: string): OperatorError =>
  new OperatorError(
    "migrate.newer",
    `what the hubs keep of ${key} is of another version than this command reads`,
    "Use the version of tandem that the hubs are deployed from",
  );
