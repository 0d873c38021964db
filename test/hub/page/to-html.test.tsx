import { expect, it } from "vitest";
import { toHtml } from "../../../hub/page/to-html.ts";

const Greeting = ({ name }: { name: string }) => (
  <>
    <b>{name}</b>, {2} times
  </>
);

it("writes components, fragments, lists and numbers as HTML, and nothing for null, false and handlers", () => {
  const list = ["a", "b"].map((name) => <li key={name}>{name}</li>);
  const page = (
    <ul class="names" onScroll={() => undefined} hidden={false}>
      {list}
      {null}
      {false}
      <Greeting name="c" />
    </ul>
  );
  expect(toHtml(page).html).toBe('<ul class="names"><li>a</li><li>b</li><b>c</b>, 2 times</ul>');
});

it("escapes what a name or a reason holds, in text and in attributes", () => {
  const reason = "<script>\"x\" & 'y'</script>";
  expect(toHtml(<p title={reason}>{reason}</p>).html).toBe(
    '<p title="&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;">&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;</p>',
  );
});

it("spells out aria values, writes HTML's names, and closes no void element", () => {
  const field = (
    <>
      <input type="search" disabled aria-invalid={false} tabIndex={-1} />
      <time dateTime="2026-05-12T12:00:00Z">noon</time>
    </>
  );
  expect(toHtml(field).html).toBe(
    '<input type="search" disabled aria-invalid="false" tabindex="-1"><time datetime="2026-05-12T12:00:00Z">noon</time>',
  );
});
