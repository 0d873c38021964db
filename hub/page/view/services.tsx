/** Where each service acts: its two instances at the sides of their machines, and between them a line to the one that acts. */
import type { ServiceJson } from "../../http/api.ts";
import { countText, listText } from "../words.ts";
import type { OperatorSeat } from "./actions.ts";
import { Mark, type Tone, toneOfHealth } from "./look.tsx";
import { FormFor } from "./order-form.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface ServicesProps {
  services: readonly ServiceJson[];
  /** The pair's, in the order of the page. */
  machines: readonly string[];
  old: string | undefined;
  operator: OperatorSeat | undefined;
}

const toneOfState: Record<ServiceJson["state"], Tone> = {
  home: "well",
  away: "watch",
  moving: "watch",
  held: "trouble",
};
const rank: Record<ServiceJson["state"], number> = { held: 0, moving: 1, away: 2, home: 3 };

export function Services({ services, machines, old, operator }: ServicesProps) {
  if (services.length === 0) return null;
  const ordered = services.toSorted((a, b) => rank[a.state] - rank[b.state] || (a.name < b.name ? -1 : 1));
  const quiet = ordered.filter(isQuiet);
  const loud = ordered.filter((service) => !isQuiet(service));
  const rows = (some: readonly ServiceJson[]) => (
    <ul class="lanes">
      {some.map((service) => (
        <Lane key={service.name} {...{ service, machines, operator }} />
      ))}
    </ul>
  );
  return (
    <section class={sectionClass("services", old)} aria-labelledby="services-title">
      <SectionHead id="services-title" title="Services" count={countsText(services)} old={old} />
      {loud.length === 0 ? null : rows(loud)}
      {quiet.length === 0 ? null : (
        <details>
          <summary>{quietText(quiet, loud.length > 0)}</summary>
          {rows(quiet)}
        </details>
      )}
    </section>
  );
}

/** At home, with both instances well: nothing that a reader in a hurry must see. */
const isQuiet = (service: ServiceJson): boolean =>
  service.state === "home" &&
  service.reason === "" &&
  Object.entries(service.instances).every(([machine, { health }]) => health === "healthy" || rests(service, machine));

/** A cold standby is stopped until it is needed: that it does not answer is as it should be. */
const rests = ({ mode, standby, owner, instances }: ServiceJson, machine: string): boolean =>
  mode === "cold" && machine === standby && machine !== owner && instances[machine]?.health !== "healthy";

function quietText(quiet: readonly ServiceJson[], beside: boolean): string {
  const which = countText(quiet.length, beside ? "more service" : "service");
  const act = quiet.length === 1 ? "acts at home, its standby is" : "act at home, their standbys are";
  return `${which} ${act} well: ${listText(
    quiet.map(({ name }) => name),
    3,
  )}`;
}

function countsText(services: readonly ServiceJson[]): string {
  const states = (Object.keys(rank) as ServiceJson["state"][]).map((state) => {
    const { length } = services.filter((service) => service.state === state);
    return length === 0 ? "" : `${length} ${state}`;
  });
  return states.filter((text) => text !== "").join(" · ");
}

interface LaneProps extends Pick<ServicesProps, "machines" | "operator"> {
  service: ServiceJson;
}

function Lane({ service, machines, operator }: LaneProps) {
  const { name, state, epoch, owner, home, standby, reason, mode, singleWriter, route } = service;
  const tone = toneOfState[state];
  const side = state === "held" || state === "moving" ? "nowhere" : machines.indexOf(owner) === 0 ? "left" : "right";
  const to = owner === home ? standby : home;
  return (
    <li class={`lane is-${tone} goes-${side}`}>
      <div class="lane-middle">
        <p class="lane-name">
          <Mark tone={tone} />
          <strong>{name}</strong> <span class="lane-state">{stateText(service)}</span>
        </p>
        <p class="lane-facts">
          {state === "held" || state === "moving" ? `epoch ${epoch} of ${owner}` : `epoch ${epoch}`} · {mode}
          {singleWriter ? " · single writer" : null}
          {route === null ? null : ` · route :${route}`}
        </p>
        {reason === "" ? null : <p class="lane-why">{reason}</p>}
        {operator === undefined ? null : (
          <button
            type="button"
            class="deed"
            onClick={() => operator.act.open({ kind: "switchover", service: name, from: owner, to })}
          >
            Switch over to {to}
            <span class="unseen"> ({name})</span>
          </button>
        )}
        <FormFor operator={operator} kind="switchover" subject={name} />
      </div>
      {machines.map((machine, at) => (
        <Instance key={machine} {...{ service, machine }} side={at === 0 ? "left" : "right"} />
      ))}
    </li>
  );
}

function stateText({ state, owner }: ServiceJson): string {
  switch (state) {
    case "home":
      return `at home on ${owner}`;
    case "away":
      return `away on ${owner}`;
    case "moving":
      return "is being moved";
    case "held":
      return "held: nobody acts";
  }
}

function Instance({ service, machine, side }: { service: ServiceJson; machine: string; side: "left" | "right" }) {
  const instance = service.instances[machine];
  if (instance === undefined) return null;
  const acts = service.owner === machine && (service.state === "home" || service.state === "away");
  const isStopped = rests(service, machine);
  return (
    <p class={`instance is-${side}${acts ? " acts" : ""}`}>
      <Mark tone={isStopped ? "unknown" : toneOfHealth[instance.health]} />
      <span class="instance-machine">{machine}</span>
      <span class="instance-words">
        {acts ? "acts" : machine === service.home ? "home" : "standby"}, {isStopped ? "stopped" : instance.health}
      </span>
      <span class="part-url">:{instance.port}</span>
    </p>
  );
}
