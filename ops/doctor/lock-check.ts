/** Judges the deploy lock of a machine from what the machine's script printed of it. */
import { describeOwner, isDead, Owner } from "../deploy/lock.ts";
import { freeScript } from "../deploy/lock-script.ts";
import { type Check, ok, warn } from "./check.ts";

/** @param said name of the file that holds it, and its content; empty when it is free @param data directory of the machine's data */
export function checkLock(said: string, data: string, nowMs: number, isGone = isDead): Check[] {
  if (said === "") return [ok("lock", "free")];
  const [, ...rest] = said.split("\n");
  const owner = ownerIn(rest.join("\n"));
  if (owner === undefined) {
    return [
      warn(
        "lock",
        `${data}/deploy.lock is held by something that does not say who it is`,
        "Look at it, then tandem unlock",
      ),
    ];
  }
  const who = describeOwner(owner, nowMs);
  if (!isGone(owner)) return [ok("lock", `held by ${who}`)];
  const fix = { what: `free the deploy lock of ${who}`, script: freeScript(data, owner.id) };
  return [
    warn("lock", `held by ${who}, which runs no more`, "tandem unlock, or the next tandem deploy takes it over", fix),
  ];
}

function ownerIn(text: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
