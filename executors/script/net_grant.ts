import { ScriptPermissionError } from "./errors.ts";

/** A host that a script may reach, in the form that Deno's flags take. */
export interface NetGrant {
  /** `host` or `host:port`. */
  readonly flag: string;
  /** The private addresses that this makes reachable. */
  readonly opens: readonly string[];
}

/** Addresses of the machine itself, its network and its cloud: reachable only by a grant of their own. */
const privateRanges = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
] as const;

/** Deno 2.9 has no flag for a range of IPv6: the unspecified and loopback address, and the metadata of clouds. */
const privateAddresses = [
  "[::]",
  "[::1]",
  "[fd00:ec2::23]",
  "[fd00:ec2::253]",
  "[fd00:ec2::254]",
  "[fd20:ce::254]",
];

const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)(?::([0-9]{1,5}))?$/;

/**
 * Reads a grant of network access.
 *
 * @throws {ScriptPermissionError} unless it is `host` or `host:port`, with a name or an address.
 */
export function readNetGrant(text: unknown): NetGrant {
  const [, host, port] = (typeof text === "string" && hostForm.exec(text.toLowerCase())) || [];
  if (host === undefined || host.includes("..") || (port !== undefined && !isPort(port))) throw invalid(text);
  const suffix = port === undefined ? "" : `:${Number(port)}`;
  if (host.startsWith("[")) {
    const address = URL.parse(`http://${host}/`)?.hostname;
    if (address === undefined) throw invalid(text);
    return { flag: address + suffix, opens: [address] };
  }
  // What ends in a number is an address, in one of several spellings (127.1, 0x7f000001) of which one is accepted.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host)) {
    if (URL.parse(`http://${host}/`)?.hostname !== host) throw invalid(text);
    return { flag: host + suffix, opens: [host] };
  }
  return { flag: host + suffix, opens: host === "localhost" ? ["127.0.0.1", "[::1]"] : [] };
}

/**
 * The private addresses that stay out of reach, for `--deny-net`: Deno checks it on the address that a name leads
 * to, and it wins over every grant, so what is granted is cut out of the ranges.
 */
export function deniedAddresses(grants: readonly NetGrant[]): string[] {
  const opened = new Set(grants.flatMap(({ opens }) => opens));
  const numbers = [...opened].filter((address) => !address.startsWith("[")).map(toNumber);
  return [
    ...privateRanges.flatMap((range) => {
      const [address, length] = range.split("/") as [string, string];
      return withoutAddresses(toNumber(address), Number(length), numbers);
    }),
    ...privateAddresses.filter((address) => !opened.has(address)),
  ];
}

function withoutAddresses(base: number, length: number, opened: readonly number[]): string[] {
  const size = 2 ** (32 - length);
  const inside = opened.filter((number) => number >= base && number < base + size);
  if (inside.length === 0) return [`${toAddress(base)}/${length}`];
  if (length === 32) return [];
  return [base, base + size / 2].flatMap((half) => withoutAddresses(half, length + 1, inside));
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join(".");
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

function invalid(received: unknown): ScriptPermissionError {
  const why = "it must be a host or host:port (an IPv6 address in brackets), without URL, user or wildcard";
  return new ScriptPermissionError("net", received, why);
}
