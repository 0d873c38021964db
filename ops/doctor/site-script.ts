/** The one script that the doctor runs on a machine of a deployed site. */
import { dockerCommand } from "../../components/reach.ts";
import type { Site, StackSite } from "../../components/site.ts";
import { reachOf } from "../../components/site-reach.ts";
import { hasOwnCertificate, hubCaFile, hubCertificateFile } from "../../components/tls-conf.ts";
import { readScript } from "../deploy/lock-script.ts";
import { factsScript } from "./facts.ts";
import { hostScript } from "./host-facts.ts";

/** Of the link and, where the hub speaks TLS, of the hub; its CA too where that is not the link's. */
function certificatesOf(site: Site): string[] {
  const { machine, paths } = site;
  const link = ["leaf.pem", "ca.pem"].map((file) => `${paths.config}/nats/${file}`);
  if (!machine.hubTls) return link;
  const own = hasOwnCertificate(site) ? [hubCertificateFile, hubCaFile] : [hubCertificateFile];
  return [...link, ...own.map((file) => `${paths.config}/tls/${file}`)];
}

export function siteScript(site: StackSite): string {
  const { machine, paths, logs } = site;
  const docker = dockerCommand(reachOf(site));
  const common = { machine: machine.name, configDirectory: paths.config, dataDirectory: paths.data, docker };
  const isPair = site.role === "pair";
  const host = hostScript({
    ...common,
    directories: isPair ? [`${paths.data}/jetstream`] : [],
    certificates: site.role === "pair" ? certificatesOf(site) : [],
    ...(logs.directories.length === 0
      ? {}
      : { logs: { configDirectory: `${paths.config}/logs`, stateDirectory: `${paths.data}/logs` } }),
  });
  const lock = `section lock; (${readScript(paths.data)}\n) 2>/dev/null`;
  return factsScript({
    ...common,
    monitoringPort: isPair ? site.machine.monitoringPort : undefined,
    more: `${host}\n${lock}`,
  });
}
