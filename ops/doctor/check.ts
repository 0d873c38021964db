/** One finding of the doctor, and how it is made. */
import { whyOf } from "./why.ts";

export interface Check {
  /** What was looked at, such as `container hub`. */
  name: string;
  status: "ok" | "warn" | "fail";
  found: string;
  /** Why it matters; empty when all is well. */
  why: string;
  /** What to do; empty when all is well. */
  next: string;
  /** What `--fix` does about it; only where that can do no harm. */
  fix?: Fix;
}

export interface Fix {
  /** In words, as it is asked about. @example "chmod 400 /etc/tandem/secrets/hub/nats.seed" */
  what: string;
  /** POSIX sh for the machine, run by the one who may write its files. */
  script: string;
}

export const ok = (name: string, found: string): Check => ({ name, status: "ok", found, why: "", next: "" });
export const warn = (name: string, found: string, next: string, fix?: Fix): Check =>
  bad("warn", name, found, next, fix);
export const fail = (name: string, found: string, next: string, fix?: Fix): Check =>
  bad("fail", name, found, next, fix);

function bad(status: Check["status"], name: string, found: string, next: string, fix: Fix | undefined): Check {
  return { name, status, found, why: whyOf(name), next, ...(fix && { fix }) };
}
