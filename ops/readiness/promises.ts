/** What DESIGN.md promises, and by which evidence each promise is judged. */

export interface Need {
  /** Of the evidence. */
  name: string;
  /** How the evidence is made. */
  command: string;
  /** A run of less proves nothing, so it is passed over; a run of less that fails counts all the same. */
  scope?: Readonly<Record<string, number>>;
  /** Figures may be no larger. */
  most?: Readonly<Record<string, number>>;
  /** Figures may be no smaller. */
  least?: Readonly<Record<string, number>>;
  /** Figures that the table shows. */
  shows: readonly string[];
}

export interface Promised {
  title: string;
  needs: readonly Need[];
}

const dir = "--evidence .tandem-evidence";
const loss = (...shows: string[]) => ({
  name: "prove-loss",
  command: `npm run prove:loss -- ${dir}`,
  scope: { minutes: 2 },
  shows,
});
const chaos = (...shows: string[]) => ({
  name: "chaos",
  command: `npm run chaos -- ${dir}`,
  scope: { whole: 1 },
  shows,
});
const sim = (...shows: string[]) => ({
  name: "sim",
  command: `npm run sim -- --seeds 1000 ${dir}`,
  scope: { seeds: 1_000 },
  shows,
});
const failover = (...shows: string[]) => ({
  name: "bench-failover",
  command: `npm run bench:failover -- ${dir}`,
  scope: { runs: 5 },
  shows,
});

export const promises: readonly Promised[] = [
  {
    title: "1 no acknowledged record is lost",
    needs: [
      { ...loss("acknowledged", "lost"), most: { lost: 0, twice: 0 }, least: { acknowledged: 1 } },
      {
        name: "prove-fsync",
        command: `npm run prove:fsync -- ${dir}`,
        // Without strace it says nothing of the order of disk and answer.
        scope: { traced: 1 },
        most: { early: 0, lost: 0 },
        shows: ["early", "lost"],
      },
      { ...chaos("acknowledged", "lost"), most: { lost: 0 } },
      {
        name: "prove-endurance",
        command: `npm run prove:endurance -- ${dir}`,
        scope: { minutes: 60 },
        most: { missing: 0, problems: 0 },
        shows: ["acknowledged", "perSecond", "missing"],
      },
    ],
  },
  {
    title: "2 no service has two owners of one epoch",
    needs: [{ ...sim("seeds", "moves") }, { ...chaos("scenarios") }],
  },
  {
    title: "3 both sides converge",
    needs: [
      { ...loss("longestSettleMs"), most: { unequal: 0 } },
      { ...sim("slowestSettledMs") },
      { ...chaos("unrecovered"), most: { unrecovered: 0 } },
    ],
  },
  {
    title: "4 nothing waits for ever",
    needs: [{ ...chaos("worstRecoveryMs"), most: { unrecovered: 0 } }, { ...sim("slowestSettledMs") }],
  },
  {
    title: "5 no secret of ours lies open",
    needs: [
      {
        name: "secrets-audit",
        command: `tandem secrets audit ${dir}`,
        // One machine of two, or no plan, is less than was promised; a secret of a few letters cannot be searched for.
        scope: { secrets: 1, previewed: 1, whole: 1 },
        most: { found: 0, unsearched: 0, tooShort: 0 },
        shows: ["secrets", "found"],
      },
    ],
  },
  {
    title: "6 pulumi preview tells the truth",
    needs: [{ name: "e2e", command: `npm run e2e -- ${dir}`, scope: { whole: 1 }, shows: ["tookSeconds"] }],
  },
  {
    title: "failover within 5 s",
    needs: [
      { ...failover("answersAgainWorstMs"), most: { answersAgainWorstMs: 5_000 } },
      { ...chaos("worstOutageMs"), most: { worstOutageMs: 5_000 } },
    ],
  },
  {
    title: "sync within 2 s",
    needs: [{ ...failover("healthAtPeerWorstMs"), most: { healthAtPeerWorstMs: 2_000 } }],
  },
  {
    title: "available 99.9 % of the time",
    needs: [
      { ...chaos("availability"), least: { availability: 0.999 } },
      {
        name: "sim-hours",
        command: `npm run sim -- --hours 168 ${dir}`,
        scope: { hours: 168 },
        least: { availability: 0.999 },
        shows: ["hours", "availability"],
      },
    ],
  },
  {
    title: "agents migrate, and come back where they do worse",
    needs: [
      { name: "prove-migration", command: `npm run prove:migration -- ${dir}`, shows: ["done", "undoneAfterMs"] },
    ],
  },
];
