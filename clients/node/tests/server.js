// A live server for tests: the scorer command of the environment, or what SCORER names.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Starts a server on a free port.
 *
 * @param {string[]} options More options of the command.
 * @returns {Promise<{ address: string, stop: () => void }>} Its address, and a function that ends it.
 */
export async function startServer(...options) {
  const command = process.env["SCORER"] ?? "scorer";
  const server = spawn(command, ["serve", "--address", "127.0.0.1:0", ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const failed = new Promise((_, reject) => server.once("error", reject));
  const lines = [];
  const output = createInterface(server.stderr);
  const reading = (async () => {
    for await (const line of output) {
      lines.push(line);
      if (line.startsWith("serving ")) {
        return `http://${line.split(" ").at(-1)}`;
      }
    }
    throw new Error(`${command} serve ended:\n${lines.join("\n")}`);
  })();
  const address = await Promise.race([reading, failed]);
  server.stderr.resume(); // nobody reads its log, which would fill the pipe
  return { address, stop: () => void server.kill() };
}
