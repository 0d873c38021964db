/** Shows NATS who this hub is, with the NKey seed of a file that may be replaced at any time. */
import { readFileSync } from "node:fs";
import { type Authenticator, nkeyAuthenticator, nkeys } from "nats";
import { type Log, messageOf } from "./log.ts";

/** Reads the file at each connect; while it is missing or holds no seed, the last good one is shown. */
export function seedFileAuthenticator(path: string, log: Log): Authenticator {
  let last: Uint8Array | undefined;
  let complaint = "";
  return (nonce) => {
    // An error thrown in here would close the connection for ever.
    try {
      last = readSeed(path);
      complaint = "";
    } catch (error) {
      const message = messageOf(error);
      if (message !== complaint) log.warn("nats.seed_unreadable", { path, error: message });
      complaint = message;
    }
    return last && nkeyAuthenticator(last)(nonce);
  };
}

/** Throws without repeating what the file holds. */
function readSeed(path: string): Uint8Array {
  const seed = Buffer.from(readFileSync(path, "utf8").trim());
  try {
    nkeys.fromSeed(seed);
  } catch {
    throw new Error("the file holds no NKey seed");
  }
  return seed;
}
