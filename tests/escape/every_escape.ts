/**
 * Every route by every spelling, for every target, under every grant: some 6,800 cases, for `deno test`.
 *
 * @module
 */
import { testEscapes } from "./escape_suite.ts";

testEscapes("every");
