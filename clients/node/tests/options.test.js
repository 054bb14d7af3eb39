// Every option of a call or a client is used, or refused before anything is sent.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ScorerClient } from "../src/index.js";
import { ROW, SET, refused } from "./inputs.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {any} As programs without types call it. */
let client;

before(async () => {
  server = await startServer();
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

describe("an option", () => {
  test("an option of a call with a value of the wrong type is refused", async () => {
    for (const [option, value, expected] of [
      ["period", 2020, "a string, not 2020"],
      ["province", null, "a string, not null"],
      ["tier", ["district"], "a string, not Array"],
      ["full", "false", 'true or false, not "false"'],
      ["pageSize", 2.5, "a whole number up to 2147483647, not 2.5"],
      ["pageSize", 2 ** 31, "a whole number up to 2147483647, not 2147483648"],
      ["pageToken", 1, "a string, not 1"],
      ["timeoutMs", "5", 'a number, not "5"'],
      ["signal", new AbortController(), "an AbortSignal, not AbortController"],
    ]) {
      const options = { [/** @type {string} */ (option)]: value };
      await refused(client.rankProvince(SET, [ROW], options), `options: ${option}: expected ${expected}`);
      await refused(client.rankTable(SET, { id: ["a"] }, options), `options: ${option}: expected ${expected}`);
    }
    await assert.rejects(
      client.form(SET, new Map([["timeoutMs", 5]])),
      /^TypeError: options: expected a plain object with /,
    );
    await assert.rejects(client.criteriaSets({ timeoutMs: 1e10 }), RangeError);
    assert.equal((await client.form(SET, { timeoutMs: 5_000.5 })).criteriaSet, SET); // gRPC's are whole
    await client.rankProvince(SET, [ROW], { period: undefined, pageSize: undefined });
  });

  test("an option of a client that is unknown or has the wrong type is refused", () => {
    for (const [options, message] of /** @type {[any, string][]} */ ([
      [{ timeout: 5 }, 'options: unknown option "timeout"; did you mean "timeoutMs"?'],
      [{ insecure: "no" }, 'options: insecure: expected true or false, not "no"'],
      [{ token: "" }, 'options: token: expected a token or a function, not ""'],
      [{ token: null }, "options: token: expected a token or a function, not null"],
      [{ tls: { pem: "" } }, 'options: tls: unknown option "pem"; known are ca, cert, key'],
      [{ tls: { ca: 5 } }, "options: tls: ca: expected PEM as a string or Buffer, not 5"],
      [{ tls: { cert: "" } }, "options: tls: cert and key belong together: one is missing"],
      [{ tls: null }, "options: tls: expected a plain object with ca, cert, key, not null"],
    ])) {
      assert.throws(() => new ScorerClient("https://127.0.0.1:1", options), new TypeError(message));
    }
    for (const address of ["http://me:secret@127.0.0.1:1", "http://127.0.0.1:1?tls=no", "http://127.0.0.1:1/#a"]) {
      assert.throws(() => new ScorerClient(address), /not an address such as/);
    }
  });

  test("a token function that returns no token makes the call fail", async () => {
    for (const [token, found] of [
      ["", '""'],
      [undefined, "undefined"],
      [7, "7"],
    ]) {
      const failing = new ScorerClient(server.address, { token: () => /** @type {any} */ (token) });
      await refused(failing.criteriaSets(), `token: expected a string that is not empty, not ${found}`);
    }
  });

  test("unknown or missing parts of the name of a criteria set are refused", async () => {
    const effectiveOn = { year: 2020, month: 7, day: 15 };
    await refused(
      client.form({ effectiveOn, serie: "a" }),
      'criteria set: unknown key "serie"; did you mean "series"?',
    );
    await refused(client.form({ code: SET }), 'criteria set: unknown key "code"; known are effectiveOn, series');
    await refused(
      client.form(undefined),
      "criteria set: expected a plain object with effectiveOn, series, not undefined",
    );
    for (const [name, found] of /** @type {[object, string][]} */ ([
      [{}, "undefined"],
      [{ effectiveOn: "2020-07-15" }, '"2020-07-15"'],
    ])) {
      await refused(client.form(name), `criteria set: effectiveOn: expected { year, month, day }, not ${found}`);
    }
    await refused(client.form({ effectiveOn, series: 5 }), "series: expected a string, not 5");
  });
});
