import { equal, throws } from "node:assert/strict";
import { compileTemplate } from "../../src/yaml/mod.ts";
import { renderUrl } from "./url.ts";

const render = (text: string, data: Record<string, string | number | null>) =>
  renderUrl(compileTemplate(text), {
    var: { base: "https://example.org/api" },
    data,
    run: { id: "r", attempt: 1 },
    secrets: {},
  });

Deno.test("renderUrl() keeps a value behind the host the one piece that it stands for", () => {
  const url = "https://example.org/users/${{ data.x }}?q=${{ data.x }}#${{ data.x }}";
  const sample = (x: string) => {
    const read = new URL(String(render(url, { x })));
    equal(read.host, "example.org");
    equal(read.pathname.split("/").length, 3);
    equal(decodeURIComponent(read.pathname.split("/")[2]!), x);
    equal(read.searchParams.size, 1);
    equal(read.searchParams.get("q"), x);
    equal(decodeURIComponent(read.hash), `#${x}`);
  };
  ["a", "a/b", "../admin", "a?b=c&d", "#", "%2e%2e", "a b", "é", "a\\b", "\r\n", "@evil.example", "..."]
    .forEach(sample);
  equal(render("https://example.org/${{ data.n }}", { n: 5 }), "https://example.org/5");
  equal(
    render("https://example.org", {}),
    "https://example.org",
    "without expressions it is as it is written",
  );
});

Deno.test("renderUrl() takes a value at the beginning as it is", () => {
  equal(render("${{ var.base }}/users/${{ data.x }}", { x: "a/b" }), "https://example.org/api/users/a%2Fb");
  equal(render("${{ data.url }}", { url: "https://example.org/a?b" }), "https://example.org/a?b");
});

Deno.test("renderUrl() lets a value be a part of a host's name, and nothing else", () => {
  equal(render("https://${{ data.h }}.example.org/", { h: "api" }), "https://api.example.org/");
  equal(render("http://localhost:${{ data.p }}/", { p: 80 }), "http://localhost:80/");
  for (const h of ["evil.example/", "evil.example#", "evil.example?", "a@b", "a\\b", "a b", "a%2fb", "é"]) {
    throws(() => render("https://${{ data.h }}.example.org/", { h }), {
      code: "EXPRESSION",
      message: /in the host of a URL/,
    });
  }
});

Deno.test("renderUrl() refuses values that would leave the path that is written", () => {
  const path = "https://example.org/users/${{ data.x }}";
  for (const x of [".", ".."]) {
    throws(() => render(path, { x }), { code: "EXPRESSION", message: /lead to other folders/ });
  }
  throws(() => render("https://example.org/.${{ data.x }}/a", { x: "." }), { code: "EXPRESSION" });
  for (const x of ["", null]) {
    throws(() => render(path, { x }), { code: "EXPRESSION", message: /it is empty/ });
  }
  equal(render("https://example.org/?q=${{ data.x }}", { x: "" }), "https://example.org/?q=");
  throws(() => render(path, { x: "\ud800" }), { code: "EXPRESSION", message: /half a surrogate/ });
});
