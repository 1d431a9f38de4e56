// @ts-check
/** Reads an event stream from the body of an answer. */

/** @typedef {{ name: string, data: any, id: string }} ServerEvent */

/** Parses text as it comes, however it is cut. */
export class EventParser {
  constructor() {
    this.rest = '';
    this.name = '';
    /** @type {string[]} */
    this.data = [];
    this.id = '';
  }

  /** @param {string} text @returns {ServerEvent[]} the events that are complete with it */
  feed(text) {
    /** @type {ServerEvent[]} */
    const events = [];
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const given of lines) {
      const line = given.endsWith('\r') ? given.slice(0, -1) : given;
      if (line === '') {
        if (this.data.length) events.push({ name: this.name || 'message', data: parse(this.data.join('\n')), id: this.id });
        this.name = '';
        this.data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') this.name = value;
      else if (field === 'data') this.data.push(value);
      else if (field === 'id') this.id = value;
    }
    return events;
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {ReadableStream<Uint8Array>} body */
export async function* read_events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
