import { expect, it } from "vitest";
import { parseStack } from "../../../components/stack-config.ts";
import { siteScript } from "../../../ops/doctor/site-script.ts";
import { stackValues } from "../../components/recorder.ts";
import { securedStack } from "../../components/secured-stack.ts";

const values = securedStack("pc2").values;
const { leafCertificate, ca } = Object(values.security);
const certificatesIn = (stack: Record<string, unknown>) =>
  [...siteScript(parseStack(stack, "pc2")).matchAll(/echo file '?([^\s';]+)/g)].map(([, path]) => path);

it("the script asks for the certificates of the link, and for the hub's where it speaks TLS", () => {
  const link = ["/etc/tandem/nats/leaf.pem", "/etc/tandem/nats/ca.pem"];
  expect(certificatesIn(stackValues("pc2"))).toEqual(link);
  const speaking = (key: string) => ({ ...Object(values[key]), hubTls: true });
  const stack = { ...values, machine: speaking("machine"), peer: speaking("peer") };
  expect(certificatesIn(stack)).toEqual([...link, "/etc/tandem/tls/hub.pem"]);
  const own = { ...stack, hub: { ...Object(values.hub), tls: { certificate: leafCertificate, ca } } };
  expect(certificatesIn(own)).toEqual([...link, "/etc/tandem/tls/hub.pem", "/etc/tandem/tls/ca.pem"]);
});
