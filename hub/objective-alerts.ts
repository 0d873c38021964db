/** Records alerts about error budgets that burn: of each objective one hub alone, that of the service's home, and the other while that is dead or mute. */
import type { HubConfig } from "./config.ts";
import { BudgetAlerts, type BudgetSight, type BudgetTurn } from "./core/objectives/budget-alerts.ts";
import { type Burning, rules, type Window } from "./core/objectives/burn.ts";
import type { OpenAlerts } from "./core/open-alerts.ts";
import type { ObjectivesView, ObjectiveView } from "./http/objectives-json.ts";
import type { NewAlert } from "./io/store-alert.ts";

export interface ObjectiveAlertsOptions {
  config: Pick<HubConfig, "machine" | "peer" | "services">;
  view(): ObjectivesView;
  isHubDead(machine: string): boolean;
  /** How long the peer's hub has not said that it judges objectives, ms. */
  peerUnjudgedMs(): number;
  isCutOff(): boolean;
  isWorkedOn(objective: string): boolean;
  /** What stands by the records; undefined until they were read back. */
  standing(): Pick<OpenAlerts, "list"> | undefined;
  /** Stores it; resolves when that was tried. */
  store(alert: NewAlert): Promise<unknown>;
  /** Somebody else has ended what this hub raised and sees all the time. */
  endedByPeer(name: string, subject: string): void;
  /** Monotonic ms. */
  clock(): number;
}

const alertName = "budget-burning";
const tickMs = 5_000;
/** A hub that is replaced has read its records back before that. */
const muteAfterMs = 60_000;

export class ObjectiveAlerts {
  readonly #options: ObjectiveAlertsOptions;
  readonly #alerts = new BudgetAlerts();
  /** Objectives whose turn is being stored. */
  readonly #busy = new Set<string>();
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  constructor(options: ObjectiveAlertsOptions) {
    this.#options = options;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { standing, view, clock } = this.#options;
    const open = standing();
    if (open === undefined) return;
    const severities = new Map<string, Burning>();
    for (const { name, subject, severity } of open.list())
      if (name === alertName && severity !== "resolved") severities.set(subject, severity);
    const { objectives } = view();
    const known = new Map(objectives.map((objective) => [objective.name, objective]));
    // One that is promised no more keeps nobody awake.
    const subjects = new Set([...known.keys(), ...severities.keys()]);
    const sights = [...subjects].map((subject): BudgetSight => {
      const burning = known.get(subject)?.burning ?? "no";
      return { subject, burning, standing: severities.get(subject) ?? "no", quiet: this.#isQuiet(subject) };
    });
    for (const turn of this.#alerts.step(sights, clock()))
      if (!this.#busy.has(turn.subject)) void this.#store(turn, known.get(turn.subject));
  }

  #isQuiet(objective: string): boolean {
    const { config, isHubDead, peerUnjudgedMs, isCutOff, isWorkedOn } = this.#options;
    const { machine, peer, services } = config;
    const [first] = [machine.name, peer.name].toSorted();
    const speaker = services.find(({ name }) => name === objective)?.home ?? first;
    const speaks = speaker === machine.name || isHubDead(peer.name) || peerUnjudgedMs() >= muteAfterMs;
    return !speaks || isCutOff() || isWorkedOn(objective);
  }

  async #store({ subject, severity, again }: BudgetTurn, objective: ObjectiveView | undefined): Promise<void> {
    this.#busy.add(subject);
    if (again) this.#options.endedByPeer(alertName, subject);
    await this.#options.store({ name: alertName, subject, severity, message: word(subject, severity, objective) });
    this.#busy.delete(subject);
  }
}

function word(subject: string, severity: BudgetTurn["severity"], objective: ObjectiveView | undefined): string {
  if (severity === "resolved" || objective === undefined)
    return `the error budget of ${subject} does not burn faster than it may any more`;
  const { burnRates, budgetLeft, windowDays } = objective;
  const rate = (window: Window) => burnRates.find((each) => each.window === window)?.rate ?? 0;
  const { long, short } =
    rules.find((rule) => rule.burning === severity && rate(rule.long) >= rule.rate && rate(rule.short) >= rule.rate) ??
    rules[0];
  const left = `${Math.round(budgetLeft * 100)} % of ${windowDays} days' budget is left`;
  return `the error budget of ${subject} burns ${rate(long).toFixed(1)} times as fast as it may over ${long}, ${rate(short).toFixed(1)} times over ${short}; ${left}`;
}
