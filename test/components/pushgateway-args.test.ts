import { expect, it } from "vitest";
import { pushgatewayArgs } from "../../components/pushgateway-args.ts";

it("a Pushgateway binds one address and leaves the consistency check to the hub", () => {
  expect(pushgatewayArgs({ host: "127.0.0.1", port: 9091 })).toEqual([
    "--web.listen-address=127.0.0.1:9091",
    "--push.disable-consistency-check",
    "--log.level=warn",
    "--log.format=json",
  ]);
});

it("a Pushgateway with a file writes it every 10 s unless told otherwise", () => {
  const args = { host: "::1", port: 9191, persistenceFile: "/data/groups" };
  expect(pushgatewayArgs(args)).toContain("--persistence.interval=10s");
  expect(pushgatewayArgs({ ...args, persistenceIntervalSeconds: 60 })).toContain("--persistence.interval=60s");
  expect(pushgatewayArgs(args)[0]).toBe("--web.listen-address=[::1]:9191");
});
