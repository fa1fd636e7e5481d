import { equal, match } from "node:assert/strict";
import { redirectRefusal } from "./redirect_target.ts";

const refusal = (to: string, hosts: readonly string[], from = "https://example.org/a") =>
  redirectRefusal(new URL(to), new URL(from), hosts);

Deno.test("redirectRefusal() lets a redirect lead to a host that is named, with its port where that is named", () => {
  for (const hosts of [["example.org"], ["other.org", "Example.ORG"]]) {
    equal(refusal("https://example.org/b", hosts), undefined);
    equal(refusal("https://example.org:8443/b", hosts), undefined);
  }
  equal(refusal("https://example.org:8443/b", ["example.org:8443"]), undefined);
  equal(refusal("https://example.org/b", ["example.org:443"]), undefined);
  equal(refusal("http://example.org/", ["example.org:80"], "http://example.org/"), undefined);
  equal(refusal("https://[::1]:80/", ["[::1]"]), undefined);
  equal(refusal("https://example.org/", ["example.org"], "http://example.org/"), undefined, "to https");
});

Deno.test("redirectRefusal() refuses every other host, however it is written", () => {
  const others = ["https://other.org/", "https://example.org.evil.org/", "https://sub.example.org/"];
  for (
    const to of [...others, "https://example.org@evil.org/", "https://example.org:444/", "https://127.0.0.1/"]
  ) {
    match(refusal(to, ["example.org:443"])!, /To allow it: redirects: \["/, to);
  }
});

Deno.test("redirectRefusal() refuses what is less than the request was", () => {
  for (const to of ["http://example.org/", "file:///etc/passwd", "data:,x", "blob:https://example.org/x"]) {
    match(refusal(to, ["example.org", ""])!, /^it is redirected from https: to /);
  }
  match(refusal("file:///etc/passwd", [""], "http://example.org/")!, /from http: to file:/);
});
