/** The arguments a Pushgateway is started with, on a machine and in the local run alike. */
import { hostPort } from "./address.ts";

export interface PushgatewayProcessArgs {
  /** Address that it binds. @example "127.0.0.1" */
  host: string;
  /** Port that it binds. */
  port: number;
  /** File that keeps the groups over a restart; the hub refills what it misses. @default kept in memory only */
  persistenceFile?: string;
  /** Between two writes of that file, seconds. @default 10 */
  persistenceIntervalSeconds?: number;
}

/** Arguments after the program's name; understood by 1.5.1 and later. */
export function pushgatewayArgs(args: PushgatewayProcessArgs): string[] {
  const list = [
    `--web.listen-address=${hostPort(args.host, args.port)}`,
    // Its own check reads everything stored for each push; the hub has made the same check before.
    "--push.disable-consistency-check",
    "--log.level=warn",
    "--log.format=json",
  ];
  if (args.persistenceFile !== undefined) {
    list.push(
      `--persistence.file=${args.persistenceFile}`,
      `--persistence.interval=${args.persistenceIntervalSeconds ?? 10}s`,
    );
  }
  return list;
}
