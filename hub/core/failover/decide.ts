/** Decides what this machine does about one service now, and says why; it knows no clock and no wire, only facts. */
import type { Health } from "../record.ts";
import type { Verdict } from "../verdict.ts";
import type { ServiceSpec } from "./service.ts";

export interface Facts {
  service: ServiceSpec;
  me: string;
  peer: string;
  iOwn: boolean;
  released: boolean;
  /** An operator moved it away from home. */
  stays: boolean;
  /** Its entry is on its way to disk, or its take at the witness is under way. */
  underWay: boolean;
  /** This machine's disk took something a moment ago. */
  proven: boolean;
  /** It takes nothing, for longer than a write takes. */
  unwritten: boolean;
  /** Neither does the peer's, as that says. */
  theirsUnwritten: boolean;
  /** Why this machine keeps it still before it gives it up; undefined while it does not. */
  hushing: string | undefined;
  /** This machine may act for it now. */
  acts: boolean;
  /** Why not, where it owns it. */
  actsNot: string;
  mine: Health;
  theirs: Health;
  /** `theirs` was said after the peer's hub, or machine, fell silent. */
  theirsAskedSince: boolean;
  peerHub: Verdict;
  peerMachine: Verdict;
  isolated: boolean;
  /** Maintenance of the service or of a machine of it. */
  paused: boolean;
  /** The disk remembered nothing, and nobody has told it yet. */
  blank: boolean;
  /** `blank`: it answers and knows nothing of the service. */
  witness: "none" | "answers" | "silent" | "blank";
  /** What this machine promised the owner is over. */
  promiseOver: boolean;
  /** The owner has not renewed at the witness for a lease. */
  lapsed: boolean;
  /** How long its home is well since it moved away, ms; undefined while it is not. */
  homeWellMs: number | undefined;
  failbackWaitMs: number;
  inSync: boolean;
  refilled: boolean;
  /** Since its entry changed last, ms. */
  unchangedMs: number;
  leaseMs: number;
  coldStartMs: number;
}

export type Decision =
  /** `alert`: an operator should know why. `proof`: it would be given away if the disk were known to take that. */
  | { do: "stay" | "hold"; reason: string; alert?: boolean; proof?: boolean }
  /** The next epoch is this machine's: at once, or after a compare-and-set at the witness. */
  | { do: "take" | "claim"; reason: string }
  /** This machine gives it to the other one. */
  | { do: "release"; reason: string }
  /** What was released for this machine goes back as it came: the next epoch is released at once, and nobody ever acts in it. */
  | { do: "return"; reason: string };

type Stay = Extract<Decision, { do: "stay" | "hold" }>;

export function decide(facts: Facts): Decision {
  if (facts.underWay) return { do: "hold", ...moving(facts) };
  if (facts.hushing !== undefined) return { do: "hold", reason: facts.hushing };
  if (facts.released) return facts.iOwn ? takeBack(facts) : receive(facts);
  return facts.iOwn ? ownerDecides(facts) : otherDecides(facts);
}

/** Nobody acts meanwhile, and a write that was said to have failed may be found on disk by the next start: it cannot be called off. */
function moving({ me, unwritten }: Facts): { reason: string; alert?: boolean } {
  const reason = "its move is under way";
  return unwritten ? { alert: true, reason: `${reason}; ${cannotWrite(me)}` } : { reason };
}

export const cannotWrite = (machine: string) => `${machine} cannot write its table of owners to disk`;

const isFit = (health: Health | undefined) => health === "healthy" || health === "degraded";

/** Whether an instance of that health could act. A cold one that stands still cannot be healthy. */
export const couldAct = ({ mode }: ServiceSpec, health: Health | undefined) => mode === "cold" || isFit(health);

function otherDecides(facts: Facts): Decision {
  const { service, me } = facts;
  const why = ownerIsLost(facts);
  if (why === undefined) return ownerLives(facts);
  if (facts.paused) return { do: "stay", reason: `${why}; maintenance: nothing moves` };
  if (service.mode === "notify")
    return {
      do: "hold",
      // A hub that lives tells of its own instances.
      alert: facts.peerHub !== "alive",
      reason: `${why}; mode notify moves nothing by itself: tandem take ${service.name} --confirm-peer-dead`,
    };
  if (facts.isolated) return { do: "hold", reason: `${why}; ${me} is cut off itself` };
  if (!couldAct(service, facts.mine))
    return { do: "hold", alert: true, reason: `${why}; the instance on ${me} is ${facts.mine} too` };
  if (!service.singleWriter) return { do: "take", reason: why };
  return claim(facts, why);
}

/** A single writer whose lease ended with its hub stands still, and stays where it is. */
function ownerLives({ service, peer, peerHub, witness, promiseOver, lapsed }: Facts): Decision {
  if (peerHub === "alive") return { do: "stay", reason: "" };
  const reason = `the hub of ${peer} is ${peerHub}`;
  if (peerHub !== "dead" || !service.singleWriter || witness === "none" || !promiseOver || !lapsed)
    return { do: "stay", reason };
  return { do: "hold", alert: true, reason: `${reason}, and its lease with it; its instance is not known to be dead` };
}

/** Undefined while the owner's instance is thought to live: a dead hub moves no living agent. */
function ownerIsLost({
  service,
  peer,
  theirs,
  theirsAskedSince,
  peerHub,
  peerMachine,
  mine,
  unchangedMs,
  coldStartMs,
}: Facts) {
  const answers = theirsAskedSince && isFit(theirs);
  if (peerMachine === "dead") return answers ? undefined : `${peer} is dead`;
  if (theirs !== "unhealthy") return undefined;
  if (service.mode === "cold" && unchangedMs < coldStartMs) return undefined;
  if (peerHub === "dead") return theirsAskedSince ? `the hub and the instance on ${peer} are dead` : undefined;
  // Its owner releases a single writer that is ill; two that are ill stay where they are.
  if (service.singleWriter || peerHub !== "alive" || (service.mode !== "cold" && mine !== "healthy")) return undefined;
  return `the instance on ${peer} is unhealthy`;
}

/** A single writer whose owner has not given it up. */
function claim(facts: Facts, why: string): Decision {
  const { service, me, peer, witness } = facts;
  if (witness === "none")
    return {
      do: "hold",
      alert: true,
      reason: `${why}; held: no witness; tandem take ${service.name} --confirm-peer-dead`,
    };
  if (witness !== "answers")
    return {
      do: "hold",
      alert: true,
      reason: `${why}; held: the witness ${says(witness)}; tandem take ${service.name} --confirm-peer-dead`,
    };
  if (facts.blank)
    return { do: "hold", alert: true, reason: `${why}; held: ${me} has an empty disk and was told nothing yet` };
  if (!facts.promiseOver) return { do: "hold", reason: `${why}; waits until ${peer} can count on ${me} no more` };
  if (!facts.lapsed) return { do: "hold", reason: `${why}; waits until the lease of ${peer} at the witness is over` };
  return { do: "claim", reason: why };
}

/** The owner gave it up for this machine to take. */
function receive(facts: Facts): Decision {
  const { service, me, peer } = facts;
  if (!couldAct(service, facts.mine)) {
    const reason = `${peer} released it; the instance on ${me} is ${facts.mine}`;
    return isToReturn(facts) ? { do: "return", reason } : { do: "hold", alert: true, reason };
  }
  return takeReleased(facts, `${peer} released it`);
}

/** Who released it takes it back by itself, but not a single writer without a witness: nobody could tell it that this machine does not take it. */
function isToReturn({ service, witness, blank, peerHub, theirs, unchangedMs, leaseMs }: Facts): boolean {
  if (!service.singleWriter || witness !== "none" || blank) return false;
  return peerHub === "alive" && couldAct(service, theirs) && unchangedMs >= 2 * leaseMs;
}

/** What this machine gave up, and the other one did not take. */
function takeBack(facts: Facts): Decision {
  const { service, me, peer } = facts;
  const released = `released for ${peer}`;
  if (facts.isolated) return { do: "hold", reason: `${released}; ${me} is cut off` };
  if (facts.peerMachine !== "dead" && facts.unchangedMs < 2 * facts.leaseMs) return { do: "hold", reason: released };
  if (!couldAct(service, facts.mine))
    return {
      do: "hold",
      alert: true,
      reason: `${released}, which does not take it; the instance on ${me} is ${facts.mine}`,
    };
  // Without a witness nobody knows whether the other one has taken it; but one that is heard says so, or returns it, within a lease from now.
  if (service.singleWriter && facts.witness === "none") {
    if (isHeard(facts) && facts.unchangedMs < 3 * facts.leaseMs) return { do: "hold", reason: released };
    const help = isHeard(facts) ? `see why on ${peer}` : `tandem take ${service.name} --confirm-peer-dead`;
    const why = facts.theirsUnwritten ? cannotWrite(peer) : help;
    return { do: "hold", alert: true, reason: `${released}, which does not take it; ${why}` };
  }
  return takeReleased(facts, `${peer} did not take it`);
}

/** Nobody can say of its machine that it is off. */
export const isHeard = ({ peerHub }: Facts) => peerHub === "alive" || peerHub === "suspect";

const says = (witness: "silent" | "blank") => (witness === "silent" ? "does not answer" : "knows nothing of it");

function takeReleased({ service, witness, blank, me }: Facts, why: string): Decision {
  if (!service.singleWriter) return { do: "take", reason: why };
  if (blank)
    return { do: "hold", alert: true, reason: `${why}; held: ${me} has an empty disk and was told nothing yet` };
  if (witness === "none") return { do: "take", reason: why };
  if (witness !== "answers") return { do: "hold", alert: true, reason: `${why}; held: the witness ${says(witness)}` };
  return { do: "claim", reason: why };
}

function ownerDecides(facts: Facts): Decision {
  const { service, me, peer } = facts;
  const stay: Stay = facts.acts ? { do: "stay", reason: "" } : { do: "hold", alert: true, reason: facts.actsNot };
  if (service.mode === "notify") {
    const ill = facts.mine === "unhealthy" && !facts.paused;
    return ill
      ? { do: stay.do, alert: true, reason: `the instance on ${me} is unhealthy; mode notify moves nothing by itself` }
      : stay;
  }
  if (facts.paused || facts.isolated || facts.peerHub !== "alive") return stay;
  // It could not be taken there.
  if (service.singleWriter && (facts.witness === "silent" || facts.witness === "blank" || facts.blank)) return stay;
  if (isIll(facts)) return release(facts, stay, `the instance on ${me} is unhealthy`);
  if (me === service.home || facts.stays || (facts.homeWellMs ?? -1) < facts.failbackWaitMs) return stay;
  if (!facts.inSync || !facts.refilled) return { ...stay, reason: stay.reason || `goes home once ${peer} is in sync` };
  return release(facts, stay, `${peer} is well again`);
}

/** From its being still here to its being taken there nobody can act, so both disks must be known to take the word of it. */
function release({ me, peer, proven, theirsUnwritten }: Facts, stay: Stay, reason: string): Decision {
  if (theirsUnwritten) return { ...stay, reason: stay.reason || `${reason}; ${cannotWrite(peer)}` };
  if (proven) return { do: "release", reason };
  return { ...stay, proof: true, reason: stay.reason || `${reason}; stays until ${me} has written to its disk` };
}

/** A tolerant service needs no release: the other side takes it. */
function isIll(facts: Facts): boolean {
  const { service, mine, unchangedMs, coldStartMs } = facts;
  if (!service.singleWriter || mine !== "unhealthy" || !couldAct(service, facts.theirs)) return false;
  return service.mode !== "cold" || unchangedMs >= coldStartMs;
}
