// Replies that were damaged on their way, for example by a proxy.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import { after, before, test } from "node:test";
import { tableToIPC, Table, vectorFromArray } from "apache-arrow";
import { ScorerService } from "../gen/egov/scorer/v1/scorer_pb.js";
import { ScorerClient } from "../src/index.js";
import { standIn } from "./stand-in.js";

const ROW = { id: "a", tier: "commune", answers: {} };

/** @type {Record<string, string>} The trailers of the next reply. */
let trailers;
/** @type {import("node:http2").Http2Server} */
let server;
/** @type {ScorerClient} */
let client;

before(async () => {
  server = createServer();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  client = new ScorerClient(`http://127.0.0.1:${port}`);
});
after(() => {
  client.close();
  server.close();
});

for (const [name, details] of Object.entries({
  "no base64": "!!!",
  "no message": Buffer.from("not a message").toString("base64"),
  "another status": Buffer.from([8, 0]).toString("base64"),
  "nothing": "",
})) {
  test(`error details that are ${name} leave the status as it is`, async () => {
    trailers = { "grpc-status": "5", "grpc-message": "no such set", "grpc-status-details-bin": details };
    const expected = { name: "ScorerError", code: "NOT_FOUND", message: "no such set", violations: [] };
    await assert.rejects(client.scoreUnit("x", ROW), expected);
  });
}

test("a message with a percent sign of its own leaves the status as it is", async () => {
  trailers = { "grpc-status": "5", "grpc-message": "90 % of it" };
  await assert.rejects(client.scoreUnit("x", ROW), { code: "NOT_FOUND", message: "90 % of it" });
});

test("a table that is damaged or cut off is an error", async () => {
  const whole = tableToIPC(new Table({ id: vectorFromArray(["a"]) }), "stream");
  const head = new Uint8Array(new DataView(whole.buffer, whole.byteOffset).getInt32(4, true) + 8);
  head.set(whole.subarray(0, head.length)); // the schema without any rows
  for (const arrowStream of [new Uint8Array(), new Uint8Array(64), Buffer.from("no table at all"), head]) {
    const stream = new Uint8Array(arrowStream);
    const ranking = { tier: "commune", cohort: "commune", unitCount: 1, table: { arrowStream: stream } };
    const { address, stop } = await standIn((router) => {
      router.service(ScorerService, { rankProvince: () => ({ provenance: {}, rankings: [ranking] }) });
    });
    const asking = new ScorerClient(address);
    const [found] = (await asking.rankTable("x", { id: ["a"] })).rankings;
    assert.throws(() => found?.units, { name: "TypeError", message: /^the table of the reply is damaged or cut off/ });
    asking.close();
    stop();
  }
});
