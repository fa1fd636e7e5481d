import { testEscapes } from "./escape_suite.ts";

testEscapes("some");
