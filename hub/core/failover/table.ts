/** The table of owners: how two of them become one, in any order, and by what a beat names one. */
import { firstEpoch, ownerOf } from "./epoch.ts";
import type { Entry, Table } from "./messages.ts";
import type { ServiceSpec } from "./service.ts";

export function entryOf(table: Table, service: ServiceSpec): Entry {
  return table[service.name] ?? { epoch: firstEpoch(service), released: false };
}

/** With an entry for each of these services; the table itself when none was missing. */
export function complete(table: Table, services: readonly ServiceSpec[]): Table {
  const missing = services.filter(({ name }) => table[name] === undefined);
  if (missing.length === 0) return table;
  return { ...table, ...Object.fromEntries(missing.map((service) => [service.name, entryOf(table, service)])) };
}

/** Without entries of these services that say what everybody begins with, but for those that `known` has. */
export function withoutFirst(table: Table, services: readonly ServiceSpec[], known: Table): Table {
  const isFirst = (service: ServiceSpec) => sameEntry(table[service.name], entryOf({}, service));
  const dropped = new Set(
    services.filter((service) => known[service.name] === undefined && isFirst(service)).map(({ name }) => name),
  );
  return dropped.size === 0 ? table : Object.fromEntries(Object.entries(table).filter(([name]) => !dropped.has(name)));
}

export function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.epoch === b?.epoch && a?.released === b?.released && a?.stays === b?.stays;
}

/** Whether the next epoch goes on to stay away from home. */
export function staysAt(service: ServiceSpec, epoch: number, before: Entry): Pick<Entry, "stays"> {
  // Where it was ordered to has become its home since: it is away from there by no order.
  const isOrdered = before.stays && (before.released || ownerOf(service, before.epoch) !== service.home);
  return isOrdered && ownerOf(service, epoch) !== service.home ? { stays: true } : {};
}

/** The higher epoch wins; what was said in the same epoch adds up, as a release cannot be taken back. Gives `a` itself when `b` adds nothing. */
export function mergeTables(a: Table, b: Table): Table {
  const news = Object.entries(b).flatMap(([service, entry]) => {
    const merged = mergeEntries(a[service], entry);
    return sameEntry(merged, a[service]) ? [] : [[service, merged] as const];
  });
  return news.length === 0 ? a : { ...a, ...Object.fromEntries(news) };
}

function mergeEntries(a: Entry | undefined, b: Entry): Entry {
  if (a === undefined || b.epoch > a.epoch) return b;
  if (b.epoch < a.epoch) return a;
  const stays = a.stays ?? b.stays;
  return { epoch: a.epoch, released: a.released || b.released, ...(stays === undefined ? {} : { stays }) };
}

const prime = 0x0000000001000000000000000000013bn;
const offset = 0x6c62272e07bb014262b821756295c58dn;

/** 32 hex digits that are equal when the tables are; FNV-1a over 128 bits, so that no two tables ever share one by chance. */
export function digestTable(table: Table): string {
  const rows = Object.keys(table)
    .sort()
    .map((service) => [service, table[service]?.epoch, table[service]?.released, table[service]?.stays ?? false]);
  const text = JSON.stringify(rows);
  let hash = offset;
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(128, (hash ^ BigInt(text.charCodeAt(i))) * prime);
  return hash.toString(16).padStart(32, "0");
}
