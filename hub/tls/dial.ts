/** How a hub asks its peer's by TLS: it shows its own certificate, and takes nobody's but that machine's, whatever the address. */
import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import type { ConnectionOptions } from "node:tls";
import type { HubConfig } from "../config.ts";
import { whyNotOf } from "./identity.ts";
import { type Material, TlsFiles } from "./tls-files.ts";

export class HubDial {
  readonly #machine: string;
  readonly #files: TlsFiles | undefined;

  constructor({ tls, machine, peer }: Pick<HubConfig, "tls" | "machine" | "peer">) {
    this.#machine = peer.name;
    this.#files = tls && new TlsFiles(tls, machine.name);
  }

  /** As `request` of node:http, whose errors tell of TLS as well. */
  request(options: RequestOptions, take?: (response: IncomingMessage) => void): ClientRequest {
    if (this.#files === undefined) return plainRequest(options, take);
    this.#files.look();
    return tlsRequest({ ...options, ...optionsTo(this.#machine, this.#files.material) }, take);
  }
}

/** Without material nobody is believed: a hub whose files cannot be read asks no peer. */
export function optionsTo(machine: string, material: Material | undefined): ConnectionOptions {
  const { cert, key, ca = [] } = material ?? {};
  return { ...(cert === undefined ? {} : { cert, key }), ca, ...onlyOf(machine) };
}

/** Takes a certificate by its name; the CA is said besides. */
export function onlyOf(machine: string): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => {
      const why = whyNotOf(machine, certificate);
      return why === undefined ? undefined : new Error(why);
    },
  };
}
