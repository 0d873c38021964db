/** What holds for a machine of the pair and no single value can say. */
import { isIPv4 } from "node:net";
import { checkAccess } from "../access-conf.ts";
import { checkNotifications } from "../notifications-conf.ts";
import { checkRemoteWrite } from "../remote-write-conf.ts";
import type { Site } from "../site.ts";
import { checkTls } from "../tls-conf.ts";
import { checkCommon, checkWatchPorts, type Refuse } from "./common-checks.ts";
import { ports } from "./pair-groups.ts";

const securityNeeds = ["hubKey", "operatorKey", "ca", "leafCertificate"] as const;

export function checkPair(site: Site, refuse: Refuse): void {
  const names = [site.machine.name, site.peer.name];
  if (names[0] === names[1]) refuse("peer.name", `another name than machine.name, ${site.machine.name}`);
  if (site.machine.address === site.peer.address && site.docker.socket === "") {
    refuse("peer.address", "another address than machine.address");
  }
  if (!names.includes(site.leaf.listener)) refuse("leaf.listener", `one of ${names.join(" and ")}`);
  if (site.hubs.length > 0) refuse("hubs", "nothing, since this machine is one of the pair", { remove: true });
  checkCommon(site, refuse);
  checkSatellites(site, refuse);
  if (site.limits.natsMemoryMb <= site.jetstream.maxMemoryMb) {
    refuse("limits.natsMemoryMb", `more than jetstream.maxMemoryMb, ${site.jetstream.maxMemoryMb}`);
  }
  if (site.virtualIp.address !== "") checkVirtualIp(site, refuse);
  const secured = Object.values(site.security).some((value) => value.length > 0);
  for (const key of securityNeeds) {
    if (secured && site.security[key] === "") refuse(`security.${key}`, "a value, since others of its group have one");
  }
  if ([site.machine.address, site.peer.address].includes(site.witness.host)) {
    refuse("witness.host", "a third machine, since with one of the pair its witness would be lost as well");
  }
  checkNotifications(site, refuse);
  checkRemoteWrite(site, refuse);
  checkAccess(site, refuse);
  checkTls(site, refuse);
  checkPorts(site, refuse);
}

function checkSatellites({ machine, peer, satellites, docker }: Site, refuse: Refuse): void {
  const names = new Map([
    [machine.name, "machine.name"],
    [peer.name, "peer.name"],
  ]);
  const addresses = new Map([
    [machine.address, "machine.address"],
    [peer.address, "peer.address"],
  ]);
  for (const [index, { name, address }] of satellites.entries()) {
    const namesake = names.get(name);
    if (namesake !== undefined) refuse(`satellites.${index}.name`, `a name of its own; ${name} is already ${namesake}`);
    names.set(name, `satellites[${index}].name`);
    const holder = addresses.get(address);
    if (holder !== undefined && docker.socket === "")
      refuse(`satellites.${index}.address`, `an address of its own; ${address} is already ${holder}`);
    addresses.set(address, `satellites[${index}].address`);
  }
}

function checkVirtualIp(site: Site, refuse: Refuse): void {
  const { virtualIp, machine, peer, images } = site;
  if ([machine.address, peer.address].includes(virtualIp.address))
    refuse("virtualIp.address", "an address that neither machine has");
  for (const group of ["machine", "peer"] as const) {
    if (!isIPv4(site[group].address)) refuse(`${group}.address`, "an IPv4 address, since virtualIp.address is set");
  }
  if (virtualIp.interface === "") refuse("virtualIp.interface", "the network interface that carries virtualIp.address");
  if (images.keepalived === "") refuse("images.keepalived", "an image, since virtualIp.address is set");
  if (machine.hubPort !== peer.hubPort) {
    refuse("peer.hubPort", `machine.hubPort, ${machine.hubPort}, since virtualIp.address leads to either hub`);
  }
}

function checkPorts(site: Site, refuse: Refuse): void {
  for (const group of ["machine", "peer"] as const) {
    const entry = site[group];
    const used = new Map<number, string>();
    if (entry.name === site.leaf.listener) used.set(site.leaf.port, "leaf.port");
    // They stand on this machine alone; the peer's stack has its own.
    if (group === "machine") checkWatchPorts(site, used, refuse);
    for (const key of Object.keys(ports) as (keyof typeof ports)[]) {
      const other = used.get(entry[key]);
      if (other !== undefined) refuse(`${group}.${key}`, `a free port; ${entry[key]} is already ${other}`);
      used.set(entry[key], `${group}.${key}`);
    }
  }
}
