/** Faults of what lies between the machines: links cut, blocked one or both ways, slow, or losing packets. */
import type { Condition } from "../links/condition.ts";
import { type LinkKind, type Links, linkKinds } from "../links/links.ts";
import { type Deed, type Scenario, sees, type Times } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const slow: Partial<Condition> = { delayMs: 100, jitterMs: 100 };
const lossy: Partial<Condition> = { loss: 0.05 };

export const linkScenarios: Scenario[] = [
  {
    ...cutScenario("leaf-cut", ["leaf"], "the leaf between the NATS servers", 2),
    explains: "breaks the leaf between the NATS servers and refuses new ones: the copy stands still until it is mended",
  },
  {
    ...cutScenario("http-cut", ["http"], "HTTP between the machines", 2),
    explains: "breaks all HTTP between the machines (reports, the peer's agents' second way); beats and the leaf go on",
  },
  {
    name: "partition",
    explains:
      "nothing passes between the machines, in silence (60 s, or --partition-seconds); both go on by themselves",
    perMonth: 2,
    needs: "links",
    deed: (stage, _, times) => {
      const [a, b] = namesOf(stage);
      return {
        ...linkDeed(stage, (links) => block(links, [a, b], [b, a]), times.partitionMs),
        says: `lets nothing pass between the machines for ${times.partitionMs / 1_000} s`,
        expects: [cutOff(a, b), cutOff(b, a)],
        mayDie: [a, b],
      };
    },
  },
  {
    name: "one-way",
    explains: "what one machine says does not reach the other, the other way everything passes",
    perMonth: 0.5,
    needs: "links",
    deed: (stage, random, times) => {
      const deaf = random.pick(stage.machines).name;
      const heard = stage.peerOf(deaf).name;
      return {
        ...linkDeed(stage, (links) => block(links, [heard, deaf]), times.holdMs),
        says: `lets nothing pass from ${heard} to ${deaf} for ${times.holdMs / 1_000} s`,
        expects: [cutOff(deaf, heard)],
        mayDie: [heard, deaf],
      };
    },
  },
  {
    ...conditionScenario("slow-link", slow, "delays all that passes by 100 to 200 ms each way", 2),
    explains:
      "delays all that passes between the machines by 100 to 200 ms each way: slow, but no reason for a verdict",
  },
  {
    ...conditionScenario(
      "lossy-link",
      lossy,
      "loses 5 % of the datagrams and stalls the streams as lost packets do",
      2,
    ),
    explains:
      "loses 5 % of the datagrams between the machines, and stalls streams by 200 ms as often: a proxy's stand-in for lost packets",
  },
];

/** The other side is dead to it, or it knows itself to be the one that is cut off. */
const cutOff = (by: string, of: string) => ({
  what: `${by} sees ${of} dead, or itself isolated`,
  fits: (turn: { by: string; of: string; to: string }) =>
    turn.by === by && turn.of === of && (turn.to === "dead" || turn.to === "isolated"),
});

function cutScenario(name: string, kinds: LinkKind[], what: string, perMonth: number): Omit<Scenario, "explains"> {
  return {
    name,
    perMonth,
    needs: "links",
    deed: (stage, _, times) => {
      const [a, b] = namesOf(stage);
      return {
        ...linkDeed(stage, (links) => links.cut(kinds), times.holdMs, kinds),
        says: `breaks ${what} for ${times.holdMs / 1_000} s`,
        expects: name === "leaf-cut" ? [sees(a, "sync", "degraded"), sees(b, "sync", "degraded")] : [],
        // NATS and Pushgateway of the peer are asked over HTTP.
        mayDie: name === "leaf-cut" ? [] : [a, b].flatMap((at) => [`${at}/nats`, `${at}/pushgateway`]),
      };
    },
  };
}

function conditionScenario(
  name: string,
  condition: Partial<Condition>,
  what: string,
  perMonth: number,
): Omit<Scenario, "explains"> {
  return {
    name,
    perMonth,
    needs: "links",
    deed: (stage, _, times) => {
      const [a, b] = namesOf(stage);
      const lay = (links: Links) => {
        links.set(a, b, condition);
        links.set(b, a, condition);
      };
      return {
        ...linkDeed(stage, lay, times.holdMs),
        says: `${what} for ${times.holdMs / 1_000} s`,
        expects: [],
        mayDie: [],
      };
    },
  };
}

type LinkDeed = Pick<Deed, "holds" | "begin" | "holdMs" | "undo">;

function linkDeed(
  stage: Stage,
  lay: (links: Links) => void,
  holdMs: Times["holdMs"],
  kinds: readonly LinkKind[] = linkKinds,
): LinkDeed {
  return {
    holds: kinds.map((kind) => `link ${kind}`),
    begin: () => lay(linksOf(stage)),
    holdMs,
    undo: () => linksOf(stage).mend(kinds),
  };
}

function block(links: Links, ...ways: [from: string, to: string][]): void {
  for (const [from, to] of ways) links.set(from, to, { blocked: true });
}

function linksOf({ links }: Stage): Links {
  if (links === undefined) throw new Error("this pair has no links");
  return links;
}

function namesOf({ machines }: Stage): [string, string] {
  const [a, b] = machines;
  if (a === undefined || b === undefined) throw new Error("a pair has two machines");
  return [a.name, b.name];
}
