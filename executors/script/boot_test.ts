import assert from "node:assert/strict";
import { parse } from "@babel/parser";
import { sandboxBoot } from "./boot.ts";
import { workerBoot } from "./worker_boot.ts";
import { workerConsole } from "./worker_console.ts";

/** Globals that the boot code may use. */
const globals = new Set(
  ("globalThis Object JSON Array Number console String TypeError Promise Deno URL Blob crypto Worker " +
    "TextEncoder Uint8Array Reflect AbortController DOMException undefined").split(" "),
);

Deno.test("boot code names nothing but globals, so that it can travel as text", () => {
  for (const code of [sandboxBoot, workerBoot, workerConsole]) {
    const free = freeNames(code.toString()).filter((name) => !globals.has(name));
    assert.deepEqual(free, [], code.name);
  }
});

Deno.test("the check for free names finds one", () => {
  assert.deepEqual(
    freeNames("function f(a) { const { b, c: d } = a; return b + d + outer(a.c, { e: 1 }); }"),
    ["outer"],
  );
});

interface Node {
  readonly type: string;
  readonly name?: string;
  readonly computed?: boolean;
  readonly [key: string]: unknown;
}

/** Names that a function uses and does not declare anywhere: coarse, but every name is declared once. */
function freeNames(source: string): string[] {
  const declared = new Set<string>();
  const used = new Set<string>();
  visit(parse(`(${source})`, { sourceType: "module" }).program as unknown as Node, declared, used);
  return [...used].filter((name) => !declared.has(name)).sort();
}

function visit(node: Node, declared: Set<string>, used: Set<string>): void {
  if (node.type === "Identifier") used.add(node.name!);
  if (node.type.startsWith("Function") || node.type.startsWith("Arrow")) {
    if (node.id) declare(node.id as Node, declared);
    for (const parameter of node.params as Node[]) declare(parameter, declared);
  }
  if (node.type === "VariableDeclarator") declare(node.id as Node, declared);
  if (node.type === "CatchClause" && node.param) declare(node.param as Node, declared);
  for (const [key, value] of Object.entries(node)) {
    const isName = !node.computed &&
      ((key === "property" && node.type.endsWith("MemberExpression")) || (key === "key" && "value" in node));
    if (isName) continue;
    for (const child of [value].flat()) {
      if (typeof child === "object" && child !== null && "type" in child) {
        visit(child as Node, declared, used);
      }
    }
  }
}

function declare(pattern: Node, declared: Set<string>): void {
  switch (pattern.type) {
    case "Identifier":
      declared.add(pattern.name!);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties as Node[]) {
        declare((property.value ?? property.argument) as Node, declared);
      }
      return;
    case "ArrayPattern":
      for (const element of pattern.elements as (Node | null)[]) if (element) declare(element, declared);
      return;
    default:
      declare((pattern.left ?? pattern.argument) as Node, declared);
  }
}
