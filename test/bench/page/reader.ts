/** A page in a real browser, and the moment at which something stands in it: by the browser's own observer of changes, on the computer's clock. */
import type { Browser, Page } from "playwright-core";
import { until } from "../../support/until.ts";

/** What is to stand in the page. All of these are read from its elements, so a function says it to the browser. */
export interface Sign {
  /** Of the elements in question. */
  selector: string;
  /** One of them holds this text, or all of these texts; without it, it is enough that one is there. */
  holds?: readonly string[];
}

export interface Watch {
  /** The wall ms of the change that brought the sign; undefined when it did not come in time. */
  seen: Promise<number | undefined>;
}

const goneDeadlineMs = 60_000;

export class PageReader {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Resolves once the page is fed and has drawn the agents. */
  static async open(browser: Browser, url: string): Promise<PageReader> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    await page.locator("#filter").waitFor();
    const reader = new PageReader(page);
    await until("the page to be live", () => page.locator(".pulse", { hasText: "live" }).count());
    return reader;
  }

  /** Waits, without a measurement, until no such thing stands. @throws Error in vain */
  async gone(sign: Sign): Promise<void> {
    const isGone = () =>
      this.#page.evaluate(([each, texts]) => {
        const all = [...document.querySelectorAll(each)];
        return !all.some((one) => texts.every((text) => one.textContent?.includes(text)));
      }, argumentOf(sign));
    await until(`${sign.selector} to be gone from the page`, isGone, goneDeadlineMs);
  }

  /**
   * Begins to watch, and resolves when that is so.
   * @throws Error when the sign stands already
   */
  async watch(sign: Sign, deadlineMs: number): Promise<Watch> {
    const watching = await this.#page.evaluateHandle(
      ([each, texts, endMs]) => {
        const stands = () =>
          [...document.querySelectorAll(each)].some((one) => texts.every((text) => one.textContent?.includes(text)));
        const seen = new Promise<number | undefined>((resolve) => {
          const observer = new MutationObserver(() => {
            if (!stands()) return;
            const atMs = Date.now();
            observer.disconnect();
            resolve(atMs);
          });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
          setTimeout(() => {
            observer.disconnect();
            resolve(undefined);
          }, endMs);
        });
        return { stood: stands(), seen };
      },
      [...argumentOf(sign), deadlineMs] as const,
    );
    // What stands already cannot be measured.
    if (await watching.evaluate(({ stood }) => stood)) throw new Error(`${sign.selector} stands in the page already`);
    return { seen: watching.evaluate(({ seen }) => seen) };
  }

  /** The text, or an attribute, of the first such element. */
  async read(selector: string, attribute: string): Promise<string | undefined> {
    return (await this.#page.locator(selector).first().getAttribute(attribute)) ?? undefined;
  }

  /** Asks for it anew, as after a restart of its hub. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.#page.locator("#filter").waitFor();
  }
}

const argumentOf = ({ selector, holds = [] }: Sign) => [selector, [...holds]] as const;
