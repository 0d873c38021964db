/** The documents of one machine as its hub keeps them, without the hub around them, on a real NATS. */
import type { DocumentWrite } from "../../hub/core/documents.ts";
import { Refused } from "../../hub/core/refused.ts";
import { DocumentStore, type WriteOutcome } from "../../hub/io/documents.ts";
import { createLog } from "../../hub/io/log.ts";
import { NatsLink } from "../../hub/io/nats-link.ts";
import type { NatsServer } from "./nats-pair.ts";
import { until } from "./until.ts";

export type Machine = "mainpc" | "pc2";

export class DocumentSide {
  readonly store: DocumentStore;
  readonly link: NatsLink;
  readonly refused: Refused;
  /** Lines of the log. */
  readonly said: string[];

  private constructor(store: DocumentStore, link: NatsLink, said: string[], refused: Refused) {
    this.store = store;
    this.link = link;
    this.said = said;
    this.refused = refused;
  }

  /**
   * Resolves when its documents can be told.
   * @param seedFile with the NKey seed of the hub, where NATS asks for one
   * @param namesInboxes as a hub does; one of the version before does not
   */
  static async start(
    machine: Machine,
    nats: Record<Machine, NatsServer>,
    seedFile?: string,
    namesInboxes = true,
  ): Promise<DocumentSide> {
    const said: string[] = [];
    const log = createLog(machine, (line) => said.push(line));
    const peer = machine === "mainpc" ? "pc2" : "mainpc";
    const refused = new Refused();
    const store = new DocumentStore({ machine, peer, log, refused });
    const onReconnect = () => store.reconnected();
    const { port } = nats[machine];
    const inboxes = namesInboxes ? { machine } : {};
    const options = { host: "127.0.0.1", port, name: machine, seedFile, log, onReconnect, ...inboxes };
    const link = await NatsLink.open(options, new AbortController().signal);
    store.start(link);
    await until(`the documents of ${machine}`, () => store.unread === undefined);
    return new DocumentSide(store, link, said, refused);
  }

  write(key: string, value: unknown, replaces?: DocumentWrite["replaces"]): Promise<WriteOutcome> {
    return this.store.write({ kind: "migration", key, by: "test", value, replaces });
  }

  /** Until NATS takes it. @returns its revision */
  async writeAtLast(key: string, value: unknown): Promise<string> {
    return await until(`${key} stored`, async () => {
      const outcome = await this.write(key, value);
      return outcome.kind === "stored" ? outcome.revision : undefined;
    });
  }

  /** What it holds, by key. */
  get values(): Record<string, unknown> {
    return Object.fromEntries(this.store.list("migration").map(({ key, value }) => [key, value]));
  }

  async stop(): Promise<void> {
    await this.store.stop();
    await this.link.close();
  }
}
