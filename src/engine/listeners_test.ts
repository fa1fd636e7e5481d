import { deepEqual } from "node:assert/strict";
import { Listeners } from "./listeners.ts";

Deno.test("a listener that throws, and one that is asynchronous and rejects, are reported; the others are told", async () => {
  const listeners = new Listeners<string>();
  const heard: string[] = [];
  listeners.add(() => {
    throw new Error("thrown");
  });
  listeners.add(() => Promise.reject(new Error("rejected")));
  listeners.add((message) => void heard.push(message));
  const { error } = console;
  const printed: string[] = [];
  console.error = (text: string, { message }: Error) => void printed.push(`${text} ${message}`);
  try {
    listeners.tell("news");
    // A rejection that nobody handles would end the process here.
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    console.error = error;
  }
  deepEqual(heard, ["news"]);
  deepEqual(printed, ["A listener failed: thrown", "A listener failed: rejected"]);
});
