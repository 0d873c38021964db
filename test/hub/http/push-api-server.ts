/** The push API and OTLP's behind a real port, in the hub's own server, over a fold and an append that keeps records in memory only. */
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { type Candidate, Fold } from "../../../hub/core/fold/fold.ts";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { Entrance, type EntranceDeadlines } from "../../../hub/http/entrance.ts";
import { createHubFront } from "../../../hub/http/hub-front.ts";
import { createOtlpApi, type OtlpApiOptions } from "../../../hub/http/otlp-api.ts";
import type { OtlpAnswered } from "../../../hub/http/otlp-metrics.ts";
import { createPushApi, type PushApiOptions } from "../../../hub/http/push-api.ts";
import { createLog } from "../../../hub/io/log.ts";

export interface PushServer {
  url: string;
  fold: Fold;
  /** Every push that was appended, oldest first. */
  appended: Candidate[];
  /** What was told of each answer to a request of OTLP. */
  answered: OtlpAnswered[];
  /** What the server has logged: requests at which the hub failed. */
  failures: string[];
  /** Open ones. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** @param overrides of the APIs' options, the deadlines of the server below them, and the fold's limits */
export async function startPushServer({
  deadlines,
  otlp: otlpOptions,
  limits,
  jobs,
  ...overrides
}: Partial<PushApiOptions> & {
  deadlines?: EntranceDeadlines;
  otlp?: Partial<OtlpApiOptions>;
  limits?: Partial<PushLimits>;
  jobs?: ReadonlySet<string>;
} = {}): Promise<PushServer> {
  const failures: string[] = [];
  const fold = new Fold({ limits: PushLimits.parse(limits ?? {}), ...(jobs && { jobs }) });
  const appended: Candidate[] = [];
  let stamp = { wallMs: 1_700_000_000_000, counter: 0 };
  const append: PushApiOptions["append"] = async (push) => {
    appended.push(push);
    stamp = { ...stamp, counter: stamp.counter + 1 };
    fold.apply({ ...push, at: stamp }, "mainpc");
    return { kind: "stored", position: { incarnation: "one", seq: appended.length } };
  };
  const api = createPushApi({
    unready: () => undefined,
    fold,
    append,
    replicated: async () => "peer",
    maxBodyBytes: 64 * 1024,
    status: () => "{}",
    adminApi: false,
    ...overrides,
  });
  const answered: OtlpAnswered[] = [];
  const otlp = createOtlpApi({
    unready: () => undefined,
    fold,
    append: async (push) => {
      const outcome = await append(push);
      // A request of OTLP has no number, by which alone a push can be a repetition.
      if (outcome.kind === "replayed" || outcome.kind === "reused") throw new Error(`an OTLP push was ${outcome.kind}`);
      return outcome;
    },
    replicated: async () => "peer",
    maxBodyBytes: 64 * 1024,
    onAnswer: (each) => answered.push(each),
    ...otlpOptions,
  });
  const unused = () => ({});
  const entrance = new Entrance(
    createLog("test", (line) => {
      if (!line.includes("hub.listening")) failures.push(line);
    }),
    deadlines,
  );
  const { server } = entrance;
  await entrance.listen({ host: "127.0.0.1", port: 0 });
  entrance.open(
    createHubFront({
      unready: () => undefined,
      apis: [api, otlp],
      metricsText: async () => fold.metricsText(),
      fleet: unused,
      openApi: () => "{}",
      ledger: unused,
      alerts: unused,
      graph: unused,
      events: () => {},
      heartbeats: () => {},
      page: () => "",
      assets: { hash: "", script: "", charts: "", style: "", runbooks: {} },
      peerOrigin: "http://192.0.2.20:9100",
      hosts: new Set(),
    }),
  );
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    url: `http://127.0.0.1:${port}`,
    fold,
    appended,
    answered,
    failures,
    connections: () => promisify(server.getConnections.bind(server))(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
