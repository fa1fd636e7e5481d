import { z } from "zod";
import { environmentNameField, must } from "../fields.ts";

const hostRemedy = 'Name each host, like "api.example.com" or "127.0.0.1:8080": no URL, user or wildcard.';
const pathRemedy = 'Name each file or folder below the working folder, like "data", or by its absolute path.';

/** A host, or host:port. */
export const hostField: z.ZodType<string> = z.string().refine(
  isHost,
  must("it must be a host or host:port", hostRemedy),
);

const pathField = z.string().refine(
  isGrantablePath,
  must("it must be a path without .., ~, wildcard or expression, and not the root", pathRemedy),
);

/** What a script may reach; nothing that is not named here. */
export interface ScriptPermissions {
  /** Hosts, or host:port. */
  readonly net?: readonly string[];
  /** Files and folders to read. */
  readonly read?: readonly string[];
  /** Files and folders to write. */
  readonly write?: readonly string[];
  /** Environment variables. */
  readonly env?: readonly string[];
  /** Whether it may run programs, which equals full rights. */
  readonly run?: boolean;
  /** Whether it may import modules while it runs. */
  readonly dynamic_import?: boolean;
}

/** Checks the `permissions` of a script step. */
export const permissionsField: z.ZodType<ScriptPermissions> = z.strictObject({
  net: z.array(hostField).exactOptional(),
  read: z.array(pathField).exactOptional(),
  write: z.array(pathField).exactOptional(),
  env: z.array(environmentNameField).exactOptional(),
  run: z.boolean().exactOptional(),
  dynamic_import: z.boolean().exactOptional(),
});

function isHost(text: string): boolean {
  const [, port] =
    /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(text) ??
      [undefined, "0"];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

function isGrantablePath(path: string): boolean {
  const parts = path.split(/[\\/]+/);
  const isRoot = parts.every((part, index) =>
    part === "" || (part === "." && path !== ".") || (index === 0 && /^[A-Za-z]:$/.test(part))
  );
  return !isRoot && !parts.includes("..") && !/^~|[*?]|\$\{\{|^[a-z][a-z0-9+.-]+:\/|\p{Cc}/iu.test(path);
}
