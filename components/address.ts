/** Writes a host and a port as one word, as URLs and listen addresses want it: IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

interface HubPlace {
  address: string;
  hubPort: number;
  hubTls?: boolean;
}

/** Where the hub of a machine answers. @example "http://192.0.2.10:9000" */
export function hubUrlOf({ address, hubPort, hubTls = false }: HubPlace): string {
  return `http${hubTls ? "s" : ""}://${hostPort(address, hubPort)}`;
}
