/**
 * The state that all pushes of both machines amount to. Records may come in any order and more than once; both hubs reach
 * the same state, and from it the same text, to the byte.
 */
import type { Family } from "../exposition/family.ts";
import { formatNumber } from "../exposition/number.ts";
import { parseExposition } from "../exposition/parse.ts";
import { renderHeader } from "../exposition/render.ts";
import { boundsOf } from "../exposition/text-bounds.ts";
import { type Group, groupKey } from "../group-path.ts";
import { type LimitName, type OverLimit, PushLimits } from "../push-limits.ts";
import type { Push } from "../record.ts";
import { Admission, type Growth } from "./admission.ts";
import { inconsistency, misfits } from "./consistency.ts";
import type { ExpiringGroup } from "./expiry.ts";
import { FamilyIndex } from "./family-index.ts";
import { type GroupChange, type GroupDump, GroupState, justAfter, type StoredFamily } from "./group-state.ts";
import {
  type BodyBounds,
  type Prepared,
  type PreparedFamily,
  prepareBody,
  pushFailureTimeName,
  pushTimeName,
} from "./prepare.ts";
import { PushTemplate, PushTemplates } from "./push-template.ts";
import { RecentBodies } from "./recent-bodies.ts";
import { groupBytes } from "./snapshot-size.ts";

/** A push before it has a stamp. */
export type Candidate = Omit<Push, "at">;

export type CheckOutcome =
  | { ok: true; series: number }
  /** `limit` is the one that the push would pass, where nothing else is wrong with it. */
  | { ok: false; reason: string; limit?: LimitName | undefined };

export interface FoldOptions {
  /** What `check` takes. @default those of a hub that says nothing */
  limits?: PushLimits;
  /** Jobs of the inventory, beside which all others share limits of their own. @default all that there are */
  jobs?: ReadonlySet<string>;
}

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
  readonly admission: Admission;
  readonly #bounds: BodyBounds;
  /** What pushes that were checked would add. */
  readonly #growths = new WeakMap<Candidate, Growth>();
  #groupCount = 0;
  /** Keys of the existing groups in order; undefined when one came or went since. */
  #keys: string[] | undefined;

  constructor({ limits = PushLimits.parse({}), jobs }: FoldOptions = {}) {
    this.admission = new Admission(limits, jobs);
    this.#bounds = boundsOf(limits);
  }

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
   * Whether a push keeps within the limits and would be consistent in itself and with what is stored. Of two pushes that are checked
   * before either is applied, and contradict each other, the newer one is shown, by the rule for machines that were apart.
   */
  check(candidate: Candidate): CheckOutcome {
    const outcome = this.#judge(candidate);
    if (!outcome.ok && outcome.limit !== undefined) this.admission.noteRefusal(outcome.limit);
    return outcome;
  }

  /** What a checked push adds counts as there from now on, until the returned function is called: once it is folded, or failed. */
  reserve(candidate: Candidate): () => void {
    const growth = this.#growths.get(candidate);
    return growth === undefined ? () => {} : this.admission.reserve(growth);
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

  /** Of the existing groups, in order. */
  keys(): readonly string[] {
    this.#keys ??= [...this.#states.values()]
      .filter((state) => state.exists)
      .map((state) => state.key)
      .sort();
    return this.#keys;
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

  #judge(candidate: Candidate): CheckOutcome {
    const { op, group, body } = candidate;
    const key = groupKey(group);
    const state = this.#states.get(key);
    const overPath = state === undefined ? this.admission.overPath(group) : undefined;
    if (overPath !== undefined) return { ok: false, ...overPath };
    if (op === "delete") return this.#admitted(candidate, state, nothing.families);
    const prepared = this.#prepareAnew(key, candidate, this.#bounds);
    if (!prepared.ok) return prepared;
    const { families } = prepared;
    const shape = (state ?? new GroupState(key, group)).shape;
    const overShapes = this.#overShapes(shape, families);
    if (overShapes !== undefined) return { ok: false, ...overShapes };
    const reason = inconsistency(this.#index, { op, key, shape, families });
    if (reason !== undefined) return { ok: false, reason };
    const outcome = this.#admitted(candidate, state, families);
    if (outcome.ok) this.#recent.keep(key, body, families);
    return outcome;
  }

  #overShapes(shape: string, families: readonly PreparedFamily[]): OverLimit | undefined {
    for (const { name } of families) {
      const shapes = this.#index.entry(name)?.shapes;
      const over = shapes === undefined || shapes.has(shape) ? undefined : this.admission.overShapes(name, shapes.size);
      if (over !== undefined) return over;
    }
    return undefined;
  }

  /** Whether there is room for it. */
  #admitted(candidate: Candidate, state: GroupState | undefined, families: readonly PreparedFamily[]): CheckOutcome {
    const growth = growthOf(candidate, state, families);
    const series = families.reduce((sum, family) => sum + family.series, 0);
    const over = this.admission.overPush(series) ?? this.admission.overGrowth(growth);
    if (over !== undefined) return { ok: false, ...over };
    this.#growths.set(candidate, growth);
    return { ok: true, series };
  }

  #change(state: GroupState, write: () => GroupChange): { took: boolean; changed: string[] } {
    const { key } = state;
    const existed = state.exists;
    const before = this.#states.has(key)
      ? { remembered: 1, series: state.series, characters: state.characters }
      : { remembered: 0, series: 0, characters: 0 };
    this.#states.set(key, state);
    const { took, removed, added } = write();
    this.admission.held.add(jobOf(state.group), {
      remembered: 1 - before.remembered,
      groups: Number(state.exists) - Number(existed),
      series: state.series - before.series,
      characters: state.characters - before.characters,
    });
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

  /** @param bounds none for what is stored. What a template fits differs from a push that was taken in its values only. */
  #prepareAnew(key: string, { group, body }: Candidate, bounds?: BodyBounds): Prepared {
    const families = this.#templates.get(key)?.fill(body);
    if (families !== undefined) return { ok: true, families };
    const prepared = prepareBody(group, body, bounds);
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
    for (const key of this.keys()) {
      const state = this.#states.get(key);
      if (state !== undefined) yield state;
    }
  }
}

const nothing: { ok: true; families: PreparedFamily[] } = { ok: true, families: [] };

const pushTimeHelp = (how: string) => `Last Unix time when changing this group in the Pushgateway ${how}.`;

const jobOf = (group: Group): string => group[0]?.[1] ?? "";

function growthOf(
  { op, group }: Candidate,
  state: GroupState | undefined,
  families: readonly PreparedFamily[],
): Growth {
  const isNew = state === undefined;
  const empty = state?.emptyCharacters ?? groupBytes(group);
  let [series, characters] = [0, isNew ? empty : 0];
  for (const family of families) {
    const replaced = op === "post" ? state?.families.get(family.name) : undefined;
    series += family.series - (replaced?.series ?? 0);
    characters += family.characters - (replaced?.characters ?? 0);
  }
  if (op !== "post") {
    series -= state?.series ?? 0;
    characters -= state === undefined ? 0 : state.characters - empty;
  }
  const isDelete = op === "delete";
  return {
    job: jobOf(group),
    remembered: isNew ? 1 : 0,
    groups: isDelete ? -Number(state?.exists === true) : Number(state?.exists !== true),
    series,
    characters,
    groupSeries: (state?.series ?? 0) + series,
    isDelete,
  };
}

function view({ key, group, pushedAtMs, series }: GroupState): GroupView {
  return { key, group, pushedAtMs, series };
}
