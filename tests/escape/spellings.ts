import type { Scene } from "./escape_case.ts";

/** Another way to write the same. */
export type Spelling = (text: string, scene: Scene) => string;

const upToRoot = "/..".repeat(20);

/** Ways to write an absolute path. */
export const pathSpellings: Readonly<Record<string, Spelling>> = {
  "as it is": (path) => path,
  "with doubled slashes": (path) => path.replaceAll("/", "//"),
  "with dots": (path) => path.replaceAll("/", "/./"),
  "up from the granted folder": (path, { granted }) => granted + upToRoot + path,
  "by /proc/self/root": (path) => `/proc/self/root${path}`,
};

/** Ways to write the URL of a file. */
export const urlSpellings: Readonly<Record<string, Spelling>> = {
  "as it is": (path) => `file://${path}`,
  "with one slash": (path) => `file:${path}`,
  "in percent signs": (path) =>
    `file://${path.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)}`,
  "up from the granted folder": (path, { granted }) => `file://${granted}/%2e%2e${upToRoot}${path}`,
};

/** Ways to write 127.0.0.1 in a URL. */
export const addressSpellings: Readonly<Record<string, string>> = {
  "as it is": "127.0.0.1",
  "short": "127.1",
  "a number": "2130706433",
  "hexadecimal": "0x7f000001",
  "octal": "0177.0.0.1",
  "with a dot": "127.0.0.1.",
  "a name": "localhost",
  "a name in capitals": "LOCALHOST",
  "a name with a dot": "localhost.",
  "IPv6 of IPv4": "[::ffff:127.0.0.1]",
  "every address": "0.0.0.0",
  "behind a user": "example.com@127.0.0.1",
};
