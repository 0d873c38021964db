/** Where people and other pages find a hub: its address with the scheme that it speaks. */
import type { HubConfig } from "../config.ts";

/** @example "http://192.0.2.10:9000" */
export function hubOrigin({ tls }: Pick<HubConfig, "tls">, { host, port }: { host: string; port: number }): string {
  return `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
