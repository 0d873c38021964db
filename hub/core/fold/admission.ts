/**
 * Judges what a push would add to the fold against the limits, and counts what was refused. What is under way from a check to the
 * fold counts as there already, so that many pushes at once do not pass a limit together.
 */
import { ByteBudget } from "../byte-budget.ts";
import { splitIt } from "../exposition/text-bounds.ts";
import type { Group } from "../group-path.ts";
import { type LimitName, limitNames, type OverLimit, type PushLimits } from "../push-limits.ts";
import { type Amount, Tally } from "./tally.ts";

/** What a push would add, and what its group would then be. */
export interface Growth extends Amount {
  job: string;
  groupSeries: number;
  isDelete: boolean;
}

/** How much of a limit is used. */
export interface LimitFill {
  limit: LimitName;
  used: number;
  most: number;
  /** The job that has most, of a limit on each job. */
  job?: string;
}

export class Admission {
  readonly limits: PushLimits;
  /** What is in memory on its way to the fold. */
  readonly bytes: ByteBudget;
  /** What the fold holds. */
  readonly held: Tally;
  /** What is checked and on its way into the fold. */
  readonly #reserved: Tally;
  readonly #refusals = new Map<LimitName, number>(limitNames.map((name) => [name, 0]));

  /** @param jobs those of the inventory; without them no job is a guest */
  constructor(limits: PushLimits, jobs: ReadonlySet<string> | undefined) {
    this.limits = limits;
    this.bytes = new ByteBudget(limits.bytesUnderWay, () => this.noteRefusal("bytesUnderWay"));
    const isGuest = (job: string) => jobs !== undefined && !jobs.has(job);
    this.held = new Tally(isGuest);
    this.#reserved = new Tally(isGuest);
  }

  /** Pushes refused by each limit, since the start. */
  get refusals(): ReadonlyMap<LimitName, number> {
    return this.#refusals;
  }

  noteRefusal(limit: LimitName): void {
    this.#refusals.set(limit, (this.#refusals.get(limit) ?? 0) + 1);
  }

  /** How much of a limit on more than one push is used; undefined of the others. */
  used(limit: LimitName): number | undefined {
    const { total, guests } = this.held;
    switch (limit) {
      case "series":
        return total.series;
      case "seriesPerJob":
        return this.held.largest("series").amount;
      case "guestSeries":
        return guests.series;
      case "groups":
        return total.groups;
      case "groupsPerJob":
        return this.held.largest("groups").amount;
      case "guestGroups":
        return guests.groups;
      case "tombstones":
        return total.remembered - total.groups;
      case "rememberedGroups":
        return total.remembered;
      case "textCharacters":
        return total.characters;
      case "bytesUnderWay":
        return this.bytes.used;
      default:
        return undefined;
    }
  }

  /** The limits on what stands, with how much of each is used; those on one push and on what is under way pass by themselves. */
  get fills(): LimitFill[] {
    const ofJobs = { seriesPerJob: this.held.largest("series"), groupsPerJob: this.held.largest("groups") };
    return limitNames.flatMap((limit): LimitFill[] => {
      const most = this.limits[limit];
      if (limit === "seriesPerJob" || limit === "groupsPerJob") {
        const { job, amount } = ofJobs[limit];
        return [{ limit, used: amount, most, job }];
      }
      const used = limit === "bytesUnderWay" ? undefined : this.used(limit);
      return used === undefined ? [] : [{ limit, used, most }];
    });
  }

  /** The labels of a group that is not there yet. */
  overPath(group: Group): OverLimit | undefined {
    const { groupingLabels, pathCharacters } = this.limits;
    if (group.length > groupingLabels) {
      return over("groupingLabels", groupingLabels, `its group has ${group.length} labels, the job included`);
    }
    const characters = group.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (characters <= pathCharacters) return undefined;
    return over(
      "pathCharacters",
      pathCharacters,
      `the names and values of its group's labels have ${characters} characters`,
    );
  }

  overPush(series: number): OverLimit | undefined {
    const { seriesPerPush } = this.limits;
    if (series <= seriesPerPush) return undefined;
    return over("seriesPerPush", seriesPerPush, `it has ${series} series`, splitIt);
  }

  /** @param shapes sets of grouping labels' names that the family stands in, with none of which the push agrees */
  overShapes(name: string, shapes: number): OverLimit | undefined {
    const { shapesPerFamily } = this.limits;
    if (shapes < shapesPerFamily) return undefined;
    const what = `${name} would stand in ${shapes + 1} sets of grouping labels`;
    return over("shapesPerFamily", shapesPerFamily, what, "push it with the labels that others push it with");
  }

  /** One that adds nothing passes, however full the fold is. */
  overGrowth(growth: Growth): OverLimit | undefined {
    const { series, groups, remembered, characters } = growth;
    const text = this.#had("total", "characters") + characters;
    // A value may take more digits than the one before it, for which a full fold must not freeze who adds no series.
    const isLong = characters > 0 && text > this.limits.textCharacters * roomForDigits;
    if (series <= 0 && groups <= 0 && remembered <= 0 && !isLong) return undefined;
    for (const { limit, grows, had, what, deed } of this.#questions(growth)) {
      const sum = had + grows;
      if (grows > 0 && sum > this.limits[limit]) return over(limit, this.limits[limit], what(sum), deed);
    }
    return undefined;
  }

  /** From now until it is called back, that much counts as there. */
  reserve(growth: Growth): () => void {
    const { job } = growth;
    this.#reserved.add(job, growth);
    let isHeld = true;
    return () => {
      if (isHeld) this.#reserved.add(job, negative(growth));
      isHeld = false;
    };
  }

  *#questions({ job, series, groups, remembered, characters, groupSeries, isDelete }: Growth): Iterable<Question> {
    const name = jobText(job);
    const guests = "the jobs that the inventory does not name";
    const own = (what: keyof Amount) => this.held.of(job)[what] + this.#reserved.of(job)[what];
    const question = (limit: LimitName, grows: number, had: number, what: Question["what"], deed: string) => {
      return { limit, grows, had, what, deed };
    };
    const seriesOf = (whose: string) => (sum: number) => `${whose} would have ${sum} series`;
    const groupsOf = (whose: string) => (sum: number) => `${whose} would have ${sum} groups`;
    yield question(
      "seriesPerGroup",
      series,
      groupSeries - series,
      seriesOf("its group"),
      "push under another instance",
    );
    yield question("seriesPerJob", series, own("series"), seriesOf(name), "push fewer, or delete old groups");
    yield question("groupsPerJob", groups, own("groups"), groupsOf(name), groupsDeed);
    if (this.held.isGuest(job)) {
      yield question("guestSeries", series, this.#had("guests", "series"), seriesOf(guests), guestsDeed);
      yield question("guestGroups", groups, this.#had("guests", "groups"), groupsOf(guests), guestsDeed);
    }
    yield question("series", series, this.#had("total", "series"), seriesOf("all groups"), "delete old groups");
    yield question("groups", groups, this.#had("total", "groups"), (sum) => `there would be ${sum} groups`, groupsDeed);
    const tombstones = this.#had("total", "remembered") - this.#had("total", "groups");
    const deletes = isDelete ? remembered : 0;
    yield question("tombstones", deletes, tombstones, tombstonesOf, "what was never pushed needs no DELETE");
    const known = this.#had("total", "remembered");
    yield question("rememberedGroups", remembered, known, rememberedOf, "push into groups that are there already");
    yield question("textCharacters", characters, this.#had("total", "characters"), textOf, "delete old groups");
  }

  #had(whose: "total" | "guests", what: keyof Amount): number {
    return this.held[whose][what] + this.#reserved[whose][what];
  }
}

interface Question {
  limit: LimitName;
  grows: number;
  had: number;
  what(sum: number): string;
  deed: string;
}

/** Its name may be as long as a path. */
export const jobText = (job: string): string => `job ${JSON.stringify(job.length > 60 ? `${job.slice(0, 60)}…` : job)}`;

const roomForDigits = 1.25;
const groupsDeed = "delete old ones, or give them Tandem-Expires-After";
const guestsDeed = "delete old groups, or name the job in the inventory";
const tombstonesOf = (sum: number) => `with this one ${sum} deleted groups would be remembered`;
const rememberedOf = (sum: number) => `${sum} groups would be remembered, deleted ones included`;
const textOf = (sum: number) => `all groups would take ${sum} characters`;

function over(limit: LimitName, most: number, what: string, deed?: string): OverLimit {
  const reason = `${what}, and ${most} is the most (limits.${limit})`;
  return { limit, reason: deed === undefined ? reason : `${reason}; ${deed}` };
}

const negative = ({ remembered, groups, series, characters }: Amount): Amount => ({
  remembered: -remembered,
  groups: -groups,
  series: -series,
  characters: -characters,
});
