/** Looks anew at what was planned at the head of a machine's turn: the plan may be minutes old, and another machine was changed meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Owner } from "./lock.ts";
import { holderOf } from "./lock.ts";
import { lookAtHubs } from "./look.ts";
import type { Task } from "./machine-run.ts";
import { cutServices, type Move, movesOf, outagesOf } from "./plan.ts";
import { unsoundnessOf } from "./soundness.ts";

export type Renewed =
  | { kind: "go"; moves: Move[] }
  /** Nothing more is to be done by this run, not even the way back. */
  | { kind: "stop"; why: string }
  | { kind: "refuse"; why: string };

export interface RenewOptions {
  owner: Pick<Owner, "id">;
  /** Whether the pair must be sound: not alone, and not while one of it is made or made whole. */
  mustBeSound: boolean;
  allowOutage: boolean;
  signal: AbortSignal;
}

/** What has just been settled may take a moment until it is in sync again. */
const looksAtMost = 5;
const againMs = 1_000;

export async function renew({ place, peer, plan, heals }: Task, options: RenewOptions): Promise<Renewed> {
  const { owner, mustBeSound, allowOutage, signal } = options;
  const holder = await holderOf(place);
  if (holder?.id !== owner.id)
    return { kind: "stop", why: `the lock of ${place.name} is not this run's any more (tandem unlock)` };
  for (let look = 1; ; look++) {
    if (signal.aborted) return { kind: "stop", why: "an operator has ended it" };
    const looks = await lookAtHubs(place);
    const pair = place.pair === undefined || peer === undefined ? [] : [place.name, peer.name];
    const unsound = unsoundnessOf(new Map(pair.flatMap((name, i) => (looks[i] ? [[name, looks[i]] as const] : []))));
    if (mustBeSound && unsound.length > 0) {
      if (look < looksAtMost) {
        await sleep(againMs);
        continue;
      }
      return { kind: "refuse", why: `the pair is not whole: ${unsound.join("; ")}` };
    }
    const services = looks.find((one) => one.services !== undefined)?.services;
    if (services === undefined) return { kind: "go", moves: plan.moves };
    const peerAway = place.pair !== undefined && peer === undefined ? "the other machine takes no part" : undefined;
    const cut = cutServices({ machine: place.name, services, peerAway }, plan.replaced);
    const outages = outagesOf(cut);
    if (outages.length === 0 || allowOutage || heals) return { kind: "go", moves: movesOf(cut, place.name) };
    const why = outages.map(({ service, reason }) => `${service} would be down for the time of its restart: ${reason}`);
    return { kind: "refuse", why: why.join("\n") };
  }
}
