// Addresses, certificates, tokens, deadlines and calls without a server, with fake servers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { CriteriaService } from "../gen/egov/scorer/v1/criteria_pb.js";
import { ScorerClient, ScorerError } from "../src/index.js";
import { certificate } from "./certificates.js";
import { standIn } from "./stand-in.js";

/** @type {(() => void)[]} */
const cleanUp = [];
after(() => cleanUp.forEach((end) => end()));

const IDENTITY = certificate("server");
const CALLER = certificate("portal");

/**
 * A server that has one criteria set.
 *
 * @param {import("node:http2").SecureServerOptions} [tls]
 * @param {(signal: AbortSignal) => Promise<void>} [before] Runs before each reply; the signal is aborted when the
 *   caller cancels.
 */
async function listening(tls, before = async () => {}) {
  const server = await standIn(
    (router) =>
      router.service(CriteriaService, {
        listCriteriaSets: async (_, { signal }) => {
          await before(signal);
          return { criteriaSets: [{ code: "seen" }] };
        },
      }),
    tls,
  );
  cleanUp.push(server.stop);
  return server;
}

/**
 * A client that is closed after the tests.
 *
 * @param {ConstructorParameters<typeof ScorerClient>} args
 */
function connected(...args) {
  const client = new ScorerClient(...args);
  cleanUp.push(() => client.close());
  return client;
}

/**
 * @param {Promise<unknown>} call
 * @returns {Promise<ScorerError>}
 */
async function refused(call) {
  const error = await call.then(
    () => assert.fail("the call was answered"),
    (/** @type {unknown} */ thrown) => thrown,
  );
  assert.ok(error instanceof ScorerError, String(error));
  return error;
}

const codes = async (/** @type {ScorerClient} */ client) => (await client.criteriaSets()).map((set) => set.code);

describe("certificates", () => {
  test("a server whose certificate no given authority signed is refused", async () => {
    const { address } = await listening(IDENTITY);
    assert.deepEqual(await codes(connected(address, { tls: { ca: IDENTITY.cert } })), ["seen"]);
    for (const tls of [{}, { ca: CALLER.cert }]) {
      const error = await refused(connected(address, { tls }).criteriaSets());
      assert.match(error.message, /self-signed certificate/);
      assert.equal(error.reason, "");
    }
  });

  test("a client certificate is sent to the server", async () => {
    const { address, seen } = await listening({ ...IDENTITY, ca: CALLER.cert, requestCert: true });
    await codes(connected(address, { tls: { ca: IDENTITY.cert, ...CALLER } }));
    assert.equal(seen[0]?.name, "portal");
    await assert.rejects(connected(address, { tls: { ca: IDENTITY.cert } }).criteriaSets(), ScorerError);
  });

  test("the option tls is refused for an http address", () => {
    assert.throws(() => new ScorerClient("http://127.0.0.1:1", { tls: {} }), /tls needs an https address/);
  });
});

describe("tokens", () => {
  test("the token is sent with each call", async () => {
    const { address, seen } = await listening();
    const client = connected(address, { token: "abc" });
    await codes(client);
    await codes(client);
    assert.deepEqual(
      seen.map((call) => call.authorization),
      ["Bearer abc", "Bearer abc"],
    );
    await codes(connected(address));
    assert.equal(seen[2]?.authorization, undefined);
  });

  test("a token function is called before each call", async () => {
    const { address, seen } = await listening(IDENTITY);
    let count = 0;
    const client = connected(address, { tls: { ca: IDENTITY.cert }, token: async () => `token-${++count}` });
    await codes(client);
    await codes(client);
    assert.deepEqual(
      seen.map((call) => call.authorization),
      ["Bearer token-1", "Bearer token-2"],
    );
  });

  test("an error of a token function makes the call fail, and nothing is sent", async () => {
    const { address, seen } = await listening();
    const failing = connected(address, {
      token: () => {
        throw new RangeError("no token today");
      },
    });
    await assert.rejects(failing.criteriaSets(), new RangeError("no token today"));
    assert.equal(seen.length, 0);
  });

  test("the error for an invalid token does not contain the token", async () => {
    const message = "token: is empty, or has spaces or characters that are not ASCII";
    for (const token of ["s3cret\nX", "s3cret\u00e9\u4e2d", "s3cret 1", "s3cret\ud800", "s3cret\0", " \n"]) {
      assert.throws(() => new ScorerClient("http://127.0.0.1:1", { token }), new TypeError(message));
      const asked = connected("http://127.0.0.1:1", { token: () => token });
      await assert.rejects(asked.criteriaSets(), new TypeError(message));
    }
  });

  test("the newline at the end of a token, as in a file, is not sent", async () => {
    const { address, seen } = await listening();
    await codes(connected(address, { token: "abc\n" }));
    await codes(connected(address, { token: () => "abc\r\n" }));
    assert.deepEqual(
      seen.map((call) => call.authorization),
      ["Bearer abc", "Bearer abc"],
    );
  });

  test("a token for another machine needs https or the option insecure", () => {
    for (const address of ["http://scorer.example:50051", "http://127.scorer.example", "http://localhost.example"]) {
      assert.throws(() => new ScorerClient(address, { token: "abc" }), /without encryption/);
    }
    for (const address of ["https://scorer.example", "http://localhost:1", "http://[::1]:1", "http://127.0.0.2"]) {
      connected(address, { token: "abc" });
    }
    connected("http://scorer.example", { token: "abc", insecure: true });
  });
});

describe("deadlines", () => {
  /** @param {AbortSignal} signal */
  const forever = async (signal) => void (await once(signal, "abort"));

  test("a call fails after the timeout of the client, or after its own", async () => {
    const { address } = await listening(undefined, forever);
    const error = await refused(connected(address, { timeoutMs: 50 }).criteriaSets());
    assert.deepEqual([error.code, error.reason, error.requestId], ["DEADLINE_EXCEEDED", "", ""]);
    assert.equal((await refused(connected(address).criteriaSets({ timeoutMs: 40 }))).code, "DEADLINE_EXCEEDED");
  });

  test("the deadline is sent to the server: one minute by default, and none for Infinity", async () => {
    const { address, seen } = await listening();
    await codes(connected(address));
    const other = connected(address, { timeoutMs: 50_000 });
    await codes(other);
    await other.criteriaSets({ timeoutMs: 40_000 });
    await other.criteriaSets({ timeoutMs: Infinity });
    await codes(connected(address, { timeoutMs: Infinity }));
    assert.deepEqual(
      seen.map((call) => call.timeout),
      ["60000m", "50000m", "40000m", undefined, undefined],
    );
  });

  test("a timeout of 0, a negative one and NaN are refused", async () => {
    for (const timeoutMs of [0, -1, NaN]) {
      assert.throws(() => new ScorerClient("http://127.0.0.1:1", { timeoutMs }), RangeError);
      await assert.rejects(connected("http://127.0.0.1:1").criteriaSets({ timeoutMs }), RangeError);
    }
  });

  test("an abort signal cancels a call before it starts and while it runs", async () => {
    const { address } = await listening(undefined, forever);
    const client = connected(address);
    assert.equal((await refused(client.criteriaSets({ signal: AbortSignal.abort() }))).code, "CANCELLED");
    assert.equal((await refused(client.criteriaSets({ signal: AbortSignal.timeout(30) }))).code, "CANCELLED");
  });
});

describe("connections", () => {
  test("a call fails at once if no server listens", async () => {
    const error = await refused(connected("http://127.0.0.1:1").criteriaSets());
    assert.deepEqual([error.code, error.reason, error.requestId], ["UNAVAILABLE", "", ""]);
    assert.match(error.message, /ECONNREFUSED/);
  });

  test("a failed call is not repeated", async () => {
    const { address, seen } = await listening(undefined, async () => {
      throw new ConnectError("not now", Code.Unavailable);
    });
    const error = await refused(connected(address).criteriaSets());
    assert.deepEqual([error.code, error.message], ["UNAVAILABLE", "not now"]);
    assert.equal(seen.length, 1);
  });

  test("a program ends even if it does not close its client", { timeout: 60_000 }, async () => {
    const { address } = await listening();
    const program = `
      import { ScorerClient } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
      const sets = await new ScorerClient(${JSON.stringify(address)}).criteriaSets();
      process.exitCode = sets.length;
    `;
    const running = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "inherit" });
    assert.deepEqual(await once(running, "exit"), [1, null]);
  });

  test("a client can be closed right after a call to a server without HTTP/2", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanUp.push(() => server.close());
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const client = connected(`http://127.0.0.1:${port}`);
    const error = await refused(client.criteriaSets()).finally(() => client.close());
    assert.equal(error.code, "INTERNAL");
    await setTimeout(50); // an error that nobody catches would end the process, and fails this test
  });

  test("an empty reply is an error that asks whether the server is a scorer", async () => {
    const server = await standIn((router) => router.service(CriteriaService, { getCriteriaSet: () => ({}) }));
    cleanUp.push(server.stop);
    await assert.rejects(connected(server.address).form("hue-2020"), /is this server a scorer\?/);
  });

  test("close() cancels the calls that are running", async () => {
    /** @type {() => void} */
    let arrived = () => {};
    const arrival = new Promise((/** @type {(value?: void) => void} */ resolve) => (arrived = resolve));
    const { address } = await listening(undefined, async (signal) => {
      arrived();
      await once(signal, "abort");
    });
    const client = connected(address);
    const call = refused(client.criteriaSets());
    await arrival;
    client.close();
    assert.equal((await call).code, "CANCELLED");
  });

  test("a closed client refuses calls", async () => {
    const { address, seen } = await listening();
    const closing = connected(address, {
      token: () => {
        closing.close(); // while the call waits for its token
        return "abc";
      },
    });
    const closed = connected(address);
    closed.close();
    closed.close();
    for (const client of [closing, closed]) {
      await assert.rejects(client.criteriaSets(), new Error("the client is closed"));
      await assert.rejects(client.rankTable("set", { id: ["a"] }), new Error("the client is closed"));
    }
    assert.equal(seen.length, 0);
  });

  test("an address that is not the URL of a host is refused", () => {
    for (const address of ["127.0.0.1:50051", "localhost", "ftp://127.0.0.1", "http://", "http://a/path", ""]) {
      assert.throws(() => new ScorerClient(address), /not an address such as "http:\/\/127\.0\.0\.1:50051"/, address);
    }
  });

  test("every method refuses an unknown option and suggests the right one", async () => {
    const given = /** @type {any} */ ({ timeout: 5 });
    assert.throws(() => new ScorerClient("http://127.0.0.1:1", given), /unknown option "timeout"/);
    const client = connected("http://127.0.0.1:1");
    const row = { id: "a", tier: "district", answers: {} };
    const calls = [
      client.scoreUnit("set", row, given),
      client.rankProvince("set", [row], given),
      client.rankTable("set", { id: ["a"] }, given),
      client.criteriaSets(given),
      client.form("set", given),
    ];
    await Promise.all(
      calls.map((call) => assert.rejects(call, /unknown option "timeout"; did you mean "timeoutMs"\?/)),
    );
  });
});
