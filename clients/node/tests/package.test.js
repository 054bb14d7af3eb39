// What users get: the packed package, its types, and the examples of the README, run from outside the checkout.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

const LIBRARIES = ["@bufbuild", "@connectrpc", "@types"];

/** @type {string} */
let parent;
/** With apache-arrow. */
let folder = "";
/** Without. */
let bare = "";
before(() => {
  parent = mkdtempSync(join(tmpdir(), "scorer-client-"));
  const said = execFileSync("npm", ["pack", "--silent", "--pack-destination", parent], { cwd: HERE, encoding: "utf8" });
  const packed = join(parent, said.trim().split("\n").at(-1) ?? "");
  folder = install("complete", packed, [...LIBRARIES, "apache-arrow"]);
  bare = install("bare", packed, LIBRARIES);
});
after(() => rmSync(parent, { recursive: true }));

/**
 * Unpacks the package into a folder beside libraries.
 *
 * @param {string} name
 * @param {string} packed
 * @param {string[]} libraries
 */
function install(name, packed, libraries) {
  const modules = join(parent, name, "node_modules");
  const installed = join(modules, "egov-scorer-client");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", packed, "-C", installed, "--strip-components=1"]);
  for (const library of libraries) {
    symlinkSync(join(HERE, "node_modules", library), join(modules, library));
  }
  writeFileSync(join(parent, name, "package.json"), '{ "type": "module" }');
  return join(parent, name);
}

/**
 * The blocks of the README in a language, joined.
 *
 * @param {string} language
 */
function blocks(language) {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text]) => text).join("");
}

/**
 * A TLS proxy in front of a server, which accepts only clients with a certificate.
 *
 * @param {string} address
 * @param {import("node:tls").TlsOptions} identity
 */
async function secured(address, identity) {
  const { hostname, port } = new URL(address);
  const proxy = createServer({ ...identity, requestCert: true, ALPNProtocols: ["h2"] }, (socket) => {
    const upstream = connect(Number(port), hostname);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) {
      end.on("error", () => {
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return proxy;
}

test("the examples of the README print what the README shows", async () => {
  const server = await startServer();
  const [authority, portal] = [certificate("server"), certificate("portal")];
  const proxy = await secured(server.address, { ...authority, ca: portal.cert });
  try {
    const files = { "ca.pem": authority.cert, "portal.pem": portal.cert, "portal.key": portal.key, token: "abc\n" };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
    }
    const { port } = /** @type {import("node:net").AddressInfo} */ (proxy.address());
    const program = blocks("js")
      .replaceAll("http://127.0.0.1:50051", server.address)
      .replaceAll("https://127.0.0.1:50052", `https://127.0.0.1:${port}`);
    writeFileSync(join(folder, "readme.js"), program);
    const { stdout } = await promisify(execFile)(process.execPath, ["readme.js"], { cwd: folder });
    assert.equal(stdout, blocks("text"));
  } finally {
    proxy.close();
    server.stop();
  }
});

/**
 * Returns what the TypeScript compiler prints about a program.
 *
 * @param {string} program
 * @param {string} cwd
 */
function compile(program, cwd) {
  writeFileSync(join(cwd, "typed.ts"), program);
  const tsc = join(HERE, "node_modules/typescript/bin/tsc");
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  return spawnSync(process.execPath, [tsc, ...options, "typed.ts"], { cwd, encoding: "utf8" }).stdout;
}

test("TypeScript accepts a correct program and finds a misspelt property and option", () => {
  const program = `
    import { ScorerClient, ScorerError, type Row, type UnitResult } from "egov-scorer-client";
    import { ScorerService } from "egov-scorer-client/scorer_pb";
    import { tableFromArrays, vectorFromArray } from "apache-arrow";
    const answers = { led_screen: true, issued: { year: 2020, month: 1, day: 2 }, head: null };
    const row: Row = { id: "hue", tier: "district", answers };
    const client = new ScorerClient("http://127.0.0.1:50051", { token: async () => "abc" });
    const unit: UnitResult = await client.scoreUnit("hue-2020", row, { full: true });
    const sentence: string | undefined = unit.categories[0]?.causes[0]?.sentence("vi");
    const columns = { id: ["hue"], led_screen: Float64Array.of(1), head: [null], not_applicable: [["INF.02"]] };
    const province = await client.rankTable("hue-2020", columns, { tier: "district" });
    const rank: number = province.unit("hue").overallRank;
    const rows: number = province.ranking("district").table.numRows;
    await client.rankTable("hue-2020", new Map([["id", vectorFromArray(["hue"])]]));
    await client.rankTable("hue-2020", tableFromArrays({ id: ["hue"] }));
    console.log(sentence, rank, rows, ScorerService.typeName, ScorerError.name);
  `;
  assert.equal(compile(program, folder), "");
  assert.match(
    compile(program.replace("overallRank", "overalRank"), folder),
    /typed\.ts\(12,.*'overalRank' does not exist.*'overallRank'/,
  );
  assert.match(compile(program.replace("full: true", "ful: true"), folder), /typed\.ts\(8,.*'ful' does not exist/);
});

test("the types work without apache-arrow", () => {
  const program = `
    import { ScorerClient, type Row } from "egov-scorer-client";
    const row: Row = { id: "hue", tier: "district", answers: new Map([["led_screen", true]]) };
    const province = await new ScorerClient("http://127.0.0.1:50051").rankProvince("hue-2020", [row]);
    const rank: number = province.unit("hue").overallRank;
    console.log(rank);
  `;
  assert.equal(compile(program, bare), "");
  assert.match(compile(program.replace("overallRank", "overalRank"), bare), /'overalRank' does not exist/);
});

test("without apache-arrow, rows can be ranked, and tables fail with the package to install", async () => {
  const checkout = join(parent, "checkout");
  for (const name of [".npmrc", "package.json", "package-lock.json", "src", "gen"]) {
    cpSync(join(HERE, name), join(checkout, name), { recursive: true });
  }
  await promisify(execFile)("npm", ["ci", "--omit=dev", "--prefer-offline", "--no-audit"], { cwd: checkout });
  const server = await startServer();
  const program = `
    import { ScorerClient } from "./src/index.js";
    const client = new ScorerClient(${JSON.stringify(server.address)});
    const row = { id: "hue", tier: "district", answers: { infrastructure_awarded: 20 } };
    console.log((await client.rankProvince("hue-2020", [row])).unit("hue").overall.points);
    await client.rankTable("hue-2020", { id: ["hue"] }).catch((error) => console.log(error.message));
  `;
  writeFileSync(join(checkout, "program.js"), program);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["program.js"], { cwd: checkout });
    assert.equal(stdout, "20\ntables need the package apache-arrow: npm install apache-arrow\n");
  } finally {
    server.stop();
  }
});

test("the lock file contains no URLs of package registries", () => {
  const lock = readFileSync(join(HERE, "package-lock.json"), "utf8");
  assert.match(lock, /"integrity": "sha512-/);
  assert.doesNotMatch(lock, /"resolved"|:\/\//);
});
