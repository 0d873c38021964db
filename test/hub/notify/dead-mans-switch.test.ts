import { expect, it, onTestFinished } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { DeadMansSwitchConfig } from "../../../hub/notify/config.ts";
import { DeadMansSwitch } from "../../../hub/notify/dead-mans-switch.ts";
import { until } from "../../support/until.ts";
import { httpReceiver } from "./http-receiver.ts";

it("a hub says that it lives while it is ready, not before, and says why it is not heard", async () => {
  const receiver = await httpReceiver();
  let isReady = false;
  const lines: string[] = [];
  const config = DeadMansSwitchConfig.parse({ url: `${receiver.url}/ping`, everySeconds: 1 });
  const log = createLog("test", (line) => lines.push(line));
  const deadMansSwitch = new DeadMansSwitch({ config, isReady: () => isReady, log });
  onTestFinished(() => deadMansSwitch.stop());
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect([receiver.received.length, deadMansSwitch.view()]).toEqual([0, { lastSaidAt: null, error: null }]);
  isReady = true;
  await until("two of them", () => receiver.received.length >= 2);
  expect(receiver.received[0]).toMatchObject({ method: "GET", path: "/ping" });
  expect(deadMansSwitch.view()).toEqual({ lastSaidAt: expect.stringMatching(/Z$/), error: null });
  receiver.status = 500;
  await until("the error", () => deadMansSwitch.view().error !== null);
  expect(deadMansSwitch.view().error).toBe("it answered 500: a word of the server");
  expect(lines.join("")).not.toContain("/ping");
});
