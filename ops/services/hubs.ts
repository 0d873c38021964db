/** The hubs that an operator's orders go to: by HTTP where they are of a local run or were named, else at the socket of their own machine. */
import { giveOrders } from "../deploy/orders.ts";
import { ownHub, placeOf } from "../deploy/place.ts";
import { OperatorError } from "../error.ts";
import { type HubsAsked, hubUrls, localRun } from "../ledger/hubs.ts";
import { machineNames } from "../local/site.ts";
import { type GiveOrders, givingTo } from "../site/keep-documents.ts";
import { orderHeaders } from "../site/operator-token.ts";
import { readStacks } from "../site/stacks.ts";

export interface OrderHub {
  /** Undefined of hubs that were named: they may be of either. */
  machine: string | undefined;
  /** Where it is asked. */
  url: string;
  give: GiveOrders;
}

export interface HubsOrdered extends HubsAsked {
  /** The one machine whose hub is meant. */
  at?: string;
}

export function orderHubs(asked: HubsOrdered): OrderHub[] {
  const hubs = allHubs(asked);
  const { at } = asked;
  if (at === undefined) return hubs;
  const named = hubs.filter(({ machine }) => machine === at);
  if (named.length > 0) return named;
  const names = hubs.flatMap(({ machine }) => machine ?? []);
  const next = names.length === 0 ? "Leave --at out where hubs are named" : `There are ${names.join(" and ")}`;
  throw new OperatorError("order.machine", `no hub is known to be of ${at}`, next);
}

function allHubs(asked: HubsOrdered): OrderHub[] {
  if (asked.hub !== undefined || localRun(asked) !== undefined) {
    const isNamed = asked.hub !== undefined;
    const shown = isNamed ? orderHeaders() : {};
    const names = isNamed ? [] : machineNames;
    return hubUrls(asked).map((url, i) => ({ machine: names[i], url, give: givingTo(url, shown) }));
  }
  return readStacks(asked.stack, asked.dir).flatMap((stack) => {
    const place = placeOf(stack);
    const url = ownHub(place);
    return url === undefined
      ? []
      : { machine: place.name, url, give: (orders, signal) => giveOrders(place, orders, signal) };
  });
}
