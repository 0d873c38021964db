/** Writes what components draw as HTML. Components here are functions of their props: none keeps a state of its own. */
import { type ComponentChildren, Fragment, type VNode } from "preact";
import { escapeHtml, type Html } from "./html.ts";

const voidElements = new Set(["br", "hr", "img", "input", "link", "meta", "wbr"]);
/** Names that HTML writes otherwise than the DOM's properties. */
const attributeNames: Record<string, string> = {
  className: "class",
  dateTime: "datetime",
  htmlFor: "for",
  spellCheck: "spellcheck",
  tabIndex: "tabindex",
};

export function toHtml(children: ComponentChildren): Html {
  return { html: write(children) };
}

function write(children: unknown): string {
  if (Array.isArray(children)) return children.map(write).join("");
  if (typeof children === "string") return escapeHtml(children);
  if (typeof children === "number" || typeof children === "bigint") return String(children);
  if (typeof children !== "object" || children === null) return "";
  return writeNode(children as VNode<Record<string, unknown>>); // nothing else is left among a component's children
}

function writeNode({ type, props }: VNode<Record<string, unknown>>): string {
  if (type === Fragment) return write(props.children);
  if (typeof type === "function") {
    const component = type as (props: Record<string, unknown>) => ComponentChildren; // see above: no classes here
    return write(component(props));
  }
  const attributes = Object.entries(props).map(writeAttribute).join("");
  if (voidElements.has(type)) return `<${type}${attributes}>`;
  return `<${type}${attributes}>${write(props.children)}</${type}>`;
}

function writeAttribute([name, value]: [string, unknown]): string {
  if (name === "children" || name === "key" || name === "ref" || typeof value === "function") return "";
  if (value === undefined || value === null) return "";
  const attribute = attributeNames[name] ?? name;
  const spelled = attribute.startsWith("aria-") || attribute.startsWith("data-") || attribute === "spellcheck";
  if (value === false && !spelled) return "";
  if (value === true && !spelled) return ` ${attribute}`;
  return ` ${attribute}="${escapeHtml(String(value))}"`;
}
