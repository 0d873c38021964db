/** What a reader is told of a moment: what the fold knows, and what follows from how things stand now; the rest is unknown. Pure. */
import { moveOf } from "../../core/timeline/note-words.ts";
import type { AlertView, ServiceJson } from "../../http/api.ts";
import type { TimelineEntry } from "../../http/timeline-json.ts";
import { inOrder, keyOf, type Past, pastAt, type StoodAlert, type Worked } from "./fold.ts";

export interface Known {
  /** Newest first, and all that happened since `fromMs`. */
  entries: readonly TimelineEntry[];
  fromMs: number;
  /** How it stands now; undefined where that is not known, or not fresh. */
  alerts: readonly AlertView[] | undefined;
  services: readonly ServiceJson[] | undefined;
}

export interface ServiceThen {
  name: string;
  home: string | undefined;
  /** Undefined: not known. */
  owner: string | undefined;
  epoch: number | undefined;
}

export interface Sight {
  /** Whether what happened is known from before that moment on. */
  isReached: boolean;
  /** The longest standing first. */
  alerts: StoodAlert[];
  /** Were over later, and may have stood: when they began is not known. */
  unsure: { name: string; subject: string }[];
  /** By name. */
  services: ServiceThen[];
  worked: Worked[];
  /** Undefined: not known. */
  link: "lost" | "heard" | undefined;
}

export function sightAt(known: Known, atMs: number): Sight {
  const past = pastAt(known.entries, atMs);
  const later = inOrder(known.entries).filter((happened) => happened.atMs > atMs);
  const after = later.map(({ entry }) => entry);
  return {
    isReached: atMs >= known.fromMs,
    alerts: alertsAt(past, known.alerts, atMs),
    unsure: unsureOf(known, after, atMs),
    services: servicesAt(known, past, after, atMs),
    worked: [...past.worked.values()],
    link: linkAt(past, after),
  };
}

/** One that stands now and stood before is known, even where its begin is told no more. */
function alertsAt(past: Past, standing: Known["alerts"] = [], atMs: number): StoodAlert[] {
  const stood = new Map(past.alerts);
  for (const { name, subject, severity, since, message: text } of standing) {
    const sinceMs = Date.parse(since);
    const tone = severity === "urgent" ? "trouble" : "watch";
    if (sinceMs <= atMs && !stood.has(keyOf({ name, subject })))
      stood.set(keyOf({ name, subject }), { name, subject, tone, sinceMs, text });
  }
  return [...stood.values()].sort((a, b) => a.sinceMs - b.sinceMs);
}

/** Those whose first word that is known is their end. */
function unsureOf(known: Known, after: readonly TimelineEntry[], atMs: number): Sight["unsure"] {
  const told = new Set<string>();
  for (const { entry, atMs: toldMs } of inOrder(known.entries))
    if (toldMs <= atMs && (entry.kind === "alert" || entry.kind === "resolved")) told.add(keyOf(entry));
  return after.flatMap((entry) => {
    if ((entry.kind !== "alert" && entry.kind !== "resolved") || told.has(keyOf(entry))) return [];
    told.add(keyOf(entry));
    const { name, subject, kind } = entry;
    return kind === "resolved" ? [{ name, subject }] : [];
  });
}

function servicesAt(known: Known, past: Past, after: readonly TimelineEntry[], atMs: number): ServiceThen[] {
  const standing = new Map((known.services ?? []).map((service) => [service.name, service]));
  const next = new Map<string, { from: string; epoch: number }>();
  for (const { kind, subject, text } of after) {
    const moved = kind === "move" ? moveOf(text) : undefined;
    if (moved !== undefined && moved.epoch < (next.get(subject)?.epoch ?? Number.POSITIVE_INFINITY))
      next.set(subject, moved);
  }
  const names = [...new Set([...standing.keys(), ...past.services.keys(), ...next.keys()])].sort();
  return names.map((name): ServiceThen => {
    const home = standing.get(name)?.home;
    const told = past.services.get(name);
    if (told !== undefined) return { name, home, owner: told.owner, epoch: told.epoch };
    const moved = next.get(name);
    const now = standing.get(name);
    if (atMs < known.fromMs) return { name, home, owner: undefined, epoch: undefined };
    // Where it came from with the next move, it was before; by which epoch nobody says.
    if (moved !== undefined) return { name, home, owner: moved.from, epoch: undefined };
    return { name, home, owner: now?.owner, epoch: now?.epoch };
  });
}

function linkAt({ links }: Past, after: readonly TimelineEntry[]): Sight["link"] {
  const told = [...links.values()];
  if (told.includes("lost")) return "lost";
  if (told.length > 0) return "heard";
  // What is lost later was heard until then.
  const next = after.find(({ kind }) => kind === "link");
  return next?.name === "link-lost" ? "heard" : undefined;
}
