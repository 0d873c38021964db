/** The page's icon in the tone of the headline, so that a tab among many tells how things stand. */
import type { Level } from "./headline.ts";

const shapes: Record<Level, string> = {
  well: '<circle cx="16" cy="16" r="13" fill="#1f7a5c"/><path d="M9.5 16.5l4.5 4.5 8.5-10"/>',
  watch: '<path d="M16 2 31 29H1Z" fill="#b06f00"/><path d="M16 12v8M16 24.5v.1"/>',
  trouble: '<rect x="2" y="2" width="28" height="28" rx="4" fill="#c0342b"/><path d="M10 10l12 12M22 10 10 22"/>',
};

/** A data URL, since a page that asks nobody else can hold it itself. */
export function icon(level: Level): string {
  const stroke = 'fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g ${stroke}>${shapes[level]}</g></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
