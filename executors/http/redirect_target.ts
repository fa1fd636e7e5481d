/**
 * Why a redirect must not be followed, or `undefined`: it may lead to a host that is named, `host` for each port or
 * `host:port`, and never from https to http.
 */
export function redirectRefusal(to: URL, from: URL, hosts: readonly string[]): string | undefined {
  if (to.protocol !== "https:" && (to.protocol !== "http:" || from.protocol === "https:")) {
    return `it is redirected from ${from.protocol} to ${to.protocol}`;
  }
  const port = to.port || (to.protocol === "https:" ? "443" : "80");
  const names = [to.host, to.hostname, `${to.hostname}:${port}`];
  if (hosts.some((host) => names.includes(host.toLowerCase()))) return undefined;
  return `it is redirected to ${to.host}, which its step does not name. To allow it: redirects: ["${to.host}"]`;
}
