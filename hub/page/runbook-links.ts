/** Where a hub serves its runbooks. */

export const runbooksPath = "/runbooks/";

/** Of an alert, with what it is about, so that names and addresses are filled in. */
export const runbookHref = (name: string, subject: string): string =>
  `${runbooksPath}${encodeURIComponent(name)}?subject=${encodeURIComponent(subject)}`;
