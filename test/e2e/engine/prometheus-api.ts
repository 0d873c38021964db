/** Asks a Prometheus what its own API says of the hubs that it scrapes. */
import { z } from "zod";

const Labels = z.record(z.string(), z.string());
const Targets = z.object({
  status: z.literal("success"),
  data: z.object({ activeTargets: z.array(z.object({ health: z.string(), labels: Labels })) }),
});
const Samples = z.object({
  status: z.literal("success"),
  data: z.object({ result: z.array(z.object({ metric: Labels, value: z.tuple([z.number(), z.string()]) })) }),
});

/** By the machine of each hub. */
type ByHub = Record<string, string>;

export class PrometheusApi {
  readonly #url: string;

  /** @param url such as `http://192.0.2.10:9090` */
  constructor(url: string) {
    this.#url = url;
  }

  /** Health of each target. */
  async targets(): Promise<ByHub> {
    const { data } = Targets.parse(await this.#ask("targets"));
    return byHub(data.activeTargets.map(({ labels, health }) => [labels, health]));
  }

  /** Values of an instant query. */
  async values(query: string): Promise<ByHub> {
    const { data } = Samples.parse(await this.#ask(`query?query=${encodeURIComponent(query)}`));
    return byHub(data.result.map(({ metric, value }) => [metric, value[1]]));
  }

  async #ask(path: string): Promise<unknown> {
    return await (await fetch(`${this.#url}/api/v1/${path}`)).json();
  }
}

/** Without what Pushgateways say, who are asked as well. */
function byHub(told: readonly (readonly [labels: z.infer<typeof Labels>, value: string])[]): ByHub {
  return Object.fromEntries(
    told.flatMap(([{ tandem_replica: replica = "" }, value]) => {
      const [machine = "", part] = replica.split("/");
      return part === "hub" ? [[machine, value]] : [];
    }),
  );
}
