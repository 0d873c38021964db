/** Reads where the hubs of a local run send alerts: the hub's own words, in YAML. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf } from "../../hub/io/log.ts";
import { NotificationsConfig, type NotificationsInput } from "../../hub/notify/config.ts";
import { OperatorError } from "../error.ts";

/** @throws OperatorError with the path of what is wrong */
export function readNotifications(path: string): NotificationsInput {
  const refuse = (why: string) =>
    new OperatorError("local.notifications", `${path}: ${why}`, "docs/alerting.md shows a file for the local run");
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const parsed = NotificationsConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(z.prettifyError(parsed.error));
}
