/** Writes a host and a port as one word, as URLs and listen addresses want it: IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where the hub of a machine answers. @example "http://192.0.2.10:9000" */
export function hubUrlOf({ address, hubPort }: { address: string; hubPort: number }): string {
  return `http://${hostPort(address, hubPort)}`;
}
