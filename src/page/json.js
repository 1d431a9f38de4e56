// @ts-check
/** JSON with integers of any size: those that a double cannot hold are BigInt. */

const mark = '\u0001integer:';

/** @param {string} text @returns {any} */
export function parse_json(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (token) =>
    token[0] === '"' || Number.isSafeInteger(Number(token)) ? token : `"\\u0001integer:${token}"`);
  return JSON.parse(marked, (_, value) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value);
}

/** @param {any} value @param {number} [indent] */
export function to_json(value, indent) {
  const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? mark + one : one), indent);
  return text === undefined ? 'null' : text.replace(/"\\u0001integer:(-?\d+)"/g, '$1');
}

/** Where the text stops being JSON, as a sentence; empty if it is JSON. @param {string} text */
export function json_problem(text) {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message);
    const lines = text.slice(0, at ? Number(at[1]) : text.length).split('\n');
    const what = message.replace(/^JSON\.parse: /, '').replace(/ in JSON at position.*$| \(line.*$|, \.\.\..*$/, '');
    return `Not JSON yet, line ${lines.length}: ${what}`;
  }
}
