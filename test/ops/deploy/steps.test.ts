import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { begin, type Command, type End, type Event, next, type StepMachine } from "../../../ops/deploy/steps.ts";

const pair: StepMachine[] = [
  { name: "pc2", changes: true, hasPrevious: true },
  { name: "mainpc", changes: true, hasPrevious: true },
];
const told = (command: Command) =>
  command.do === "end"
    ? command.end.outcome
    : [command.do, command.machine, ...("way" in command && command.way === "back" ? ["back"] : [])].join(" ");

/** Plays a deployment; `spoil` says which commands, as `told` names them, fail or are interrupted. */
function play(machines: StepMachine[], spoil: Record<string, Event["type"]> = {}) {
  const lines: string[] = [];
  let [steps, command] = begin(machines);
  for (; command.do !== "end"; ) {
    lines.push(told(command));
    const type = spoil[told(command)] ?? "done";
    [steps, command] = next(steps, type === "failed" ? { type, why: `${told(command)} broke` } : { type });
  }
  return { lines, end: command.end };
}

describe("the steps of a deployment", () => {
  it("take one machine after the other, and the second one only when the first is verified and settled", () => {
    expect(play(pair)).toEqual({
      lines: [
        ...["prepare pc2", "up pc2", "verify pc2", "settle pc2"],
        ...["prepare mainpc", "up mainpc", "verify mainpc", "settle mainpc"],
      ],
      end: { outcome: "done" },
    });
  });

  it("leave a machine without changes alone", () => {
    const [first, second] = pair as [StepMachine, StepMachine]; // two of them
    expect(play([{ ...first, changes: false }, second]).lines).toEqual(
      ["prepare", "up", "verify", "settle"].map((deed) => `${deed} mainpc`),
    );
    expect(play([{ ...first, changes: false }])).toEqual({ lines: [], end: { outcome: "done" } });
  });

  it("bring both back when the second one is not well, the failed one first, and move the other's services again", () => {
    const { lines, end } = play(pair, { "verify mainpc": "failed" });
    expect(lines.slice(6)).toEqual([
      "verify mainpc",
      "explain mainpc",
      ...["up mainpc back", "verify mainpc back", "settle mainpc back"],
      ...["prepare pc2 back", "up pc2 back", "verify pc2 back", "settle pc2 back"],
    ]);
    expect(end).toEqual({
      outcome: "rolled back",
      failure: { machine: "mainpc", during: "verify", why: "verify mainpc broke" },
    });
  });

  it("change nothing when the first machine cannot be prepared, and put back what was paused there", () => {
    const { lines, end } = play(pair, { "prepare pc2": "failed" });
    expect(lines).toEqual(["prepare pc2", "settle pc2"]);
    expect(end).toMatchObject({ outcome: "refused", failure: { machine: "pc2", during: "prepare" } });
  });

  it("bring the first one back when the second cannot be prepared", () => {
    const { lines, end } = play(pair, { "prepare mainpc": "failed" });
    expect(lines.slice(4)).toEqual([
      ...["prepare mainpc", "settle mainpc"],
      ...["prepare pc2 back", "up pc2 back", "verify pc2 back", "settle pc2 back"],
    ]);
    expect(end.outcome).toBe("rolled back");
  });

  it("say which machine is stuck when it cannot be brought back, and bring back the other all the same", () => {
    const { lines, end } = play(pair, { "up mainpc": "failed", "up mainpc back": "failed" });
    expect(lines.slice(6)).toEqual([
      ...["explain mainpc", "up mainpc back", "settle mainpc back"],
      ...["prepare pc2 back", "up pc2 back", "verify pc2 back", "settle pc2 back"],
    ]);
    expect(end).toMatchObject({ outcome: "failed", stuck: [{ machine: "mainpc", during: "up" }] });
  });

  it("leave a machine that has nothing to go back to as it is, and say so", () => {
    const first = pair.map((machine) => ({ ...machine, hasPrevious: false }));
    const { lines, end } = play(first, { "up pc2": "failed" });
    expect(lines).toEqual(["prepare pc2", "up pc2", "explain pc2", "settle pc2 back"]);
    expect(end).toMatchObject({
      outcome: "failed",
      stuck: [{ why: "there is no deployment before this one to go back to" }],
    });
  });

  it("an interruption in an up settles the machine and names it as left half-way", () => {
    const { lines, end } = play(pair, { "up pc2": "interrupted" });
    expect(lines).toEqual(["prepare pc2", "up pc2", "settle pc2"]);
    expect(end).toEqual({ outcome: "interrupted", halfway: "pc2" });
  });

  it.each([
    ["prepare mainpc", undefined],
    ["up mainpc", "mainpc"],
    ["verify mainpc", "mainpc"],
    ["settle pc2", undefined],
  ] as const)("an interruption in %s leaves %s half-way", (at, halfway) => {
    expect(play(pair, { [at]: "interrupted" }).end).toEqual({ outcome: "interrupted", halfway });
  });

  it("an interruption before anything was done leaves half-way what was so before", () => {
    const [first, second] = pair as [StepMachine, StepMachine]; // two of them
    const { end } = play([{ ...first, heals: true }, second], { "prepare pc2": "interrupted" });
    expect(end).toEqual({ outcome: "interrupted", halfway: "pc2" });
  });

  it("an interruption while the failed one is explained or the other one brought back leaves that one half-way", () => {
    const cut = (at: string) => play(pair, { "verify mainpc": "failed", [at]: "interrupted" }).end;
    expect(cut("explain mainpc")).toEqual({ outcome: "interrupted", halfway: "mainpc" });
    expect(cut("prepare pc2 back")).toEqual({ outcome: "interrupted", halfway: "pc2" });
  });

  const machine = (name: string) =>
    fc.record({ name: fc.constant(name), changes: fc.boolean(), hasPrevious: fc.boolean() });
  const machines = fc.tuple(machine("pc2"), machine("mainpc"), machine("nas"));
  const events = fc.array(
    fc.constantFrom<Event>(
      { type: "done" },
      { type: "done" },
      { type: "done" },
      { type: "failed", why: "x" },
      { type: "interrupted" },
    ),
    { minLength: 40, maxLength: 40 },
  );
  const run = (
    list: StepMachine[],
    script: Event[],
  ): { commands: Exclude<Command, { do: "end" }>[]; seen: Event[]; end: End } => {
    const commands: Exclude<Command, { do: "end" }>[] = [];
    let [steps, command] = begin(list);
    const seen: Event[] = [];
    for (const event of script) {
      if (command.do === "end") return { commands, seen, end: command.end };
      commands.push(command);
      seen.push(event);
      [steps, command] = next(steps, event);
    }
    throw new Error("it did not end within 40 commands");
  };

  it("whatever fails: it ends, whoever was prepared is settled afterwards, and after a failure nothing new is deployed", () => {
    fc.assert(
      fc.property(machines, events, (list, script) => {
        const { commands, seen, end } = run(list, script);
        commands.forEach(({ do: deed, machine }, at) => {
          const isCut = seen.slice(0, at + 1).some(({ type }) => type === "interrupted");
          if ((deed === "prepare" || deed === "up") && !isCut)
            expect(commands.slice(at).some((later) => later.do === "settle" && later.machine === machine)).toBe(true);
        });
        const failedAt = seen.findIndex(({ type }, at) => type === "failed" && commands[at]?.do !== "settle");
        const forward = commands.slice(failedAt + 1).filter((one) => one.do === "up" && one.way === "forward");
        if (failedAt >= 0) expect(forward).toEqual([]);
        if (end.outcome === "done") expect(failedAt).toBe(-1);
      }),
    );
  });

  it("whatever fails: no machine is touched before the one before it was verified, and each is brought back once at most", () => {
    fc.assert(
      fc.property(machines, events, (list, script) => {
        const { commands, seen, end } = run(list, script);
        const ups = commands.flatMap((one, at) => (one.do === "up" && one.way === "forward" ? [{ ...one, at }] : []));
        for (const [i, { at }] of ups.entries()) {
          const before = ups[i - 1];
          if (before === undefined) continue;
          const verified = commands.findIndex(
            (one, place) => one.do === "verify" && one.machine === before.machine && place > before.at,
          );
          expect(verified).toBeLessThan(at);
          expect(seen[verified]).toEqual({ type: "done" });
        }
        const backs = commands.filter((one) => one.do === "up" && one.way === "back").map(({ machine }) => machine);
        expect(new Set(backs).size).toBe(backs.length);
        if (end.outcome !== "rolled back") return;
        expect(new Set(backs)).toEqual(new Set(ups.map(({ machine }) => machine)));
      }),
    );
  });
});
