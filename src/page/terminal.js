// @ts-check
/** Log text as a terminal shows it: overwritten lines, colours, and progress bars found in it. */

/** @typedef {{ text: string, style: string }} Piece `style`: colours and weight, `fg bg flags` as a terminal names them */
/** @typedef {{ characters: string[], styles: string[] }} Line */
/** @typedef {{ name: string, fraction: number, done: string, total: string, rate: string, left: string }} Bar */

const most_characters = 1 << 20;
const window_lines = 60; // what a cursor may still reach

export class Terminal {
  constructor() {
    this.clear();
  }

  clear() {
    /** Lines that nothing can change any more. @type {Piece[][]} */
    this.frozen = [];
    /** Lines of which the first were dropped since there were too many characters. */
    this.dropped = 0;
    this.kept = 0;
    this.received = 0;
    /** @type {Line[]} */
    this.live = [{ characters: [], styles: [] }];
    this.row = 0;
    this.column = 0;
    this.style = '';
    this.rest = '';
  }

  get count() {
    const last = this.live[this.live.length - 1];
    return this.dropped + this.frozen.length + this.live.length - (last.characters.length ? 0 : 1);
  }

  /** @param {string} text */
  feed(text) {
    this.received += text.length;
    const given = this.rest + text;
    const pattern = /\x1b\[([0-9;:?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]|[\r\n\b]|[^\x1b\r\n\b]+|\x1b/g;
    const cut = given.lastIndexOf('\x1b');
    const open = cut >= 0 && given.length - cut < 32 && /^\x1b(?:\[[0-9;:?]*|\][^\x07\x1b]*)?$/.test(given.slice(cut));
    this.rest = open ? given.slice(cut) : '';
    for (const [token, parameters, command] of (open ? given.slice(0, cut) : given).matchAll(pattern)) {
      if (command) this.command(command, parameters);
      else if (token === '\n') this.newline();
      else if (token === '\r') this.column = 0;
      else if (token === '\b') this.column = Math.max(0, this.column - 1);
      else if (token[0] !== '\x1b') this.write(token);
    }
  }

  /** @param {string} text */
  write(text) {
    const { characters, styles } = this.live[this.row];
    for (const character of text) {
      if (character < ' ' && character !== '\t') continue;
      while (characters.length < this.column) {
        characters.push(' ');
        styles.push('');
      }
      characters[this.column] = character;
      styles[this.column] = this.style;
      ++this.column;
    }
  }

  newline() {
    this.column = 0;
    ++this.row;
    if (this.row < this.live.length) return;
    this.live.push({ characters: [], styles: [] });
    while (this.live.length > window_lines) {
      const line = pieces_of(/** @type {Line} */ (this.live.shift()));
      --this.row;
      this.frozen.push(line);
      this.kept += length_of(line);
    }
    while (this.kept > most_characters && this.frozen.length) {
      this.kept -= length_of(/** @type {Piece[]} */ (this.frozen.shift()));
      ++this.dropped;
    }
  }

  /** @param {string} command @param {string} parameters */
  command(command, parameters) {
    const count = Math.max(1, parseInt(parameters, 10) || 1);
    const line = this.live[this.row];
    switch (command) {
      case 'A':
        this.row = Math.max(0, this.row - count);
        break;
      case 'B':
        this.row = Math.min(this.live.length - 1, this.row + count);
        break;
      case 'C':
        this.column = Math.min(this.column + count, 1000);
        break;
      case 'D':
        this.column = Math.max(0, this.column - count);
        break;
      case 'G':
        this.column = Math.min(count - 1, 1000);
        break;
      case 'K': {
        const from = parameters === '2' ? 0 : this.column;
        line.characters.length = Math.min(line.characters.length, from);
        line.styles.length = line.characters.length;
        break;
      }
      case 'm':
        this.style = styled(this.style, parameters);
    }
  }

  /** The lines that may still change. @returns {Piece[][]} */
  live_lines() {
    return this.live.map(pieces_of);
  }

  /** The text without its colours. @param {number} [last] as many lines from the end */
  text(last = Infinity) {
    const lines = [...this.frozen, ...this.live_lines()].map((line) => line.map((piece) => piece.text).join(''));
    if (lines.length && lines[lines.length - 1] === '') lines.pop();
    return lines.slice(-last).join('\n');
  }

  /** The bars of the lines that may still change, the outermost first. @returns {Bar[]} */
  bars() {
    /** @type {Map<string, Bar>} */
    const found = new Map();
    for (const line of this.live) {
      const bar = line.characters.length < 400 ? bar_of(line.characters.join('')) : null;
      if (bar) found.set(bar.name, bar);
    }
    return [...found.values()];
  }
}

/** @param {Line} line @returns {Piece[]} */
function pieces_of({ characters, styles }) {
  /** @type {Piece[]} */
  const pieces = [];
  let from = 0;
  for (let at = 1; at <= characters.length; ++at) {
    if (at < characters.length && styles[at] === styles[from]) continue;
    pieces.push({ text: characters.slice(from, at).join(''), style: styles[from] ?? '' });
    from = at;
  }
  return pieces;
}

/** @param {Piece[]} line */
const length_of = (line) => line.reduce((sum, piece) => sum + piece.text.length, 1);

/** @param {string} now `fg/bg/flags` @param {string} parameters of a colour command */
function styled(now, parameters) {
  let [foreground = '', background = '', flags = ''] = now.split('/');
  const codes = (parameters || '0').split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; ++at) {
    const code = codes[at];
    const wide = () => {
      if (codes[at + 1] === 5) return palette(codes[(at += 2)]);
      const [red, green, blue] = codes.slice(at + 2, at + 5);
      at += 4;
      return `rgb(${red} ${green} ${blue})`;
    };
    if (code === 0) foreground = background = flags = '';
    else if (code === 1) flags += 'b';
    else if (code === 2) flags += 'f';
    else if (code === 3) flags += 'i';
    else if (code === 4) flags += 'u';
    else if (code === 22) flags = flags.replace(/[bf]/g, '');
    else if (code >= 30 && code <= 37) foreground = String(code - 30);
    else if (code >= 90 && code <= 97) foreground = String(code - 82);
    else if (code === 38) foreground = wide();
    else if (code === 39) foreground = '';
    else if (code >= 40 && code <= 47) background = String(code - 40);
    else if (code >= 100 && code <= 107) background = String(code - 92);
    else if (code === 48) background = wide();
    else if (code === 49) background = '';
  }
  return foreground || background || flags ? `${foreground}/${background}/${flags}` : '';
}

/** @param {number} index of the 256 colours */
function palette(index) {
  if (!(index >= 16)) return String(index || 0);
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (/** @type {number} */ part) => (part ? 55 + part * 40 : 0);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}

const like_tqdm = /^\s*(?:(.*?)\s*:\s+)?(\d{1,3})%\|[^|]*\|\s*([\d.,]+\w*)\/([\d.,]+\w*)(?:\s*\[([^<\]]*)(?:<([^,\]]*))?(?:,\s*([^\],]+))?[^\]]*\])?/;
const like_steps = /^\s*(?:([A-Za-z][\w ]{0,30}?):?\s+)?\[?(\d+)\s*\/\s*(\d+)\]?(?![\d/])/;
const like_percent = /^\s*(?:([A-Za-z][\w ]{0,30}?):?\s+)?(\d{1,3}(?:\.\d+)?)\s?%/;

/** @param {string} line @returns {Bar | null} */
export function bar_of(line) {
  let found = like_tqdm.exec(line);
  if (found) {
    const [, name = '', percent, done, total, , left = '', rate = ''] = found;
    return { name, fraction: Math.min(1, Number(percent) / 100), done, total, rate, left };
  }
  found = like_steps.exec(line);
  if (found && Number(found[3]) > 0 && Number(found[2]) <= Number(found[3])) {
    const [, name = '', done, total] = found;
    return { name, fraction: Number(done) / Number(total), done, total, rate: '', left: '' };
  }
  found = like_percent.exec(line);
  if (found && Number(found[2]) <= 100)
    return { name: found[1] ?? '', fraction: Number(found[2]) / 100, done: '', total: '', rate: '', left: '' };
  return null;
}
