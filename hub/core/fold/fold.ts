/**
 * The state that all pushes of both machines amount to. Records may come in any order and more than once; both hubs reach
 * the same state, and from it the same text, to the byte.
 */
import type { Family } from "../exposition/family.ts";
import { formatNumber } from "../exposition/number.ts";
import { parseExposition } from "../exposition/parse.ts";
import { renderHeader } from "../exposition/render.ts";
import { type Group, groupKey } from "../group-path.ts";
import type { Push } from "../record.ts";
import { inconsistency, misfits } from "./consistency.ts";
import type { ExpiringGroup } from "./expiry.ts";
import { FamilyIndex } from "./family-index.ts";
import { type GroupChange, type GroupDump, GroupState, justAfter, type StoredFamily } from "./group-state.ts";
import { type Prepared, type PreparedFamily, prepareBody, pushFailureTimeName, pushTimeName } from "./prepare.ts";
import { PushTemplate, PushTemplates } from "./push-template.ts";
import { RecentBodies } from "./recent-bodies.ts";

/** A push before it has a stamp. */
export type Candidate = Omit<Push, "at">;

export type CheckOutcome = { ok: true; series: number } | { ok: false; reason: string };

export interface ApplyOutcome {
  /**
   * `applied`: it changed the state. `lost`: the other machine wrote later. `repeated`: seen before, or the same machine
   * wrote later. `unreadable`: its body is no text that `check` would accept; ignored, as on every other hub.
   */
  outcome: "applied" | "lost" | "repeated" | "unreadable";
  /** Keys of the groups whose text may have changed: the push's own, and others when a conflict came or went. */
  changed: string[];
}

export interface GroupView {
  key: string;
  group: Group;
  /** Wall time of the last PUT or POST, ms. */
  pushedAtMs: number;
  series: number;
}

/** A family of one group, with the time of the write that it is from, ms. */
export interface FamilyView extends Family {
  writtenAtMs: number;
}

/** Mutable, one per hub. */
export class Fold {
  readonly #states = new Map<string, GroupState>();
  readonly #index = new FamilyIndex();
  readonly #recent = new RecentBodies();
  readonly #templates = new PushTemplates();
  /** Keys of the groups that expire when nobody pushes them. */
  readonly #expiring = new Set<string>();
  #groupCount = 0;
  /** Keys of the existing groups in order; undefined when one came or went since. */
  #keys: string[] | undefined;

  get groupCount(): number {
    return this.#groupCount;
  }

  /** Groups that are only kept to tell an old write from a new one. */
  get tombstoneCount(): number {
    return this.#states.size - this.#groupCount;
  }

  /** Sample lines of all groups, push times aside. */
  get seriesCount(): number {
    return this.#index.seriesCount;
  }

  /** Families of groups, and series, that are stored but not shown as they were pushed, because a newer write contradicts. */
  get conflictCount(): number {
    return this.#index.conflictCount;
  }

  /**
   * Whether a push would be consistent in itself and with what is stored. Nothing is reserved: two pushes that are checked
   * before either is applied may contradict each other, and are then shown by the rule for machines that were apart.
   */
  check(candidate: Candidate): CheckOutcome {
    if (candidate.op === "delete") return { ok: true, series: 0 };
    const key = groupKey(candidate.group);
    const prepared = this.#prepareAnew(key, candidate);
    if (!prepared.ok) return prepared;
    const shape = new GroupState(key, candidate.group).shape;
    const { families } = prepared;
    const reason = inconsistency(this.#index, { op: candidate.op, key, shape, families });
    if (reason !== undefined) return { ok: false, reason };
    this.#recent.keep(key, candidate.body, families);
    return { ok: true, series: families.reduce((sum, family) => sum + family.series, 0) };
  }

  /**
   * Of a push that `check` refuses, each family that does not fit what is stored, and why; empty where the push is refused as
   * a whole. Without them it may fit.
   */
  misfits(candidate: Candidate): Map<string, string> {
    const key = groupKey(candidate.group);
    const prepared = this.#prepareAnew(key, candidate);
    if (!prepared.ok) return new Map();
    const push = { op: candidate.op, key, shape: new GroupState(key, candidate.group).shape, ...prepared };
    return new Map([...misfits(this.#index, push)].map(({ name, reason }) => [name, reason]));
  }

  /** @param origin machine whose hub took the push */
  apply(push: Push, origin: string): ApplyOutcome {
    const stamp = push.upTo === undefined ? { at: push.at, machine: origin } : justAfter(push.upTo);
    const key = groupKey(push.group);
    const state = this.#states.get(key) ?? new GroupState(key, push.group);
    const prepared = push.op === "delete" || state.hides(stamp) ? nothing : this.#prepare(key, push);
    if (!prepared.ok) return { outcome: "unreadable", changed: [] };
    const newest = state.newest;
    const { took, changed } = this.#change(state, () =>
      push.op === "delete" ? state.delete(stamp) : state.write(push.op, stamp, prepared.families, push.expiresAfterMs),
    );
    const outcome = took ? "applied" : newest?.machine === origin ? "repeated" : "lost";
    return { outcome, changed };
  }

  /**
   * Takes in a group of a snapshot, as if all the writes that made it came again.
   * @returns keys of the groups whose text may have changed
   */
  merge(dump: Omit<GroupDump, "key">): string[] {
    const key = groupKey(dump.group);
    const state = this.#states.get(key) ?? new GroupState(key, dump.group);
    return this.#change(state, () => state.merge(dump)).changed;
  }

  /**
   * Body of a PUT that makes a Pushgateway's group equal to this one; undefined when the group does not exist. The group's
   * labels stand on every series, where the Pushgateway would put the same ones.
   */
  groupText(key: string): string | undefined {
    const state = this.#states.get(key);
    if (state?.exists !== true) return undefined;
    return this.#shown(state)
      .map(
        ({ family, text }) =>
          renderHeader(family.name, this.#index.shownType(family) ?? family.type, family.help) + text,
      )
      .join("");
  }

  group(key: string): GroupView | undefined {
    const state = this.#states.get(key);
    return state?.exists === true ? view(state) : undefined;
  }

  /** Whether the group exists: it was pushed and not deleted since. */
  has(key: string): boolean {
    return this.#states.get(key)?.exists === true;
  }

  /** The labels of a group, also of one that was deleted. */
  groupOf(key: string): Group | undefined {
    return this.#states.get(key)?.group;
  }

  /** Of all groups, those that were deleted included. */
  keys(): Iterable<string> {
    return this.#states.keys();
  }

  /** Existing groups in the order of their keys. */
  *groups(): Iterable<GroupView> {
    for (const state of this.#existing()) yield view(state);
  }

  /** Existing groups that end when nobody pushes them. */
  *expiring(): Iterable<ExpiringGroup> {
    for (const key of this.#expiring) {
      const state = this.#states.get(key);
      if (state?.expiry !== undefined) yield { group: state.group, ...state.expiry };
    }
  }

  /** What `groupText` shows, as metrics. */
  families(key: string): FamilyView[] {
    const state = this.#states.get(key);
    if (state?.exists !== true) return [];
    return this.#shown(state).flatMap(({ family, text }) => {
      const type = this.#index.shownType(family) ?? family.type;
      const parsed = parseExposition(renderHeader(family.name, type, family.help) + text);
      return parsed.ok ? parsed.families.map((each) => ({ ...each, writtenAtMs: family.stamp.at.wallMs })) : [];
    });
  }

  /** Everything in one text, as a Pushgateway's `/metrics` has it, its own metrics aside. */
  metricsText(): string {
    const texts = [...this.#index.texts()];
    texts.push(...this.#pushTimes());
    return texts
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ text }) => text)
      .join("");
  }

  /** What `merge` takes, group by group; those that come or go meanwhile may be among them or not. */
  *dumps(): Iterable<GroupDump> {
    for (const state of this.#states.values()) yield state.dump();
  }

  /** Everything that decides the state, in an order of its own: equal on two hubs that have applied the same records. */
  state(): GroupDump[] {
    return [...this.#states.values()].map((state) => state.dump()).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #change(state: GroupState, write: () => GroupChange): { took: boolean; changed: string[] } {
    const { key } = state;
    this.#states.set(key, state);
    const existed = state.exists;
    const { took, removed, added } = write();
    if (state.expiry === undefined) this.#expiring.delete(key);
    else this.#expiring.add(key);
    if (state.exists !== existed) {
      this.#groupCount += state.exists ? 1 : -1;
      this.#keys = undefined;
    }
    const changed = new Set(took ? [key] : []);
    this.#addTwinKeys(changed, removed);
    for (const name of this.#index.change(removed, added)) {
      for (const other of this.#index.entry(name)?.byGroup.keys() ?? []) changed.add(other);
    }
    this.#addTwinKeys(changed, added);
    return { took, changed: [...changed] };
  }

  #prepare(key: string, push: Push): Prepared {
    const families = this.#recent.take(key, push.body);
    return families === undefined ? this.#prepareAnew(key, push) : { ok: true, families };
  }

  #prepareAnew(key: string, { group, body }: Candidate): Prepared {
    const families = this.#templates.get(key)?.fill(body);
    if (families !== undefined) return { ok: true, families };
    const prepared = prepareBody(group, body);
    // A group that is pushed once, as many are, needs none.
    if (prepared.ok && this.#states.has(key)) this.#templates.keep(key, PushTemplate.of(body, prepared.families));
    return prepared;
  }

  #shown(state: GroupState): { family: StoredFamily; text: string }[] {
    return [...state.families.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter((family) => this.#index.shownType(family) !== undefined)
      .map((family) => ({ family, text: this.#index.shownText(family) }))
      .filter(({ text }) => text !== "");
  }

  #addTwinKeys(keys: Set<string>, families: readonly StoredFamily[]): void {
    for (const family of families) {
      const entry = this.#index.entry(family.name);
      if (entry === undefined || entry.shapes.size < 2) continue;
      for (const { other } of this.#index.twins.find(entry, family, family.key, family.shape)) keys.add(other.key);
    }
  }

  #pushTimes(): { name: string; text: string }[] {
    if (this.#groupCount === 0) return [];
    let succeeded = renderHeader(pushTimeName, "gauge", pushTimeHelp("succeeded"));
    let failed = renderHeader(pushFailureTimeName, "gauge", pushTimeHelp("failed"));
    for (const state of this.#existing()) {
      const { labelText, pushedAtMs } = state;
      succeeded += `${pushTimeName}{${labelText}} ${formatNumber(pushedAtMs / 1000)}\n`;
      // A refused push leaves no trace in the state, so no group ever has a time of failure.
      failed += `${pushFailureTimeName}{${labelText}} 0\n`;
    }
    return [
      { name: pushTimeName, text: succeeded },
      { name: pushFailureTimeName, text: failed },
    ];
  }

  *#existing(): Iterable<GroupState> {
    this.#keys ??= [...this.#states.values()]
      .filter((state) => state.exists)
      .map((state) => state.key)
      .sort();
    for (const key of this.#keys) {
      const state = this.#states.get(key);
      if (state !== undefined) yield state;
    }
  }
}

const nothing: { ok: true; families: PreparedFamily[] } = { ok: true, families: [] };

const pushTimeHelp = (how: string) => `Last Unix time when changing this group in the Pushgateway ${how}.`;

function view(state: GroupState): GroupView {
  const { key, group, pushedAtMs } = state;
  let series = 0;
  for (const family of state.families.values()) series += family.series;
  return { key, group, pushedAtMs, series };
}
