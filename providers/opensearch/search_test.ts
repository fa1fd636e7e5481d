import { deepEqual, equal } from "node:assert/strict";
import { summarize } from "../../src/instance/run_summary.ts";
import { searchDocument } from "../../src/instance/search_document.ts";
import { makeInstance } from "../../src/instance/testing_state.ts";
import { testSearch } from "../../src/testing/search_contract.ts";
import { OpenSearchIndex } from "./search.ts";
import { doors, type Opened } from "./testing_doors.ts";
import {
  ask,
  dropIndex,
  hasOpenSearch,
  newIndex,
  testIndex,
  testOpenSearch,
  testUrl,
} from "./testing_opensearch.ts";

if (hasOpenSearch) {
  for (const [door, open] of Object.entries(doors)) {
    let name = "";
    let opened: Opened;
    testSearch(door, {
      open: () => {
        opened = open(testUrl, { index: name = newIndex(), replicas: 0 });
        return Promise.resolve(opened.index);
      },
      clean: async () => {
        await opened[Symbol.asyncDispose]();
        await dropIndex(name);
      },
    });
  }
}

/** Documents of runs whose ids and references differ. */
function documents(count: number, from = 0) {
  return Array.from({ length: count }, (_, n) => {
    const id = `run-${String(from + n).padStart(6, "0")}`;
    return searchDocument(summarize(
      makeInstance({ id, reference: `x${(from + n).toString(36)}q`, createdAt: n, sequence: 5 }),
      [],
    ));
  });
}

testOpenSearch(
  "opensearch: as many words may begin with a term as there are, alone and in a phrase",
  async () => {
    await using test = testIndex();
    await test.index.put(documents(3_000));
    for (const terms of ["x", "run-0", "run", "r"]) {
      equal((await test.index.search(terms)).total, 3_000, terms);
    }
  },
);

testOpenSearch("opensearch: pages are found however far in, by skip and by cursor", async () => {
  await using test = testIndex();
  const all = documents(20_050);
  await test.index.put(all);
  const sort = { by: "id", order: "ascending" } as const;
  const far = await test.index.search("", { sort, skip: 20_040, take: 5 });
  deepEqual(far.hits.map(({ id }) => id), all.slice(20_040, 20_045).map(({ id }) => id));
  equal(far.total, all.length);
  deepEqual((await test.index.search("", { sort, skip: 30_000 })).hits, []);
  const next = await test.index.search("", { sort, take: 1_000, cursor: far.cursor! });
  deepEqual(next.hits.map(({ id }) => id), all.slice(20_045).map(({ id }) => id));
});

testOpenSearch("opensearch: a word of any length is found by its beginning", async () => {
  await using test = testIndex();
  // One letter that stands for six: a word of 12,000 letters, longer than what the server calls one.
  const word = "\u3316".repeat(2_000);
  const failure = { type: "E", message: word, code: null, stack: null, step: "s", attempt: 1 };
  await test.index.put([searchDocument(summarize(makeInstance({ error: failure }), []))]);
  for (const terms of [word.slice(0, 10), word.slice(0, 900), word.slice(0, 1_900)]) {
    equal((await test.index.search(terms)).total, 1, `${terms.length} characters`);
  }
});

testOpenSearch("opensearch: another program finds what was put, a second later", async () => {
  await using test = testIndex();
  await using other = OpenSearchIndex.open(`${testUrl}/?index=${test.name}`);
  equal((await other.search("")).total, 0, "an index that is not there is empty");
  await test.index.put(documents(1));
  const until = performance.now() + 30_000;
  while ((await other.search("run")).total === 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  equal((await other.search("run")).total, 1);
});

testOpenSearch(
  "opensearch: an index of an older mapping is copied, and what is written meanwhile is in it",
  async () => {
    await using test = testIndex();
    const { name } = test;
    const [first, second, third] = documents(3);
    // As an earlier version of this package may have made it: the alias leads to it, and words are divided otherwise.
    await ask("PUT", `${name}-v0`, { aliases: { [name]: {} }, settings: { number_of_replicas: 0 } });
    await using earlier = OpenSearchIndex.open(testUrl, {
      index: name,
      fetch: (input, init) =>
        String(input).includes("/_alias/")
          ? Promise.resolve(Response.json({ [`${name}-v1`]: {} }))
          : fetch(input, init),
    });
    await earlier.put([first!]);
    await using index = OpenSearchIndex.open(testUrl, {
      index: name,
      replicas: 0,
      fetch: async (input, init) => {
        if (String(input).endsWith("/_aliases")) {
          await ask("POST", `${name}-v1/_refresh`);
          equal((await ask("GET", `${name}-v1/_count`)).count, 1, "it is full before it is used");
          await earlier.put([third!]);
        }
        return await fetch(input, init);
      },
    });
    await index.put([second!]);
    deepEqual(Object.keys(await ask("GET", `_alias/${name}`)), [`${name}-v1`]);
    equal((await ask("GET", `${name}-v0`)).status, 404);
    const sort = { by: "id", order: "ascending" } as const;
    deepEqual((await index.search("run", { sort })).hits, [first, second, third]);
    await index.put([{ ...first!, sequence: first!.sequence - 1 }]);
    deepEqual((await index.search("run", { sort })).hits, [first, second, third], "versions are copied too");
  },
);

testOpenSearch("opensearch: ten programs may make an index at once", async () => {
  await using test = testIndex();
  const indices = Array.from(
    { length: 10 },
    () => OpenSearchIndex.open(testUrl, { index: test.name, replicas: 0 }),
  );
  await Promise.all(indices.map((index, n) => index.put(documents(1, n))));
  await ask("POST", `${test.name}/_refresh`);
  equal((await test.index.search("run")).total, 10);
  for (const index of indices) await index[Symbol.asyncDispose]();
});
