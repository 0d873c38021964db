/** Makes one line of words that others chose, for a terminal: none of them begins a line, clears the screen or colours what follows. */

/** Runs with a control character in them become one blank; mere blanks stay, they lay out columns. */
export const oneLine = (text: string): string =>
  // Each run is looked at once: by one expression for the whole a million blanks would take minutes.
  text.replaceAll(/[\s\p{Cc}]+/gu, (run) => (/\p{Cc}/u.test(run) ? " " : run));

/** Keeps the lines, and nothing else that moves or colours a terminal. */
export const plainLines = (text: string): string => text.split("\n").map(oneLine).join("\n");
