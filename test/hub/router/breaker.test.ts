import { BrokenCircuitError } from "cockatiel";
import { expect, it } from "vitest";
import { RouterLimits } from "../../../hub/core/router/limits.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { TargetBreaker } from "../../../hub/router/breaker.ts";
import { until } from "../../support/until.ts";

it("of five clients after the pause one tries, and the other four are told at once that it is not over", async () => {
  const breaker = new TargetBreaker(RouterLimits.parse({ breakerFailures: 1, breakerOpenMs: 20 }));
  await expect(breaker.run(() => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
  const overMs = monoMs() + 20;
  await until("the end of the pause", () => monoMs() > overMs);
  const dead = Promise.withResolvers<void>();
  let tries = 0;
  const client = () =>
    breaker
      .run(() => {
        tries++;
        return dead.promise;
      })
      .catch((error: unknown) => error);
  const [one, ...four] = Array.from({ length: 5 }, client);
  dead.reject(new Error("no answer"));
  expect(await one).toEqual(new Error("no answer"));
  expect((await Promise.all(four)).map((error) => error instanceof BrokenCircuitError)).toEqual(Array(4).fill(true));
  expect(tries).toBe(1);
});
