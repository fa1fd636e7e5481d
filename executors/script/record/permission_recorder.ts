import type { ScriptPermissions } from "../../../src/yaml/step_types/permissions.ts";
import { ScriptPermissionError } from "../errors.ts";
import { readPermissions, type ScriptGrant } from "../permissions.ts";
import type { SandboxCommand } from "../sandbox.ts";
import { PermissionBroker } from "./permission_broker.ts";
import {
  isAllowed,
  type PermissionRequest,
  type PermissionUse,
  type RecordableKind,
  useOf,
} from "./permission_request.ts";
import { smallestPermissions } from "./recorded_permissions.ts";

/** Options of {@linkcode PermissionRecorder}. */
export interface PermissionRecorderOptions {
  /**
   * What scripts may use while they are recorded, beside what their steps have. `read` and `write` are for the working
   * folder of the engine and what is below it, `run` equals all rights of the user.
   */
  readonly allow: readonly RecordableKind[];
  /** Absolute path of a socket that is made while a script runs, in a folder that only this user can write. */
  readonly socket: string;
  /**
   * The engine's own files, which scripts neither read nor write by being recorded: absolute paths, each with all that
   * begins like it.
   * @default []
   */
  readonly spare?: readonly string[];
}

/** What a step has used. */
export interface RecordedStep {
  /** The smallest `permissions` that allow it. */
  readonly permissions: ScriptPermissions;
  /** What it asked for and did not get, as in `read "/etc/passwd"`. */
  readonly refused: readonly string[];
}

interface Uses {
  readonly used: PermissionUse[];
  readonly refused: Set<string>;
}

/** What Deno says where it asks a broker. */
const announcement = "Warning Permission broker is an experimental feature";

/**
 * Records what script steps use: give it to a `ScriptExecutor`. **Scripts are not in their sandbox then**: they may do
 * what {@linkcode PermissionRecorderOptions.allow} names, and a host name may lead to a private address. One script runs
 * at a time.
 */
export class PermissionRecorder {
  readonly #allow: ReadonlySet<RecordableKind>;
  readonly #socket: string;
  readonly #spare: readonly string[];
  readonly #uses = new Map<string, Uses>();
  #last: Promise<unknown> = Promise.resolve();

  /** Records nothing before a script runs. */
  constructor({ allow, socket, spare = [] }: PermissionRecorderOptions) {
    this.#allow = new Set(allow);
    this.#spare = spare;
    this.#socket = socket;
  }

  /** What was recorded, by the key of the step, over all its attempts. */
  get steps(): ReadonlyMap<string, RecordedStep> {
    return new Map(Array.from(this.#uses, ([key, { used, refused }]) => [
      key,
      { permissions: smallestPermissions(used, Deno.cwd()), refused: [...refused].sort() },
    ]));
  }

  /**
   * A grant with what a script may use beyond it that its process has to be given: variables, and the search path.
   *
   * @internal
   */
  widen(grant: ScriptGrant): ScriptGrant {
    const names = this.#allow.has("env") ? Object.keys(engineEnvironment()).filter(isGrantable) : [];
    const env = [...new Set([...grant.env, ...names])].filter((name) => !grant.ownEnv.includes(name));
    return { ...grant, env, run: grant.run || this.#allow.has("run") };
  }

  /**
   * The command for a process that asks before it does anything.
   *
   * @internal
   */
  command({ argv, env, ...limits }: SandboxCommand, { remoteImport }: ScriptGrant): SandboxCommand {
    const mayImport = remoteImport || this.#allow.has("dynamic_import");
    return {
      ...limits,
      argv: argv.filter((flag) => !mayImport || (flag !== "--no-remote" && flag !== "--cached-only")),
      env: { ...env, DENO_PERMISSION_BROKER_PATH: this.#socket },
    };
  }

  /**
   * Whether a line of standard error is Deno's, and not of the script.
   *
   * @internal
   */
  isAnnouncement(line: string): boolean {
    return line === announcement;
  }

  /**
   * Answers and records what is asked while `work` goes on, after all that is recorded already.
   *
   * @internal
   */
  async while<Result>(step: string, grant: ScriptGrant, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      await before;
      await using _broker = new PermissionBroker(
        this.#socket,
        (request) => this.#decide(step, grant, request),
      );
      this.#recordOf(step);
      return await work();
    } finally {
      turn.resolve();
    }
  }

  #recordOf(step: string): Uses {
    const uses = this.#uses.get(step) ?? { used: [], refused: new Set() };
    this.#uses.set(step, uses);
    return uses;
  }

  #decide(step: string, grant: ScriptGrant, request: PermissionRequest): boolean {
    const { permission, value } = request;
    // Its own variables are set, and may be read, without a permission that could be named.
    if (permission === "env" && value !== null && grant.ownEnv.includes(value)) return true;
    const record = this.#recordOf(step);
    const folder = Deno.cwd();
    const use = useOf(request, folder);
    if (use === undefined || !isAllowed(use, { grant, allow: this.#allow, folder, spare: this.#spare })) {
      record.refused.add(value === null ? permission : `${permission} ${JSON.stringify(value)}`);
      return false;
    }
    const isNew = record.used.every(({ kind, value }) => kind !== use.kind || value !== use.value);
    if (isNew) record.used.push(use);
    return true;
  }
}

function engineEnvironment(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new ScriptPermissionError(
      "env",
      undefined,
      "to record it, the engine has to know its variables; start it with --allow-env",
    );
  }
}

function isGrantable(name: string): boolean {
  try {
    readPermissions({ env: [name] }, "/");
    return true;
  } catch (error) {
    if (error instanceof ScriptPermissionError) return false;
    throw error;
  }
}
