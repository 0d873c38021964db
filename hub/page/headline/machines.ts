/** What is wrong with the two machines: one of them dead, cut off or silent, or single parts of them. */
import { hangingText } from "../../core/suppression.ts";
import type { MachineView } from "../../http/api.ts";
import { countText, durationText, listText } from "../words.ts";
import type { Finding, Sight } from "./finding.ts";

type PartName = "hub" | "nats" | "pushgateway";

const partNames: readonly PartName[] = ["hub", "nats", "pushgateway"];
const words: Record<PartName, string> = { hub: "hub", nats: "NATS", pushgateway: "Pushgateway" };
/** A loop that stalls longer than this judges late and answers late, ms. */
const longStallMs = 1_000;

export function machineFindings(sight: Sight): Finding[] {
  return [...peerFindings(sight), ...partFindings(sight, "self"), ...stallFindings(sight)];
}

function peerFindings(sight: Sight): Finding[] {
  switch (sight.peer.view.verdict) {
    case "dead":
      return [deadFinding(sight)];
    case "isolated":
      return [isolatedFinding(sight)];
    case "suspect":
      return [suspectFinding(sight)];
    case "alive":
      return partFindings(sight, "peer");
  }
}

function deadFinding(sight: Sight): Finding {
  const { fleet, self, peer, since } = sight;
  return {
    level: "trouble",
    title: `${peer.name} is dead ${since(peer.view.since)}: hub, NATS and Pushgateway do not answer`,
    details: [
      `${fleet.hub} on ${self.name} goes on answering; its pushes have one copy until ${peer.name} is back.`,
      ...waitingText(sight),
      askedText(sight),
      ...belowText(sight),
    ],
  };
}

function isolatedFinding(sight: Sight): Finding {
  const { fleet, self, peer, since } = sight;
  return {
    level: "trouble",
    title: `${self.name} is cut off ${since(peer.view.since)}: neither ${peer.name} nor any reference address answers it`,
    details: [
      `${fleet.hub} goes on taking pushes; they have one copy until the network is back.`,
      ...waitingText(sight),
      `Nothing is said of ${peer.name}: it may well be alive.`,
    ],
  };
}

function suspectFinding({ peer, since }: Sight): Finding {
  const reasons = new Set(partNames.map((part) => peer.view[part].reason).filter((reason) => reason !== ""));
  const reason = reasons.size === 0 ? peer.view.reason : [...reasons].join(", ");
  return {
    level: "watch",
    title: `${peer.name} is under suspicion ${since(peer.view.since)}${reason === "" ? "" : `: ${reason}`}`,
    details: ["Its verdict follows within seconds."],
  };
}

function partFindings(sight: Sight, side: "self" | "peer"): Finding[] {
  const { name, view } = sight[side];
  const silent = partNames.filter((part) => view[part].verdict !== "alive");
  const lost = silent.filter((part) => view[part].verdict !== "suspect");
  const [told, level, word] =
    lost.length > 0 ? ([lost, "trouble", "dead"] as const) : ([silent, "watch", "under suspicion"] as const);
  if (told.length === 0) return [];
  const isolated = told.every((part) => view[part].verdict === "isolated");
  const [from = view.since] = told.map((part) => view[part].since).toSorted();
  const state = isolated ? "out of reach" : word;
  const subject = listText(told.map((part) => (part === "hub" ? view.hub.name : words[part])));
  const rest = partNames.filter((part) => !silent.includes(part)).map((part) => words[part]);
  const answers = rest.length === 0 ? "" : `; ${listText(rest)} there ${rest.length === 1 ? "answers" : "answer"}`;
  return [
    {
      level,
      title: `${subject} on ${name} ${told.length === 1 ? "is" : "are"} ${state} ${sight.since(from)}${answers}`,
      details: told.flatMap((part) => consequence(sight, side, part)),
    },
  ];
}

function consequence(sight: Sight, side: "self" | "peer", part: PartName): string[] {
  const { fleet, self } = sight;
  const { name, view } = sight[side];
  switch (part) {
    case "hub":
      return [
        `${fleet.hub} on ${self.name} goes on answering and takes pushes for both, with one copy until ${view.hub.name} is back.`,
        ...waitingText(sight),
        askedText(sight),
      ];
    case "nats":
      return [
        `${view.hub.name} keeps pushes in its spool on disk, with one copy, until NATS is back.`,
        ...(side === "self" ? spoolText(sight) : waitingText(sight)),
      ];
    case "pushgateway":
      return [`No push is lost: ${view.hub.name} keeps them and fills the Pushgateway of ${name} when it is back.`];
  }
}

/** The hub that answers knows of its own spool alone. */
const spoolText = ({ fleet: { buffer } }: Sight): string[] =>
  buffer === undefined ? [] : [`At this rate the spool lasts for ${durationText(buffer.secondsLeft * 1_000)}.`];

/** While the peer's hub is silent, its agents are asked from here. */
function askedText({ fleet, self, peer }: Sight): string {
  const agents = fleet.agents.filter(({ machine, isHub }) => machine === peer.name && !isHub);
  const answering = agents.filter(({ health }) => health === "healthy" || health === "degraded").length;
  const asks = `${fleet.hub} asks the agents of ${peer.name} from ${self.name}`;
  if (answering === 0) return `${asks}: none of ${agents.length} answers.`;
  if (answering === agents.length) return `${asks}: all ${agents.length} answer.`;
  return `${asks}: ${answering} of ${agents.length} answer.`;
}

/** Agents elsewhere that ail for want of those of the peer. */
function belowText({ fleet, peer }: Sight): string[] {
  const elsewhere = fleet.agents.filter(({ machine, below }) => below === peer.name && machine !== peer.name);
  const text = hangingText(
    elsewhere.map(({ name }) => name),
    peer.name,
  );
  return text === undefined ? [] : [`${text}.`];
}

function waitingText({ fleet, peer }: Sight): string[] {
  const { uncopied } = fleet.sync;
  if (uncopied === 0) return [];
  return [`${countText(uncopied, "record")} ${uncopied === 1 ? "waits" : "wait"} to be copied to ${peer.name}.`];
}

function stallFindings({ self, peer }: Sight): Finding[] {
  return [self, peer]
    .filter(({ view }) => view.lagMs >= longStallMs && view.hub.verdict === "alive")
    .map(({ name, view }: { name: string; view: MachineView }) => ({
      level: "watch",
      title: `${view.hub.name} on ${name} stood still for ${durationText(view.lagMs, "ms")}`,
      details: ["It answers and judges late while it is that busy."],
    }));
}
