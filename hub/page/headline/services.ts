/** Services that nobody acts for, and those that act away from home: that is what a takeover has done. */
import type { ServiceJson } from "../../http/api.ts";
import { countText, listText } from "../words.ts";
import type { Finding } from "./finding.ts";

export function serviceFindings(services: readonly ServiceJson[]): Finding[] {
  const inState = (state: ServiceJson["state"]) => services.filter((service) => service.state === state);
  return [...inState("held").map(heldFinding), ...movingFinding(inState("moving")), ...awayFindings(inState("away"))];
}

const heldFinding = ({ name, reason }: ServiceJson): Finding => ({
  level: "trouble",
  title: `Nobody acts for ${name}${reason === "" ? "" : `: ${reason}`}`,
  details: [],
});

function movingFinding(services: readonly ServiceJson[]): Finding[] {
  if (services.length === 0) return [];
  const names = listText(services.map(({ name }) => name));
  return [{ level: "watch", title: `${names} ${services.length === 1 ? "is" : "are"} being moved`, details: [] }];
}

function awayFindings(services: readonly ServiceJson[]): Finding[] {
  const owners = [...new Set(services.map(({ owner }) => owner))].sort();
  return owners.map((owner) => {
    const names = services.filter((service) => service.owner === owner).map(({ name }) => name);
    const which = names.length === 1 ? "" : `${countText(names.length, "service")} away from home: `;
    return { level: "watch", title: `${owner} acts for ${which}${listText(names)}`, details: [] };
  });
}
