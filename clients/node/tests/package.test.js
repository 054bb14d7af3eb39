// What users get: the packed package, its types, and the examples of the README, run from outside the checkout.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { certificate } from "./certificates.js";
import { startServer } from "./server.js";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const README = readFileSync(join(HERE, "README.md"), "utf8");

/** @type {string} */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "scorer-client-"));
  const modules = join(folder, "node_modules");
  const installed = join(modules, "egov-scorer-client");
  mkdirSync(installed, { recursive: true });
  const said = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: HERE, encoding: "utf8" });
  const packed = join(folder, said.trim().split("\n").at(-1) ?? "");
  execFileSync("tar", ["-xzf", packed, "-C", installed, "--strip-components=1"]);
  for (const scope of ["@bufbuild", "@connectrpc", "@types"]) {
    symlinkSync(join(HERE, "node_modules", scope), join(modules, scope));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
after(() => rmSync(folder, { recursive: true }));

/**
 * The blocks of the README in a language, joined.
 *
 * @param {string} language
 */
function blocks(language) {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text]) => text).join("");
}

/**
 * A door with TLS before a server, that lets in who has a certificate.
 *
 * @param {string} address
 * @param {import("node:tls").TlsOptions} identity
 */
async function secured(address, identity) {
  const { hostname, port } = new URL(address);
  const door = createServer({ ...identity, requestCert: true, ALPNProtocols: ["h2"] }, (socket) => {
    const inner = connect(Number(port), hostname);
    socket.pipe(inner).pipe(socket);
    for (const end of [socket, inner]) {
      end.on("error", () => {
        socket.destroy();
        inner.destroy();
      });
    }
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return door;
}

test("the examples of the README print what it says", async () => {
  const server = await startServer();
  const [authority, portal] = [certificate("server"), certificate("portal")];
  const door = await secured(server.address, { ...authority, ca: portal.cert });
  try {
    const files = { "ca.pem": authority.cert, "portal.pem": portal.cert, "portal.key": portal.key, token: "abc\n" };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
    }
    const { port } = /** @type {import("node:net").AddressInfo} */ (door.address());
    const program = blocks("js")
      .replaceAll("http://127.0.0.1:50051", server.address)
      .replaceAll("https://127.0.0.1:50052", `https://127.0.0.1:${port}`);
    writeFileSync(join(folder, "readme.js"), program);
    const { stdout } = await promisify(execFile)(process.execPath, ["readme.js"], { cwd: folder });
    assert.equal(stdout, blocks("text"));
  } finally {
    door.close();
    server.stop();
  }
});

test("TypeScript knows the types, and finds mistakes by them", () => {
  const check = (/** @type {string} */ program) => {
    writeFileSync(join(folder, "typed.ts"), program);
    const tsc = join(HERE, "node_modules/typescript/bin/tsc");
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", "node"];
    return spawnSync(process.execPath, [tsc, ...options, "typed.ts"], { cwd: folder, encoding: "utf8" }).stdout;
  };
  const program = `
    import { ScorerClient, ScorerError, type Row, type UnitResult } from "egov-scorer-client";
    import { ScorerService } from "egov-scorer-client/scorer_pb";
    const answers = { led_screen: true, issued: { year: 2020, month: 1, day: 2 }, head: null };
    const row: Row = { id: "hue", tier: "district", answers };
    const client = new ScorerClient("http://127.0.0.1:50051", { token: async () => "abc" });
    const unit: UnitResult = await client.scoreUnit("hue-2020", row, { full: true });
    const sentence: string | undefined = unit.categories[0]?.causes[0]?.sentence("vi");
    const province = await client.rankTable("hue-2020", [row], { led_screen: Float64Array.of(1), head: ["", null] });
    const rank: number = province.unit("hue").overallRank;
    console.log(sentence, rank, ScorerService.typeName, ScorerError.name);
  `;
  assert.equal(check(program), "");
  assert.match(
    check(program.replace("overallRank", "overalRank")),
    /typed\.ts\(10,.*'overalRank' does not exist.*'overallRank'/,
  );
  assert.match(check(program.replace("full: true", "ful: true")), /typed\.ts\(7,.*'ful' does not exist/);
});

test("the lock file names no place that packages come from", () => {
  const lock = readFileSync(join(HERE, "package-lock.json"), "utf8");
  assert.match(lock, /"integrity": "sha512-/);
  assert.doesNotMatch(lock, /"resolved"|:\/\//);
});
