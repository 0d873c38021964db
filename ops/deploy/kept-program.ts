/** Brings a program that a machine has kept to this computer, and unpacks it only when somebody other than that machine vouches for its bytes. */
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { askDigests, fetchProgram, noteDigests } from "./archive.ts";
import { notedHere, noteHere, ownNotesPath } from "./own-notes.ts";
import type { Place } from "./place.ts";
import { type Program, unpackFolder, unpackProgram } from "./program.ts";
import { digestOf, type Voucher, vouchedFor } from "./vouch.ts";

export interface Vouching {
  /** All machines of the site. */
  all: readonly Place[];
  siteFolder: string;
  /** Whether a program that nobody vouches for is run all the same. @default false */
  unvouched?: boolean;
  say(line: string): void;
}

const here = "this computer";

/**
 * @param suffix of the folder, where a deployment is unpacked for more than one end
 * @throws OperatorError when nobody vouches for it, or somebody says that another one was stored
 */
export async function unpackKept(
  place: Place,
  number: number,
  vouching: Vouching,
  suffix = "",
): Promise<{ program: Program; archive: Buffer }> {
  const archive = await fetchVouched(place, number, vouching);
  return { program: await unpackVouched(place, number, archive, vouching, suffix), archive };
}

/** @param archive that `fetchVouched` gave */
export async function unpackVouched(
  place: Place,
  number: number,
  archive: Buffer,
  { siteFolder, say }: Pick<Vouching, "siteFolder" | "say">,
  suffix = "",
): Promise<Program> {
  const folder = unpackFolder(siteFolder, `${number}-${place.name}${suffix}`);
  return await unpackProgram(archive, folder, siteFolder, say);
}

/** @throws OperatorError as `unpackKept` */
export async function fetchVouched(place: Place, number: number, vouching: Vouching): Promise<Buffer> {
  const { all, siteFolder } = vouching;
  const others = all.filter(({ name }) => name !== place.name);
  const [archive, ...asked] = await Promise.all([
    fetchProgram(place, number),
    ...others.map((other) => ask(other, place, number)),
  ]);
  const own = { name: here, noted: notedHere(siteFolder, place.name, number) };
  refuse(place, number, archive, [own, ...asked], vouching);
  return archive;
}

/** Before they are stored: notes them on this computer and at each of these machines. @param programs by the machine that is to keep it */
export async function noteStored(
  places: readonly Place[],
  siteFolder: string,
  number: number,
  programs: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const digests = new Map([...programs].map(([machine, program]) => [machine, digestOf(program)]));
  await Promise.all(places.map((place) => noteDigests(place, number, digests)));
  noteHere(siteFolder, number, digests);
}

interface Asked extends Voucher {
  /** Why it says nothing. */
  silent?: string;
}

async function ask(other: Place, { name: machine }: Place, number: number): Promise<Asked> {
  const { name } = other;
  try {
    return { name, ...(await askDigests(other, machine, number)) };
  } catch (error) {
    return { name, noted: undefined, silent: messageOf(error) };
  }
}

function refuse(
  place: Place,
  number: number,
  archive: Buffer,
  asked: readonly Asked[],
  { siteFolder, unvouched = false, say }: Vouching,
): void {
  const verdict = vouchedFor(digestOf(archive), asked);
  const what = `the program of deployment ${number} that ${place.name} keeps`;
  switch (verdict.kind) {
    case "vouched":
      return;
    case "contradicted":
      throw contradicted(place, what, verdict.by, siteFolder);
    case "unvouched":
      if (!unvouched) throw nobodyVouches(place, what, asked);
      say(`nobody else vouches for ${what}: it is run because of --unvouched`);
  }
}

function contradicted({ name }: Place, what: string, by: readonly string[], siteFolder: string): OperatorError {
  const next = [
    `It was changed, there or in the notes: look who is root on ${[name, ...by.filter((one) => one !== here)].join(" and ")}. tandem deploy brings what stands in your folder instead`,
    ...(by.includes(here)
      ? [
          `If the passphrase was exchanged from another computer or folder since, or the site made anew, the note here is old: delete ${ownNotesPath(siteFolder)}`,
        ]
      : []),
  ];
  const noted = `${by.join(" and ")} noted another SHA-256 when it was stored`;
  return new OperatorError("deploy.contradicted", `${what} is not run: ${noted}`, next.join(". "));
}

function nobodyVouches({ name }: Place, what: string, asked: readonly Asked[]): OperatorError {
  const why = asked.map((one) => (one.silent === undefined ? `${one.name} knows nothing of it` : one.silent));
  return new OperatorError(
    "deploy.unvouched",
    `${what} is not run, since nobody else vouches for it: ${why.join("; ")}`,
    `Go back from the computer that has deployed it, or once the other machine answers. If it is certain that nobody else is root of ${name}: tandem rollback --machine ${name} --unvouched`,
  );
}
