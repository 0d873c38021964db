/** Ties together how alerts reach people: notifications, silences, the dead-man's switch, and what a hub sees of itself. */
import type { NatsConnection } from "nats";
import type { HubConfig } from "./config.ts";
import type { CertificateSight } from "./core/certificates.ts";
import type { Admission } from "./core/fold/admission.ts";
import type { Heartbeat } from "./core/heartbeat.ts";
import { PeerVoice } from "./core/notify/peer-voice.ts";
import type { Note } from "./core/timeline/note-names.ts";
import type { Judgement } from "./core/verdict.ts";
import type { Api } from "./http/hub-front.ts";
import { createNotificationsApi } from "./http/notifications-api.ts";
import type { SilenceView } from "./http/notifications-json.ts";
import type { NotifyGauges } from "./http/notify-metrics.ts";
import type { SignedIn } from "./http/orders.ts";
import type { Log } from "./io/log.ts";
import type { Records } from "./io/records.ts";
import { announceAlert } from "./notify/announce-alert.ts";
import { DeadMansSwitch } from "./notify/dead-mans-switch.ts";
import { Notifier } from "./notify/notifier.ts";
import { SilenceDesk } from "./notify/silence-desk.ts";
import { subjectsOf, whyNoTarget } from "./notify/silence-target.ts";
import { OwnConditions } from "./own-conditions.ts";
import type { TargetSight } from "./remote-write/remote-write.ts";

export interface AlertingOptions {
  config: HubConfig;
  records: Records;
  /** Of the peer's hub. */
  peersHub(): Judgement;
  /** Whether an agent or machine is being worked on. */
  inMaintenance(target: string): boolean;
  /** What is pushed, against its limits. */
  limits: Pick<Admission, "fills">;
  /** Stores that this hub writes to. */
  remoteWrite: { readonly sights: readonly TargetSight[]; readonly unkeptForMs: number };
  certificates: { sights(): CertificateSight[] };
  reports(): { readonly clockOffsetMs: number | undefined; alertingChanged(): void };
  nats(): NatsConnection | undefined;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
}

export class Alerting {
  readonly notifier: Notifier;
  readonly deadMansSwitch: DeadMansSwitch | undefined;
  readonly conditions: OwnConditions;
  readonly #options: AlertingOptions;
  readonly #silences: SilenceDesk;
  #silencesAreNews = false;
  #notifyIsNews = false;
  readonly #peerVoice = new PeerVoice();

  constructor(options: AlertingOptions) {
    this.#options = options;
    const { config, records, inMaintenance, reports, nats, log, clock } = options;
    const { deadMansSwitch } = config.notifications;
    this.#silences = new SilenceDesk({
      config,
      onSaid: () => {
        this.#silencesAreNews = true;
        reports().alertingChanged();
      },
      log,
    });
    this.notifier = new Notifier({
      config,
      peerCutForMs: () => this.#peerCutForMs(),
      isQuiet: (name, subject) => this.#silences.isQuiet(name, subject) || inMaintenance(subject),
      onTold: () => {
        this.#notifyIsNews = true;
        reports().alertingChanged();
      },
      onRaised: (message) => announceAlert(nats(), message),
      log,
      clock,
    });
    this.deadMansSwitch =
      deadMansSwitch && new DeadMansSwitch({ config: deadMansSwitch, isReady: () => records.ready, log });
    this.conditions = new OwnConditions({
      config,
      channels: () => this.notifier.channels.map(({ config: { name }, failingForMs }) => ({ name, failingForMs })),
      clockOffsetMs: () => reports().clockOffsetMs,
      targets: () => options.remoteWrite.sights,
      unkeptForMs: () => options.remoteWrite.unkeptForMs,
      certificates: () => options.certificates.sights(),
      snapshotOverdueMs: () => records.snapshots.stats.overdueMs,
      limits: () => options.limits.fills,
      clock,
    });
  }

  /** Handles its paths of the API. */
  api(signedIn: SignedIn, put: (note: Note) => void): Api {
    const { config, records } = this.#options;
    const silences = this.#silences;
    const subjects = subjectsOf(config);
    return createNotificationsApi({
      machine: config.machine.name,
      channels: () => this.notifier.views(),
      deadMansSwitch: () => this.deadMansSwitch?.view() ?? null,
      test: (severity, channel) => this.notifier.test(severity, channel),
      silences: {
        whyNoTarget: (target) => whyNoTarget(target, subjects, records.alerts.list()),
        views: () => silences.views(),
        begin: async (order) => {
          const view = await silences.begin(order);
          const { target: subject, until, reason, by } = view;
          put({ name: "silence-begun", subject, message: `${reason}, until ${until} (${by})` });
          return view;
        },
        end: async (target, by) => {
          const view = await silences.end(target, by);
          if (view !== undefined) put({ name: "silence-ended", subject: target, message: `it is told again (${by})` });
          return view;
        },
      },
      signedIn,
    });
  }

  silenceViews(): SilenceView[] {
    return this.#silences.views();
  }

  async open(): Promise<void> {
    await Promise.all([this.#silences.open(), this.notifier.open()]);
  }

  /** The records are read back. */
  begin(): void {
    const { alerts } = this.#options.records;
    this.notifier.begin((name, subject) => alerts.isOpen(name, subject));
  }

  async stop(): Promise<void> {
    this.deadMansSwitch?.stop();
    await Promise.all([this.notifier.stop(), this.#silences.stop()]);
  }

  /** For the peer; what it may wait for a second for is left out where this is not `full`. */
  words(full: boolean): Pick<Heartbeat, "silences" | "notify"> {
    const words = {
      ...(full || this.#silencesAreNews ? { silences: this.#silences.words() } : {}),
      ...(full || this.#notifyIsNews ? { notify: this.notifier.word() } : {}),
    };
    this.#silencesAreNews = false;
    this.#notifyIsNews = false;
    return words;
  }

  heard(report: Heartbeat): void {
    const { silences, notify } = report;
    if (silences !== undefined) this.#silences.heard(silences);
    const isOlder = this.#peerVoice.isOlder(report);
    if (notify !== undefined || isOlder) this.notifier.heardPeer(notify);
  }

  get gauges(): NotifyGauges {
    const { notifier, deadMansSwitch } = this;
    return {
      channels: () =>
        notifier.channels.map((channel) => {
          const { counts, failingForMs, config } = channel;
          return { name: config.name, ...counts, failingForMs: failingForMs ?? 0 };
        }),
      dropped: () => notifier.dropped,
      silences: () => this.#silences.views().length,
      clockOffsetMs: () => this.#options.reports().clockOffsetMs,
      deadMansSwitchSaidAtMs: () => deadMansSwitch?.lastSaidAtMs,
    };
  }

  #peerCutForMs(): number | undefined {
    const { peersHub, clock } = this.#options;
    const { verdict, sinceMs } = peersHub();
    return verdict === "dead" || verdict === "isolated" ? clock() - sinceMs : undefined;
  }
}
