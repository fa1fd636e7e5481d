import assert from "node:assert/strict";
import { changeAttributes, noAttributes } from "../definition/attributes.ts";
import { type SearchDocument, searchMapping } from "../instance/search_document.ts";
import type { SearchIndex, SearchQuery } from "../provider/search.ts";
import { testPromise } from "./contract_promise.ts";
import { longestKey } from "./longest_key.ts";

/** How the contract gets at a search index. */
export interface SearchFactory {
  /** Makes an empty index. */
  readonly open: () => Promise<SearchIndex>;
  /** Called after each test, when the index is closed, with nothing left to do for one in memory. */
  readonly clean?: () => Promise<void>;
}

/** What a search index promises. */
export const searchPromises: Readonly<Record<string, (index: SearchIndex) => Promise<void>>> = {
  "what was put is found, as it was": async (index) => {
    const document = run("r-1", {
      reference: "Order 7",
      steps: ["build", "ship"],
      errors: ["TypeError: no ünit"],
      endedAt: 20,
    });
    await index.put([document, run("other")]);
    assert.deepEqual(await index.search("r-1"), { hits: [document], total: 1, cursor: null });
  },
  "a run is found by its id, definition, status, reference, steps and errors": async (index) => {
    await index.put([
      run("4f2e-77", {
        definitionId: "invoices",
        status: "Failed",
        reference: "customer/12",
        steps: ["charge_card"],
        errors: ["PaymentError [DECLINED]: card of the customer refused"],
      }),
      run("other"),
    ]);
    for (
      const terms of ["4f2e-77", "invoices", "failed", "customer/12", "charge_card", "declined", "refused"]
    ) {
      assert.deepEqual(await ids(index, terms), ["4f2e-77"], terms);
    }
  },
  "each term must be found, in whatever field and order": async (index) => {
    await index.put([run("a", { reference: "red" }), run("b", { reference: "red", steps: ["paint"] })]);
    assert.deepEqual(await ids(index, "paint  red"), ["b"]);
    assert.deepEqual(await ids(index, "paint green"), []);
  },
  "a term is the beginning of a word, whatever its case and accents": async (index) => {
    await index.put([run("a", { reference: "Übergrößenträger" })]);
    for (const terms of ["uber", "ÜBER", "übergrößentra"]) {
      assert.deepEqual(await ids(index, terms), ["a"], terms);
    }
    assert.deepEqual(await ids(index, "großen"), []);
  },
  "the words of one term stand one after another, in one text": async (index) => {
    await index.put([run("a", { reference: "x-1-20" }), run("b", { reference: "20-1", steps: ["x"] })]);
    assert.deepEqual(await ids(index, "1-2"), ["a"]);
    await index.put([run("c", { steps: ["left", "right"] })]);
    assert.deepEqual(await ids(index, "left-right"), []);
  },
  "no terms find everything, a term without letter or digit nothing": async (index) => {
    await index.put([run("a"), run("b")]);
    assert.deepEqual(await ids(index, " "), ["b", "a"]);
    assert.deepEqual(await ids(index, "a --"), []);
  },
  "signs of query languages are text": async (index) => {
    await index.put([run("a", { reference: 'x OR "y"* NOT (z) ^1' }), run("b")]);
    for (const terms of ["OR", 'OR "y"*', "NOT (z)", "^1", "x'"]) {
      assert.deepEqual(await ids(index, terms), ["a"], terms);
    }
    assert.deepEqual(await ids(index, "a OR b"), []);
  },
  "an old document never replaces a newer one, in whatever order and batch": async (index) => {
    const [old, mid, last] = [1, 2, 3].map((sequence) => run("a", { sequence, reference: `v${sequence}` }));
    await index.put([mid!]);
    await index.put([old!]);
    assert.deepEqual(await ids(index, "v2"), ["a"]);
    await index.put([last!, mid!, old!]);
    assert.deepEqual((await index.search("")).hits, [last]);
    assert.deepEqual(await ids(index, "v2"), []);
  },
  "a document as old as the one that is kept replaces it: an index can be made anew": async (index) => {
    await index.put([run("a", { mapping: 0, reference: "before" })]);
    await index.put([run("a", { reference: "after" })]);
    assert.deepEqual((await index.search("")).hits, [run("a", { reference: "after" })]);
  },
  "a later run of the same id is newer, whatever its sequence": async (index) => {
    const later = run("a", { createdAt: 50, sequence: 1 });
    await index.put([run("a", { createdAt: 10, sequence: 9 })]);
    await index.put([later]);
    await index.put([run("a", { createdAt: 10, sequence: 10 })]);
    assert.deepEqual((await index.search("")).hits, [later]);
  },
  "what was removed is found no more, but a later run of its id is": async (index) => {
    await index.put([run("a", { createdAt: 10 }), run("b", { createdAt: 50 })]);
    await index.remove([{ id: "a", createdAt: 10 }, { id: "b", createdAt: 10 }, { id: "c", createdAt: 1 }]);
    assert.deepEqual(await ids(index, ""), ["b"]);
    assert.deepEqual(await ids(index, "a"), []);
  },
  "filters keep what meets all of them": async (index) => {
    await index.put([
      run("a", { createdAt: 10, endedAt: 20, status: "Complete", steps: ["x"] }),
      run("b", { createdAt: 20, endedAt: 30, status: "Failed", steps: ["x_y"], definitionId: "e" }),
      run("c", { createdAt: 30, reference: "R" }),
    ]);
    const found = (filters: NonNullable<SearchQuery["filters"]>) => ids(index, "", { filters });
    assert.deepEqual(await found({ status: ["Complete", "Failed"] }), ["b", "a"]);
    assert.deepEqual(await found({ status: [] }), []);
    assert.deepEqual(await found({ definitionId: "e" }), ["b"]);
    assert.deepEqual(await found({ reference: "R" }), ["c"]);
    assert.deepEqual(await found({ reference: "r" }), []);
    assert.deepEqual(await found({ step: "x" }), ["a"]);
    assert.deepEqual(await found({ createdFrom: 20, createdBefore: 30 }), ["b"]);
    assert.deepEqual(await found({ endedFrom: 20, endedBefore: 30 }), ["a"]);
    assert.deepEqual(await found({ endedBefore: 31, status: ["Failed"] }), ["b"]);
    assert.deepEqual(await ids(index, "b", { filters: { status: ["Complete"] } }), []);
  },
  "attributes are found by their values, and filtered exactly, by name, type and value": async (index) => {
    const attributes = { customer: "ACME Ltd", total: 42.5, paid: true, tags: ["red shoes", "new"] };
    const document = run("a", { attributes });
    await index.put([document, run("b", { attributes: { customer: "acme ltd", total: 42, paid: "true" } })]);
    for (const terms of ["acme", "42", "ltd true"]) {
      assert.deepEqual(await ids(index, terms), ["b", "a"], terms);
    }
    assert.deepEqual(await ids(index, "shoes 42-5"), ["a"]);
    const found = (attributes: Record<string, string | number | boolean>) =>
      ids(index, "", { filters: { attributes } });
    assert.deepEqual(await found({ customer: "ACME Ltd" }), ["a"]);
    assert.deepEqual(await found({ customer: "ACME" }), []);
    assert.deepEqual(await found({ total: 42 }), ["b"]);
    assert.deepEqual(await found({ paid: true }), ["a"]);
    assert.deepEqual(await found({ paid: "true" }), ["b"]);
    assert.deepEqual(await found({ tags: "new", total: 42.5 }), ["a"]);
    assert.deepEqual(await found({ tags: "shoes" }), []);
    assert.deepEqual(await found({ other: "ACME Ltd" }), []);
    assert.deepEqual(await found({}), ["b", "a"]);
    assert.deepEqual((await index.search("a")).hits.find(({ id }) => id === "a"), document);
  },
  "a run is found by the longest texts that it may have": async (index) => {
    const reference = longestKey(1);
    const steps = [longestKey(2), longestKey(3)];
    // Most of these signs have six bytes as JSON.
    const signs = [4, 5, 6].flatMap((seed) =>
      Array.from(longestKey(seed), (sign) => String.fromCharCode(1 + sign.charCodeAt(0) % 31))
    );
    const attributes = { ["a".repeat(64)]: [longestKey(7), signs.slice(0, 1_024).join("")] };
    await index.put([run("a", { reference, steps, attributes: changeAttributes(noAttributes, attributes) })]);
    for (const filters of [{ reference }, ...steps.map((step) => ({ step }))]) {
      assert.deepEqual(await ids(index, "", { filters }), ["a"]);
    }
    for (const [name, value] of Object.entries(attributes)) {
      for (const text of [value].flat()) {
        assert.deepEqual(await ids(index, "", { filters: { attributes: { [name]: text } } }), ["a"]);
      }
    }
  },
  "runs come in the order asked for, the newest first unless said otherwise": async (index) => {
    await index.put([
      run("b", { createdAt: 1, endedAt: 9 }),
      run("a", { createdAt: 2, endedAt: 5 }),
      run("c", { createdAt: 2 }),
    ]);
    assert.deepEqual(await ids(index, ""), ["c", "a", "b"]);
    assert.deepEqual(await ids(index, "", { sort: { by: "createdAt", order: "ascending" } }), [
      "b",
      "a",
      "c",
    ]);
    assert.deepEqual(await ids(index, "", { sort: { by: "id", order: "ascending" } }), ["a", "b", "c"]);
    assert.deepEqual(await ids(index, "", { sort: { by: "endedAt" } }), ["c", "b", "a"]);
  },
  "cursors lead through all pages, each run once, in every order": async (index) => {
    const all = Array.from(
      { length: 7 },
      (_, n) => run(`r${n}`, { createdAt: n >> 1, endedAt: n % 3 || null }),
    );
    await index.put(all);
    for (const by of ["createdAt", "endedAt", "id"] as const) {
      for (const order of ["ascending", "descending"] as const) {
        const whole = await ids(index, "r", { sort: { by, order } });
        const paged: string[] = [];
        let cursor: string | null = null;
        do {
          const query: SearchQuery = { sort: { by, order }, take: 3, ...cursor !== null && { cursor } };
          const page = await index.search("r", query);
          assert.equal(page.total, 7);
          paged.push(...page.hits.map(({ id }) => id));
          cursor = page.cursor;
        } while (cursor !== null);
        assert.deepEqual(paged, whole, `${by} ${order}`);
      }
    }
  },
  "skip and take cut a page out": async (index) => {
    await index.put(["a", "b", "c", "d"].map((id) => run(id)));
    assert.deepEqual(await ids(index, "", { skip: 1, take: 2 }), ["c", "b"]);
    assert.deepEqual(await ids(index, "", { skip: 9 }), []);
    assert.equal((await index.search("", { skip: 2, take: 2 })).cursor, null);
  },
  "a search that cannot be understood is refused": async (index) => {
    const queries = [
      { take: 0 },
      { take: 1_001 },
      { skip: -1 },
      { cursor: "x" },
      { cursor: '["id","a","a"]' },
      { cursor: '["createdAt",1,"a"]', skip: 1 },
      { sort: { by: "status; DROP" } } as unknown as SearchQuery,
    ];
    for (const query of queries) {
      await assert.rejects(index.search("", query), { code: "INVALID_SEARCH" }, JSON.stringify(query));
    }
  },
  "200 words are looked for; more are refused": async (index) => {
    const words = Array.from({ length: 201 }, (_, n) => `w${n}`);
    await index.put([run("a", { errors: [words.join(" ")] })]);
    assert.deepEqual(await ids(index, words.slice(0, 200).join(" ")), ["a"]);
    assert.deepEqual(await ids(index, words.slice(0, 200).join("-")), ["a"]);
    await assert.rejects(index.search(words.join(" ")), { code: "INVALID_SEARCH" });
    await assert.rejects(index.search(words.join("-")), { code: "INVALID_SEARCH" });
  },
  "nothing put and nothing removed is nothing done; a closed index refuses": async (index) => {
    await index.put([]);
    await index.remove([]);
    assert.deepEqual(await index.search(""), { hits: [], total: 0, cursor: null });
    await index[Symbol.asyncDispose]();
    await assert.rejects(index.search(""), { code: "STORE", problem: "closed" });
    await assert.rejects(index.put([run("a")]), { code: "STORE", problem: "closed" });
  },
};

/**
 * Registers the tests of everything that a `SearchIndex` promises, one for each promise.
 *
 * @param name the index, for the names of the tests
 *
 * @example
 * ```ts ignore
 * import { MemorySearch } from "@wfe/engine";
 * import { testSearch } from "@wfe/engine/testing";
 *
 * testSearch("memory search", { open: () => Promise.resolve(new MemorySearch()) });
 * ```
 */
export function testSearch(name: string, factory: SearchFactory): void {
  for (const [promise, test] of Object.entries(searchPromises)) {
    testPromise(
      `${name}: ${promise}`,
      factory.clean,
      async (open) => await test(open.use(await factory.open())),
    );
  }
}

async function ids(index: SearchIndex, terms: string, query?: SearchQuery): Promise<string[]> {
  return (await index.search(terms, query)).hits.map(({ id }) => id);
}

function run(id: string, properties: Partial<SearchDocument> = {}): SearchDocument {
  return {
    id,
    createdAt: 10,
    sequence: 1,
    mapping: searchMapping,
    definitionId: "d",
    version: 1,
    status: "Runnable",
    reference: null,
    steps: [],
    errors: [],
    attributes: {},
    endedAt: null,
    ...properties,
  };
}
