/** Tells what an operator should know once when it begins and once when it is over. */
import type { AlertName } from "../alert-names.ts";
import type { Decision } from "./decide.ts";
import { isPaused } from "./facts.ts";
import type { FailoverLimits } from "./limits.ts";
import { isUnwritten } from "./memory.ts";
import type { FailoverCommand } from "./messages.ts";
import type { FailoverState, Step } from "./state.ts";
import { witnessAnswers } from "./witness.ts";

/** A reason that passes within it is a move under way, or the first moments of a start. */
const patienceMs = 2_000;

interface Standing {
  severity: "urgent" | "warning";
  name: AlertName;
  subject: string;
  message: string;
}

export function callAlerts(
  state: FailoverState,
  decisions: Readonly<Record<string, Decision>>,
  atMs: number,
  limits: FailoverLimits,
): Step {
  const standing = new Map(standingAlerts(state, decisions, atMs, limits).map((alert) => [keyOf(alert), alert]));
  const commands: FailoverCommand[] = [];
  for (const [key, alert] of standing)
    if (state.alerts[key] !== alert.message) commands.push({ type: "alert", ...alert });
  for (const [key, message] of Object.entries(state.alerts)) {
    const [name, subject = ""] = key.split(" ") as [AlertName, string]; // as keyOf made it
    if (!standing.has(key))
      commands.push({ type: "alert", severity: "resolved", name, subject, message: `over: ${message}` });
  }
  if (commands.length === 0) return { state, commands };
  const alerts = Object.fromEntries([...standing].map(([key, { message }]) => [key, message]));
  return { state: { ...state, alerts }, commands };
}

const keyOf = ({ name, subject }: Standing) => `${name} ${subject}`;

function standingAlerts(
  state: FailoverState,
  decisions: Readonly<Record<string, Decision>>,
  atMs: number,
  limits: FailoverLimits,
): Standing[] {
  const { machine } = state.setup;
  const alerts: Standing[] = [];
  const started = atMs - state.startedAtMs >= patienceMs + limits.leaseMs;
  for (const service of state.setup.services) {
    const { name } = service;
    const decision = decisions[name];
    if (decision?.do !== "hold" && decision?.do !== "stay") continue;
    const view = state.views[name];
    const moving = view?.state === "held" || view?.state === "moving";
    if (moving && atMs - view.sinceMs < patienceMs) continue;
    if (decision.alert && started && !isPaused(state, service))
      alerts.push({ severity: "urgent", name: "service-held", subject: name, message: decision.reason });
  }
  if (state.setup.witness && started && !witnessAnswers(state, atMs, limits)) {
    const message = "the witness does not answer: single writers do not move";
    alerts.push({ severity: "warning", name: "witness-silent", subject: machine, message });
  }
  if (isUnwritten(state, atMs)) {
    const message = "the table of owners cannot be written to disk: nothing moves to this machine or from it";
    alerts.push({ severity: "urgent", name: "table-unwritten", subject: machine, message });
  }
  return alerts;
}
