/** Reads what the hubs of a local run are told beyond their machines: the hub's own words, in YAML. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { AccessConfig } from "../../hub/access/config.ts";
import { messageOf } from "../../hub/io/log.ts";
import { NotificationsConfig, type NotificationsInput } from "../../hub/notify/config.ts";
import { RemoteWriteConfig, type RemoteWriteInput } from "../../hub/remote-write/config.ts";
import { OperatorError } from "../error.ts";

/** Where they send alerts. @throws OperatorError with the path of what is wrong */
export const readNotifications = (path: string): NotificationsInput =>
  readWords(path, NotificationsConfig, "local.notifications", "docs/alerting.md");

/** Where they write all metrics. @throws OperatorError with the path of what is wrong */
export const readRemoteWrite = (path: string): RemoteWriteInput =>
  readWords(path, RemoteWriteConfig, "local.remote-write", "docs/remote-write.md");

/** Who may push and give orders. @throws OperatorError with the path of what is wrong */
export const readAccess = (path: string): AccessConfig =>
  readWords(path, AccessConfig, "local.access", "docs/access.md");

function readWords<T>(path: string, schema: z.ZodType<T>, code: string, page: string): T {
  const refuse = (why: string) => new OperatorError(code, `${path}: ${why}`, `${page} shows a file for the local run`);
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(z.prettifyError(parsed.error));
}
