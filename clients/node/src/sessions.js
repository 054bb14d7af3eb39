// The connection of a client.

import { Http2SessionManager } from "@connectrpc/connect-node";
import { repairTrailers } from "./trailers.js";

/** Opens connections. Their errors make calls fail, but never end the process. */
export class Sessions extends Http2SessionManager {
  /**
   * Begins a call. Trailers are repaired before connect-node reads them; a reply without a body has them in its header.
   *
   * If a client is closed just when its connection fails, connect-node no longer listens to the event
   * "error", which would then end the process.
   *
   * @override
   * @param {Parameters<Http2SessionManager["request"]>} args
   */
  async request(...args) {
    const stream = await super.request(...args);
    stream.once("response", repairTrailers);
    stream.once("trailers", repairTrailers);
    if (stream.session && !stream.session.listeners("error").includes(ignore)) {
      stream.session.on("error", ignore);
    }
    return stream;
  }
}

function ignore() {}
