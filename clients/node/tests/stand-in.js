// Fake servers with replies that a test defines.

import { once } from "node:events";
import { createSecureServer, createServer } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";

/**
 * Serves routes on a free port, and records the metadata of each call in `seen`.
 *
 * @param {import("@connectrpc/connect-node").ConnectNodeAdapterOptions["routes"]} routes
 * @param {import("node:http2").SecureServerOptions} [tls]
 */
export async function standIn(routes, tls) {
  /** @type {{ authorization: string | undefined, name: string | undefined, timeout: unknown }[]} */
  const seen = [];
  const answer = connectNodeAdapter({ routes });
  /**
   * @param {import("node:http2").Http2ServerRequest} request
   * @param {import("node:http2").Http2ServerResponse} response
   */
  const handler = (request, response) => {
    const socket = /** @type {import("node:tls").TLSSocket} */ (request.stream.session?.socket);
    const name = tls && socket.getPeerCertificate().subject?.CN;
    seen.push({
      authorization: request.headers.authorization,
      name: name?.toString(),
      timeout: request.headers["grpc-timeout"],
    });
    answer(request, response);
  };
  const server = tls ? createSecureServer(tls, handler) : createServer(handler);
  /** @type {Set<import("node:http2").ServerHttp2Session>} */
  const sessions = new Set();
  server.on("session", (session) => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    address: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    seen,
    stop() {
      sessions.forEach((session) => session.destroy());
      server.close();
    },
  };
}
