import fc from "fast-check";
import { expect, it } from "vitest";
import { Account, AccountDump } from "../../../hub/core/account.ts";

const incarnations = ["a", "b", "c"];
const holdings = fc.array(fc.tuple(fc.constantFrom(...incarnations), fc.integer({ min: 1, max: 30 })), {
  maxLength: 40,
});
type Holdings = [string, number][];

const accountOf = (held: Holdings): Account => {
  const account = new Account();
  for (const [incarnation, seq] of held) account.hold(incarnation, seq, 1);
  return account;
};
const idsOf = (account: Account) =>
  new Set(
    incarnations.flatMap((name) =>
      Array.from({ length: 30 }, (_, i) => i + 1)
        .filter((seq) => account.holds(name, seq, 1))
        .map((seq) => `${name}${seq}`),
    ),
  );
const setOf = (held: Holdings) => new Set(held.map(([name, seq]) => `${name}${seq}`));

it("an account is a set of records, with what came twice counted apart", () => {
  fc.assert(
    fc.property(holdings, (held) => {
      const account = accountOf(held);
      expect(idsOf(account)).toEqual(setOf(held));
      expect(account.count).toBe(setOf(held).size);
      expect(account.duplicates).toBe(held.length - setOf(held).size);
      expect(Account.of(JSON.parse(JSON.stringify(account.dump()))).dump()).toEqual(account.dump());
    }),
  );
});

it("taking in another account, or leaving it out, is what it is with sets", () => {
  fc.assert(
    fc.property(holdings, holdings, (a, b) => {
      const both = accountOf(a);
      both.include(accountOf(b));
      expect(idsOf(both)).toEqual(setOf([...a, ...b]));
      expect(both.duplicates).toBe(accountOf(a).duplicates);
      const rest = accountOf(a).without(accountOf(b));
      expect(idsOf(rest)).toEqual(new Set([...setOf(a)].filter((id) => !setOf(b).has(id))));
      expect(rest.count).toBe(idsOf(rest).size);
    }),
  );
});

it("up to a position lies every record of an earlier incarnation, and of that one what is no later", () => {
  fc.assert(
    fc.property(
      holdings,
      fc.constantFrom(...incarnations),
      fc.integer({ min: 0, max: 30 }),
      (held, incarnation, seq) => {
        const part = accountOf(held).upTo({ incarnation, seq });
        const expected = held.filter(([name, each]) => name < incarnation || (name === incarnation && each <= seq));
        expect(idsOf(part)).toEqual(setOf(expected));
      },
    ),
  );
});

it("two accounts of the same records have the same cover, in whatever order they came, and those of others have not", () => {
  fc.assert(
    fc.property(holdings, holdings, (a, b) => {
      const same = setOf(a).size === setOf(b).size && [...setOf(a)].every((id) => setOf(b).has(id));
      expect(accountOf([...a].reverse()).cover).toEqual(accountOf(a).cover);
      expect(accountOf(a).digest === accountOf(b).digest).toBe(same);
    }),
  );
  expect(new Account().cover).toBeUndefined();
});

it("what is earlier stands still while the newest incarnation's records come, and tells one gap in them from another", () => {
  const [whole, gap2, gap3] = [accountOf([]), accountOf([]), accountOf([])];
  for (const account of [whole, gap2, gap3]) account.hold("a", 1, 3);
  whole.hold("b", 1, 4);
  const before = whole.earlier;
  whole.hold("b", 5, 10);
  expect(whole.earlier).toBe(before);
  gap2.hold("b", 1, 1);
  gap2.hold("b", 3, 2);
  gap3.hold("b", 1, 2);
  expect(gap3.earlier).toBe(before);
  gap3.hold("b", 4, 1);
  expect(new Set([before, gap2.earlier, gap3.earlier]).size).toBe(3);
  const said = gap2.earlier;
  gap2.hold("b", 5, 10);
  expect(gap2.earlier).toBe(said);
  gap2.hold("b", 2, 1);
  gap3.hold("b", 3, 1);
  expect([gap2.earlier, gap3.earlier]).toEqual([before, before]);
});

it("a dump whose stretch ends before it begins is none: it would count less than nothing", () => {
  const dump = (stretch: [number, number]) => ({ held: [["a", [stretch]]], duplicates: 0 });
  expect(AccountDump.safeParse(dump([1, 7])).success).toBe(true);
  expect(AccountDump.safeParse(dump([7, 1])).success).toBe(false);
});
