/** Whether the target of a silence can be of an alert: a name or subject that was mistyped would silence nothing. Pure. */
import { nearestId } from "../../fleet/nearest.ts";
import { agentId, type HubConfig } from "../config.ts";
import { alertSeverities } from "../core/alert-names.ts";
import { pairName } from "../core/objectives/config.ts";

export type SubjectConfig = Pick<HubConfig, "machine" | "peer" | "satellites" | "services" | "agents">;

/** What alerts of this site can be about. */
export const subjectsOf = ({ machine, peer, satellites, services, agents }: SubjectConfig): Set<string> =>
  new Set([pairName, ...[machine, peer, ...satellites, ...services].map(({ name }) => name), ...agents.map(agentId)]);

/**
 * @param target an alert's name, or name and subject with a space between
 * @param standing a newer peer may raise alerts, and of subjects, that this hub does not know
 * @returns why it silences nothing; undefined when it may silence something
 */
export function whyNoTarget(
  target: string,
  subjects: ReadonlySet<string>,
  standing: readonly { name: string; subject: string }[],
): string | undefined {
  const space = target.indexOf(" ");
  const name = space === -1 ? target : target.slice(0, space);
  const names = [...Object.keys(alertSeverities), ...standing.map((alert) => alert.name)];
  if (!names.includes(name)) return `there is no alert ${name}${meant(name, names)}; docs/runbooks/README.md lists all`;
  if (space === -1) return undefined;
  const subject = target.slice(space + 1);
  const known = [...subjects, ...standing.map((alert) => alert.subject)];
  if (known.includes(subject)) return undefined;
  return `no alert is about ${subject}${meant(subject, known)}; give a machine, a service, machine/agent or ${pairName}`;
}

function meant(word: string, known: readonly string[]): string {
  const near = nearestId(word, known);
  return near === undefined ? "" : `, did you mean ${near}`;
}
