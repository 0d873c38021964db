/** HTML as a template: what is put in is escaped, unless it is HTML already. */

export interface Html {
  readonly html: string;
}

type Part = Html | readonly Html[] | string | number;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** For text and for quoted attributes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? sign);

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const text = strings.reduce((before, string, at) => before + render(parts[at - 1] ?? "") + string);
  return { html: text };
}

/** JSON for a script element of a data type: nothing in it can end the element or open a comment. */
export const dataHtml = (data: unknown): Html => ({ html: JSON.stringify(data).replaceAll("<", "\\u003c") });

function render(part: Part): string {
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(render).join("");
}
