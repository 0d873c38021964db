/** Which services are asked: each from when one of its routes has answered for the first time, whatever becomes of it then. */
import type { Stream } from "../chaos/prober/sample.ts";
import { type Route, streamsOfRoutes } from "../chaos/prober/service-streams.ts";
import type { SoakEvent } from "./slice.ts";
import { probing } from "./streams.ts";

export class Services {
  /** By URL. */
  readonly #answered = new Map<string, Route>();
  readonly #silent = new Set<string>();
  readonly #tell: (event: SoakEvent) => void;

  /** @param tell of those that are not asked */
  constructor(tell: (event: SoakEvent) => void) {
    this.#tell = tell;
  }

  /** @param routes as the hubs name them now. @returns whether more is to be asked than before */
  note(routes: readonly Route[], atMs: number): boolean {
    const before = this.#answered.size;
    for (const route of routes) if (route.answers) this.#answered.set(route.url, route);
    const asked = new Set([...this.#answered.values()].map(({ service }) => service));
    const say = (what: string) => this.#tell({ atMs, toMs: null, kind: "problem", what });
    for (const { service } of routes) {
      if (asked.has(service)) {
        if (this.#silent.delete(service)) say(`service ${service} is asked from now on`);
      } else if (!this.#silent.has(service)) {
        this.#silent.add(service);
        say(`service ${service} is not asked: none of its routes has answered yet`);
      }
    }
    return this.#answered.size > before;
  }

  streams(): Stream[] {
    return streamsOfRoutes([...this.#answered.values()], probing);
  }
}
