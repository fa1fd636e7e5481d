import assert from "node:assert/strict";
import { LineSplitter, LONGEST_LINE } from "./line_splitter.ts";

function split(...chunks: (string | number[])[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) {
    splitter.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : new Uint8Array(chunk));
  }
  splitter.end();
  return lines;
}

Deno.test("LineSplitter makes lines, whatever the chunks are", () => {
  assert.deepEqual(split("a\nb", "c\n", "\n", "d"), ["a", "bc", "", "d"]);
  assert.deepEqual(split("a\n"), ["a"]);
  assert.deepEqual(split(""), []);
});

Deno.test("LineSplitter takes CRLF for a line end, also across chunks", () => {
  assert.deepEqual(split("a\r\nb\r", "\nc\r\n"), ["a", "b", "c"]);
});

Deno.test("LineSplitter keeps the last state of a line that is rewritten", () => {
  assert.deepEqual(split("10%\r50%\r", "100%\ndone\n"), ["100%", "done"]);
  assert.deepEqual(split("10%\r", "50%\r", "100%\r", "\n"), ["100%"]);
  assert.deepEqual(split("10%\r50%\r"), ["50%"]);
  // Long ones are read in pieces.
  assert.deepEqual(split("x".repeat(20_000) + "\r" + "y".repeat(20_000) + "\r", "done\n"), ["done"]);
  assert.deepEqual(split("x".repeat(8 * 1024 - 1) + "\r" + "\n"), ["x".repeat(8 * 1024 - 1)]);
});

Deno.test("LineSplitter tells what stands at the start of a line from what only seems to", () => {
  const fromStart = (...chunks: string[]) => {
    const lines: boolean[] = [];
    const splitter = new LineSplitter((_, isFromStart) => lines.push(isFromStart));
    for (const chunk of chunks) splitter.push(new TextEncoder().encode(chunk));
    splitter.end();
    return lines;
  };
  assert.deepEqual(fromStart("a\r\nb", "c\r", "\n\nd"), [true, true, true, true]);
  assert.deepEqual(fromStart("a\rb\n", "c\n", "d\r", "e\r\n", "f"), [false, true, false, true]);
  assert.deepEqual(fromStart("x".repeat(LONGEST_LINE), "y\nz"), [true, false, true]);
});

Deno.test("LineSplitter joins characters across chunks and replaces what is not UTF-8", () => {
  assert.deepEqual(split([0xe2, 0x82], [0xac, 0x0a]), ["€"]);
  assert.deepEqual(split([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82]), ["a\ufffdb", "\ufffd"]);
  assert.deepEqual(split("a\0b\n"), ["a\u2400b"]);
});

Deno.test("LineSplitter hands on long lines in pieces, without cutting a character", () => {
  assert.deepEqual(split("x".repeat(LONGEST_LINE), "y\n"), ["x".repeat(LONGEST_LINE), "y"]);
  const [first, second] = split("x".repeat(LONGEST_LINE - 1) + "😀z");
  assert.deepEqual([first, second], ["x".repeat(LONGEST_LINE - 1), "😀z"]);
});
