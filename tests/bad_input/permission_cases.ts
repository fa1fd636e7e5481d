import { bad, type BadCase, script } from "./bad_case.ts";

const grant = (permissions: string) => script(`{ script: a, permissions: ${permissions} }`);
const each = (kind: string, says: string, ...values: string[]) =>
  values.map((value) => bad(`${kind} of ${value}`, grant(`{ ${kind}: [▲${value}] }`), says));

/** Permissions of script steps that grant more than they seem to, or nothing that makes sense. */
export const permissionCases: readonly BadCase[] = [
  bad("permissions that are nothing", script("{ script: a, ▲permissions: }"), "received nothing"),
  bad("permissions null", grant("▲null"), "received nothing"),
  bad("permissions true", grant("▲true"), "received true"),
  bad('permissions "all"', grant("▲all"), 'received "all"'),
  bad('permissions "inherit"', grant("▲inherit"), "it must be keys with values"),
  bad("permissions none", grant("▲none"), "it must be keys with values"),
  bad("permissions as a list", grant("▲[net]"), "received a list"),
  bad(
    "an unknown permission",
    grant("{ ▲network: [a] }"),
    "Known keys: net, read, write, env, run, dynamic_import",
  ),
  bad("the permission ffi", grant("{ ▲ffi: true }"), "it is unknown"),
  bad("the permission sys", grant("{ ▲sys: true }"), "it is unknown"),
  bad("the permission all", grant("{ ▲all: true }"), "it is unknown"),
  bad("the permission import", grant("{ ▲import: true }"), "it is unknown"),
  ...["net", "read", "write", "env"].flatMap((kind) => [
    bad(`${kind} true`, grant(`{ ${kind}: ▲true }`), "it must be a list, received true"),
    bad(`${kind} null`, grant(`{ ${kind}: ▲null }`), "it must be a list, received nothing"),
    bad(`${kind} "all"`, grant(`{ ${kind}: ▲all }`), 'it must be a list, received "all"'),
    bad(`${kind} of a number`, grant(`{ ${kind}: [▲1] }`), "it must be text"),
    bad(`${kind} of nothing`, grant(`{ ${kind}: [▲null] }`), "received nothing"),
    bad(`${kind} of an expression`, grant(`{ ${kind}: [▲"\${{ var.x }}"] }`), "it must be"),
  ]),
  ...each(
    "net",
    "it must be a host or host:port",
    '"*"',
    '"*.example.com"',
    '"https://example.com"',
    '"//example.com"',
    '"user@host"',
    '"host/path"',
    '"host:"',
    '"host:0"',
    '"host:99999"',
    '"host:80:80"',
    '":80"',
    '""',
    '"a b"',
    '"a,b"',
    '"-a"',
    '"10.0.0.0/8"',
    '"a\\nb"',
  ),
  ...["read", "write"].flatMap((kind) =>
    each(
      kind,
      "it must be a path",
      '"/"',
      '"//"',
      '"/."',
      '"C:\\\\"',
      '".."',
      '"../x"',
      '"a/../b"',
      '"~"',
      '"~/x"',
      '"*"',
      '"src/*.ts"',
      '"file:///etc"',
      '""',
      '"a\\nb"',
    )
  ),
  ...each("env", "it must be the name of a variable", '"PATH=x"', '"*"', '""', '"A B"', '"1A"', '"A,B"'),
  bad("run as a list", grant("{ run: ▲[git] }"), "it must be true or false"),
  bad("run as yes", grant("{ run: ▲yes }"), "Write true or false, without quotes"),
  bad('run as "true"', grant('{ run: ▲"true" }'), "Write true or false, without quotes"),
  bad("dynamic_import as a list", grant("{ dynamic_import: ▲[a] }"), "it must be true or false"),
];
